using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>What a message of a matching stream asks for. Numbers as in the file.</summary>
public enum MatchingKind : byte
{
    /// <summary>Enters an order.</summary>
    New = 0,

    /// <summary>Takes an order out.</summary>
    Cancel = 1,

    /// <summary>Takes an order out and enters it anew with other price and quantity, under the same id.</summary>
    Modify = 2,
}

/// <summary>One message, in the 40 bytes of the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public struct MatchingMessage
{
    public MatchingKind Kind;
    public Side Side;
    public byte ImmediateOrCancel;
    public byte Reserved0;
    public uint Quantity;
    public ulong Sequence;

    /// <summary>The sender's id of the order. May be used again once the order is gone.</summary>
    public ulong OrderId;
    public long Price;
    public long Reserved1;
}

/// <summary>
/// A stream of the public matching benchmark: 16 bytes header (magic, version, count), then messages of 40 bytes, all
/// little-endian.
/// </summary>
public static class MatchingStream
{
    public const ulong Magic = 0x4D45_4257_5F30_3031;
    public const uint Version = 1;

    private const int HeaderSize = 16;

    /// <summary>Reads a .bin or .bin.xz file.</summary>
    /// <exception cref="InputException">The file cannot be read or is not such a stream.</exception>
    public static MatchingMessage[] Read(string path) => Parse(InputFile.Read(path), path);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="bytes">The content.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InputException">It is not such a stream.</exception>
    public static MatchingMessage[] Parse(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < HeaderSize || MemoryMarshal.Read<ulong>(bytes) != Magic)
        {
            throw new InputException($"{name}: not a matching stream: it does not start with the magic number.");
        }

        var version = MemoryMarshal.Read<uint>(bytes[8..]);
        if (version != Version)
        {
            throw new InputException($"{name}: version {version} of the format; this program reads version {Version}.");
        }

        var count = MemoryMarshal.Read<uint>(bytes[12..]);
        var body = bytes[HeaderSize..];
        if (body.Length != (long)count * Marshal.SizeOf<MatchingMessage>())
        {
            throw new InputException(
                $"{name}: the header counts {count} messages of 40 bytes, but {body.Length} bytes follow.");
        }

        var messages = MemoryMarshal.Cast<byte, MatchingMessage>(body).ToArray();
        for (var i = 0; i < messages.Length; i++)
        {
            ref readonly var message = ref messages[i];
            if (message.Kind > MatchingKind.Modify || message.Side > Side.Sell || message.ImmediateOrCancel > 1)
            {
                throw new InputException($"{name}: message {i} has an undefined type, side or flag.");
            }
        }

        return messages;
    }

    /// <summary>The bytes of a file with these messages.</summary>
    public static byte[] Format(ReadOnlySpan<MatchingMessage> messages)
    {
        var body = MemoryMarshal.AsBytes(messages);
        var bytes = new byte[HeaderSize + body.Length];
        MemoryMarshal.Write(bytes, Magic);
        MemoryMarshal.Write(bytes.AsSpan(8), Version);
        MemoryMarshal.Write(bytes.AsSpan(12), (uint)messages.Length);
        body.CopyTo(bytes.AsSpan(HeaderSize));
        return bytes;
    }
}
