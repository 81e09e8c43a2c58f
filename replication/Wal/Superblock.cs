using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Identity, term and vote a second time, in two files written in turn: at every change of the hard state, beside the
/// group that holds the record of it, and whenever a segment is begun.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct Superblock
{
    public const int Size = 120;
    public const ulong MagicNumber = 0x53415752_45475845; // "EXGERWAS" in memory order.
    public const uint CurrentVersion = 2;
    private const int ChecksummedSize = Size - sizeof(ulong);

    public ulong Magic;
    public uint Version;
    public uint Reserved0;
    public UInt128 ClusterId;
    public uint NodeId;
    public uint Incarnation;
    public ulong Salt;

    /// <summary>From 1; the slot is its lowest bit.</summary>
    public ulong Generation;
    public ulong Term;
    public ulong VotedFor;
    public ulong CommitIndex;
    public ulong Epoch;
    public ulong VoteFloorTerm;
    public ulong VoteFloorIndex;

    /// <summary>A group that was durable when this was written: a log that ends before it has lost something.</summary>
    public ulong Sequence;
    public ulong Checksum;

    public readonly WalIdentity Identity => new(ClusterId, NodeId, Incarnation, Salt);

    public readonly WalHardState HardState => new(Term, VotedFor, CommitIndex, (ushort)Epoch)
    {
        VoteFloorTerm = VoteFloorTerm,
        VoteFloorIndex = VoteFloorIndex,
    };

    public static Superblock Of(in WalIdentity identity, ulong generation, WalHardState state, ulong sequence)
    {
        var block = new Superblock
        {
            Magic = MagicNumber,
            Version = CurrentVersion,
            ClusterId = identity.ClusterId,
            NodeId = identity.NodeId,
            Incarnation = identity.Incarnation,
            Salt = identity.Salt,
            Generation = generation,
            Term = state.Term,
            VotedFor = state.VotedFor,
            CommitIndex = state.CommitIndex,
            Epoch = state.Epoch,
            VoteFloorTerm = state.VoteFloorTerm,
            VoteFloorIndex = state.VoteFloorIndex,
            Sequence = sequence,
        };
        block.Checksum = ChecksumOf(in block);
        return block;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, ulong slot, out Superblock block)
    {
        block = MemoryMarshal.Read<Superblock>(bytes);
        return block.Magic == MagicNumber
            && block.Checksum == ChecksumOf(in block)
            && block.Version == CurrentVersion
            && block.Generation > 0
            && (block.Generation & 1) == slot
            && bytes[Size..].IndexOfAnyExcept((byte)0) < 0;
    }

    private static ulong ChecksumOf(in Superblock block) => StableHash.Of(
        MemoryMarshal.AsBytes(new ReadOnlySpan<Superblock>(in block))[..ChecksummedSize],
        StableHash.Mix(block.Salt, block.Generation));
}
