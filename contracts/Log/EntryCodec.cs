using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>Why bytes are not an entry. In order of precedence: the lowest that applies is the answer.</summary>
public enum EntryError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>Fewer bytes than a header has.</summary>
    HeaderTooShort = 1,

    /// <summary>The header was damaged.</summary>
    HeaderChecksum = 2,

    /// <summary>The header is whole, and of a version that this build does not read.</summary>
    Version = 3,

    /// <summary>The header is whole, and of a kind that this build does not know.</summary>
    Kind = 4,

    /// <summary>A reserved byte is set.</summary>
    Reserved = 5,

    /// <summary>Commands are counted in an entry that carries none, or more than an entry may.</summary>
    CommandCount = 6,

    /// <summary>The payload is longer than an entry's may be.</summary>
    PayloadLength = 7,

    /// <summary>The payload has another length than the header says, or the bytes end before it does.</summary>
    PayloadTooShort = 8,

    /// <summary>The payload was damaged, or belongs to another header.</summary>
    PayloadChecksum = 9,

    /// <summary>The entry does not follow the one before, or its chain hash was damaged.</summary>
    Chain = 10,
}

/// <summary>
/// Reads and writes log entries. The header's checksum is looked at first: a version or kind that cannot be read is
/// then the word of whoever wrote it and not a flipped bit. So every version of the layout keeps that checksum in its
/// place.
/// </summary>
public static class EntryCodec
{
    /// <summary>Bytes of a header.</summary>
    public const int HeaderSize = 96;

    /// <summary>Bytes of a header that the chain hash covers: all before it.</summary>
    public const int ChainedSize = HeaderSize - ChainHashSize;

    internal const int ChainHashSize = 32;

    // Everything before the checksum: 64 chained bytes less the checksum itself and the reserved four behind it.
    private const int ChecksummedSize = ChainedSize - 8;

