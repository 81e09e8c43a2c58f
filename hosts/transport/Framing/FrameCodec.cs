using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Hosts.Transport.Framing;

/// <summary>What a frame carries.</summary>
public enum FrameKind : byte
{
    /// <summary>Not a frame.</summary>
    None = 0,

    /// <summary>Who speaks, and to whom: the first frame in each direction.</summary>
    Hello = 1,

    /// <summary>Why the other side will not listen; the connection is then closed.</summary>
    Refusal = 2,

    /// <summary>A message of the protocol above.</summary>
    Message = 3,
}

/// <summary>Whether some bytes start with a frame.</summary>
public enum FrameStatus : byte
{
    /// <summary>Not yet to be said: further bytes are needed.</summary>
    Partial = 0,

    /// <summary>They do.</summary>
    Whole = 1,

    /// <summary>They never will, whatever follows.</summary>
    Bad = 2,
}

/// <summary>
/// Frames on a byte stream, 16 bytes before the body, little-endian. The checksum stands first and covers all that
/// follows it, so that one pass over contiguous bytes seals or checks a frame.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = FrameCodec.HeaderSize)]
public struct FrameHeader
{
    /// <summary>CRC-32C of the header's other 12 bytes and the body.</summary>
    public uint Checksum;

    /// <summary><see cref="FrameCodec.Magic"/>.</summary>
    public uint Magic;

    /// <summary>Bytes of the body.</summary>
    public uint Length;

    /// <summary>What the body is.</summary>
    public FrameKind Kind;

    /// <summary>Layout version of the frame, <see cref="FrameCodec.Version"/>.</summary>
    public byte Version;

    /// <summary>Zero.</summary>
    public ushort Reserved;
}

/// <summary>Reads and writes frames.</summary>
public static class FrameCodec
{
    /// <summary>Bytes before a body.</summary>
    public const int HeaderSize = 16;

    /// <summary>"XRSM" in the order of the wire.</summary>
    public const uint Magic = 0x4D535258;

    /// <summary>The frame layout of this build.</summary>
    public const byte Version = 1;

    private const int ChecksumSize = sizeof(uint);

    /// <summary>Fills in the header of a frame whose body stands already behind it.</summary>
    /// <param name="frame">Header and body, and nothing else.</param>
    /// <param name="kind">What the body is.</param>
    public static void Seal(Span<byte> frame, FrameKind kind)
    {
        var header = new FrameHeader
        {
            Magic = Magic,
            Length = (uint)(frame.Length - HeaderSize),
            Kind = kind,
            Version = Version,
        };
        MemoryMarshal.Write(frame, in header);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Crc32C.Of(frame[ChecksumSize..]));
    }

    /// <summary>
    /// Looks for a frame at the start of some bytes. What cannot become one is told from the header alone, before its
    /// body is waited for or room is made for it.
    /// </summary>
    /// <param name="bytes">What came so far.</param>
    /// <param name="bodyLengthMax">Longest body that is taken, bytes.</param>
    /// <param name="kind">What the frame carries, where it is whole.</param>
    /// <param name="length">Bytes of the whole frame, once the header is there; else of the header.</param>
    /// <param name="reason">Why it is none, where it is bad.</param>
    /// <returns>Whether it is one.</returns>
    public static FrameStatus TryRead(
        ReadOnlySpan<byte> bytes,
        int bodyLengthMax,
        out FrameKind kind,
        out int length,
        out CloseReason reason)
    {
        kind = FrameKind.None;
        length = HeaderSize;
        reason = CloseReason.None;
        if (bytes.Length < HeaderSize)
        {
            return FrameStatus.Partial;
        }

        var header = MemoryMarshal.Read<FrameHeader>(bytes);
        reason = Check(in header, bodyLengthMax);
        if (reason != CloseReason.None)
        {
            return FrameStatus.Bad;
        }

        length = HeaderSize + (int)header.Length;
        if (bytes.Length < length)
        {
            return FrameStatus.Partial;
        }

        if (Crc32C.Of(bytes[ChecksumSize..length]) != header.Checksum)
        {
            reason = CloseReason.FrameChecksum;
            return FrameStatus.Bad;
        }

        kind = header.Kind;
        return FrameStatus.Whole;
    }

    private static CloseReason Check(in FrameHeader header, int bodyLengthMax)
    {
        if (header.Magic != Magic)
        {
            return CloseReason.FrameMagic;
        }

        if (header.Version != Version)
        {
            return CloseReason.FrameVersion;
        }

        if (header.Kind is not (FrameKind.Hello or FrameKind.Refusal or FrameKind.Message) || header.Reserved != 0)
        {
            return CloseReason.FrameKind;
        }

        return header.Length > (uint)bodyLengthMax ? CloseReason.FrameLength : CloseReason.None;
    }
}
