using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>What a record of the log says.</summary>
internal enum RecordKind : byte
{
    None = 0,

    /// <summary>An entry: header and payload as in <see cref="EntryCodec"/>.</summary>
    Entry = 1,

    /// <summary>A <see cref="HardStateRecord"/>.</summary>
    HardState = 2,

    /// <summary>A <see cref="TruncationRecord"/>.</summary>
    Truncation = 3,

    /// <summary>A <see cref="ResetRecord"/>.</summary>
    Reset = 4,

    /// <summary>An entry that takes the place of a damaged one.</summary>
    Repair = 5,
}

/// <summary>
/// Stands before each record; the content follows, padded to 8 bytes. The checksum goes on from that of the record
/// before, so records are neither swapped nor dropped unnoticed; it starts from the stored one, so a damaged record
/// does not take its successors along.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct RecordHeader
{
    public const int Size = 16;

    public uint Length;
    public RecordKind Kind;
    public byte Reserved0;
    public ushort Reserved1;
    public ulong Checksum;

    /// <summary>Bytes of a record in a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Footprint(int contentLength) => Size + ((contentLength + 7) & ~7);

    public static ulong ChecksumOf(RecordKind kind, ReadOnlySpan<byte> content, ulong previous) =>
        StableHash.Of(content, StableHash.Mix(previous, ((ulong)kind << 32) | (uint)content.Length));
}

/// <summary>A <see cref="WalHardState"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct HardStateRecord
{
    public const int Size = 48;

    public ulong Term;
    public ulong VotedFor;
    public ulong CommitIndex;
    public ulong Epoch;
    public ulong VoteFloorTerm;
    public ulong VoteFloorIndex;
}

/// <summary>Entries from an index on are no more.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct TruncationRecord
{
    public const int Size = 48;

    public ulong From;
    public ulong TermBefore;
    public ChainHash ChainBefore;
}

/// <summary>All entries are no more; the log goes on behind an entry that a snapshot holds.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct ResetRecord
{
    public const int Size = 48;

    public ulong Index;
    public ulong Term;
    public ChainHash Chain;
}