    /// <summary>Reads the entry at the start of some bytes. All is checked but the chain.</summary>
    /// <param name="bytes">Any bytes; what follows the entry is not looked at.</param>
    /// <param name="header">The header; meaningless where the answer is false.</param>
    /// <param name="payload">The payload, a part of <paramref name="bytes"/>.</param>
    /// <param name="error">Why not.</param>
    /// <returns>True where the bytes start with a whole and undamaged entry.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes,
        out EntryHeader header,
        out ReadOnlySpan<byte> payload,
        out EntryError error)
    {
        header = default;
        payload = default;
        if (bytes.Length < HeaderSize)
        {
            error = EntryError.HeaderTooShort;
            return false;
        }

        header = MemoryMarshal.Read<EntryHeader>(bytes);
        error = CheckHeader(in header);
        if (error != EntryError.None)
        {
            return false;
        }

        var rest = bytes[HeaderSize..];
        if ((uint)rest.Length < header.PayloadLength)
        {
            error = EntryError.PayloadTooShort;
            return false;
        }

        payload = rest[..(int)header.PayloadLength];
        error = CheckPayload(in header, payload);
        return error == EntryError.None;
    }

    /// <summary>Reads the entry at the start of some bytes and checks that it follows the one before.</summary>
    /// <param name="bytes">Any bytes; what follows the entry is not looked at.</param>
    /// <param name="previous">Chain hash of the entry before.</param>
    /// <param name="hasher">Computes the chain hash.</param>
    /// <param name="header">The header; meaningless where the answer is false.</param>
    /// <param name="payload">The payload, a part of <paramref name="bytes"/>.</param>
    /// <param name="error">Why not.</param>
    /// <returns>True where the bytes start with a whole and undamaged entry of this chain.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes,
        in ChainHash previous,
        ChainHasher hasher,
        out EntryHeader header,
        out ReadOnlySpan<byte> payload,
        out EntryError error)
    {
        if (!TryRead(bytes, out header, out payload, out error))
        {
            return false;
        }

        error = CheckChain(in header, payload, in previous, hasher);
        return error == EntryError.None;
    }

    /// <summary>Checks a header by itself, before any byte of the payload is read.</summary>
    /// <param name="header">The header.</param>
    /// <returns>What is wrong with it.</returns>
    public static EntryError CheckHeader(in EntryHeader header)
    {
        if (header.HeaderChecksum != ChecksumOf(in header))
        {
            return EntryError.HeaderChecksum;
        }

        if (header.Version != EntryHeader.CurrentVersion)
        {
            return EntryError.Version;
        }

        if (!IsKind(header.Kind))
        {
            return EntryError.Kind;
        }

        if (header.Reserved0 != 0)
        {
            return EntryError.Reserved;
        }

        if (!IsCount(in header))
        {
            return EntryError.CommandCount;
        }

        return header.PayloadLength > EntryHeader.PayloadLengthMax ? EntryError.PayloadLength : EntryError.None;
    }

    /// <summary>Checks that a payload is the one that a header promises.</summary>
    /// <param name="header">A header that was checked.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>What is wrong.</returns>
    public static EntryError CheckPayload(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        if ((uint)payload.Length != header.PayloadLength)
        {
            return EntryError.PayloadTooShort;
        }

        return Crc32C.Of(payload) == header.PayloadChecksum ? EntryError.None : EntryError.PayloadChecksum;
    }

    /// <summary>Checks that an entry follows another.</summary>
    /// <param name="header">A header that was checked.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="previous">Chain hash of the entry before.</param>
    /// <param name="hasher">Computes the chain hash.</param>
    /// <returns>What is wrong.</returns>
    public static EntryError CheckChain(
        in EntryHeader header,
        ReadOnlySpan<byte> payload,
        in ChainHash previous,
        ChainHasher hasher) =>
        hasher.Of(in previous, in header, payload) == header.ChainHash ? EntryError.None : EntryError.Chain;

    /// <summary>
    /// Fills in what follows from the rest of the entry: version, payload length, checksums and chain hash. Cluster,
    /// term, index, timestamp, kind, epoch and command count are the caller's.
    /// </summary>
    /// <param name="header">The header, changed in place.</param>
    /// <param name="payload">The payload, at most <see cref="EntryHeader.PayloadLengthMax"/> bytes.</param>
    /// <param name="previous">Chain hash of the entry before; <see cref="ChainHash.Genesis"/> for the first.</param>
    /// <param name="hasher">Computes the chain hash.</param>
    /// <exception cref="InvariantViolationException">The caller's part is not one that can be read again.</exception>
    public static void Seal(
        ref EntryHeader header,
        ReadOnlySpan<byte> payload,
        in ChainHash previous,
        ChainHasher hasher)
    {
        Invariant.Check((uint)payload.Length <= EntryHeader.PayloadLengthMax);
        Invariant.Check(IsKind(header.Kind));
        Invariant.Check(IsCount(in header));
        header.Version = EntryHeader.CurrentVersion;
        header.PayloadLength = (uint)payload.Length;
        header.PayloadChecksum = Crc32C.Of(payload);
        header.Reserved0 = 0;
        header.HeaderChecksum = ChecksumOf(in header);
        header.ChainHash = hasher.Of(in previous, in header, payload);
    }

    /// <summary>Writes a sealed entry.</summary>
    /// <param name="header">The header, sealed with the payload.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="destination">Room for both.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(in EntryHeader header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Invariant.Check((uint)payload.Length == header.PayloadLength);
        MemoryMarshal.Write(destination, in header);
        payload.CopyTo(destination[HeaderSize..]);
        return HeaderSize + payload.Length;
    }

    private static uint ChecksumOf(in EntryHeader header) =>
        Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<EntryHeader>(in header))[..ChecksummedSize]);

    private static bool IsKind(EntryKind kind) => kind is > EntryKind.None and <= EntryKind.Time;

    private static bool IsCount(in EntryHeader header) =>
        header.CommandCount <= (header.Kind == EntryKind.Commands ? EntryHeader.CommandCountMax : 0);
}
