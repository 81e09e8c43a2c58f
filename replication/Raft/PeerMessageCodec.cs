using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>Why bytes are not a message. In order of precedence: the lowest that applies is the answer.</summary>
public enum PeerMessageError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>Fewer bytes than an envelope has.</summary>
    TooShort = 1,

    /// <summary>The envelope was damaged.</summary>
    Checksum = 2,

    /// <summary>Whole, and of a version that this build does not read.</summary>
    Version = 3,

    /// <summary>Whole, and of a kind that this build does not know.</summary>
    Kind = 4,

    /// <summary>A reserved byte or an unknown flag is set, or an enumeration has no such value.</summary>
    Reserved = 5,

    /// <summary>The body is longer than one may be.</summary>
    BodyTooLong = 6,

    /// <summary>The body has another length than the envelope says.</summary>
    BodyLength = 7,

    /// <summary>The body was damaged.</summary>
    BodyChecksum = 8,
}

/// <summary>Reads and writes messages between nodes.</summary>
public static class PeerMessageCodec
{
    /// <summary>Bytes of an envelope.</summary>
    public const int HeaderSize = 224;

    /// <summary>Most bytes of a body: 8 MiB, so that the largest entry fits with others around it.</summary>
    public const uint BodyLengthMax = 8 << 20;

    private const MessageFlags KnownFlags =
        MessageFlags.Granted | MessageFlags.Transfer | MessageFlags.Chained | MessageFlags.Hashed
        | MessageFlags.Rebuild;

    /// <summary>Whether the body is entries, each with a checksum of its own.</summary>
    /// <param name="kind">The kind of the message.</param>
    /// <returns>True where the envelope's checksum of the body stays zero.</returns>
    public static bool HasEntries(PeerMessageKind kind) =>
        kind is PeerMessageKind.AppendEntries or PeerMessageKind.RepairAnswer;

    /// <summary>Fills in version and checksums; all else is the caller's.</summary>
    /// <param name="message">Changed in place.</param>
    /// <param name="body">The body.</param>
    public static void Seal(ref PeerMessage message, ReadOnlySpan<byte> body)
    {
        Invariant.Check((uint)body.Length <= BodyLengthMax);
        message.Version = PeerMessage.CurrentVersion;
        message.BodyLength = (uint)body.Length;
        message.BodyChecksum = HasEntries(message.Kind) || body.IsEmpty ? 0 : Crc32C.Of(body);
        message.Reserved0 = 0;
        message.Checksum = ChecksumOf(in message);
    }

    /// <summary>Writes a sealed envelope.</summary>
    /// <param name="message">The envelope.</param>
    /// <param name="destination">At least <see cref="HeaderSize"/> bytes.</param>
    public static void Write(in PeerMessage message, Span<byte> destination) =>
        MemoryMarshal.Write(destination, in message);

    /// <summary>Reads an envelope, before any byte of its body has come.</summary>
    /// <param name="bytes">At least <see cref="HeaderSize"/> bytes.</param>
    /// <param name="message">The envelope; meaningless where the answer is not none.</param>
    /// <returns>What is wrong with it.</returns>
    public static PeerMessageError Read(ReadOnlySpan<byte> bytes, out PeerMessage message)
    {
        message = default;
        if (bytes.Length < HeaderSize)
        {
            return PeerMessageError.TooShort;
        }

        message = MemoryMarshal.Read<PeerMessage>(bytes);
        return Check(in message);
    }

    /// <summary>Checks an envelope.</summary>
    /// <param name="message">The envelope.</param>
    /// <returns>What is wrong with it.</returns>
    public static PeerMessageError Check(in PeerMessage message)
    {
        if (message.Checksum != ChecksumOf(in message))
        {
            return PeerMessageError.Checksum;
        }

        if (message.Version != PeerMessage.CurrentVersion)
        {
            return PeerMessageError.Version;
        }

        if (message.Kind is PeerMessageKind.None or > PeerMessageKind.EventAnswer)
        {
            return PeerMessageError.Kind;
        }

        if (message.Reserved0 != 0 || (message.Flags & ~KnownFlags) != 0 || message.Reason > AnswerReason.Unavailable)
        {
            return PeerMessageError.Reserved;
        }

        return message.BodyLength > BodyLengthMax ? PeerMessageError.BodyTooLong : PeerMessageError.None;
    }

    /// <summary>Checks a body against its envelope; entries within it are not looked at.</summary>
    /// <param name="message">An envelope that was checked.</param>
    /// <param name="body">The body.</param>
    /// <returns>What is wrong with it.</returns>
    public static PeerMessageError CheckBody(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        if ((uint)body.Length != message.BodyLength)
        {
            return PeerMessageError.BodyLength;
        }

        var expected = HasEntries(message.Kind) || body.IsEmpty ? 0 : Crc32C.Of(body);
        return message.BodyChecksum == expected ? PeerMessageError.None : PeerMessageError.BodyChecksum;
    }

    private static uint ChecksumOf(in PeerMessage message) =>
        Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<PeerMessage>(in message))[..(HeaderSize - sizeof(uint))]);
}
