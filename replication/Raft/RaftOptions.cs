using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>The tunables of a node, the same on every member of a cluster. Durations are nanoseconds.</summary>
public sealed record RaftOptions
{
    private const long Millisecond = 1_000_000;

    /// <summary>Seed of the election jitter.</summary>
    public ulong Seed { get; init; }

    /// <summary>How often a leader is heard of when there is nothing to say.</summary>
    public long HeartbeatNanos { get; init; } = 50 * Millisecond;

    /// <summary>
    /// The shortest silence after which a follower campaigns, and the time in which it helps nobody else.
    /// </summary>
    public long ElectionTimeoutMinNanos { get; init; } = 500 * Millisecond;

    /// <summary>The longest; what lies between is drawn by (seed, node, term, attempt).</summary>
    public long ElectionTimeoutMaxNanos { get; init; } = 1_000 * Millisecond;

    /// <summary>
    /// Whether the leader answers reads under a lease. The same on all members: voters have to wait for it.
    /// </summary>
    public bool LeaseReads { get; init; }

    /// <summary>How far two monotonic clocks may drift apart, parts per million of the time that passes.</summary>
    public int ClockDriftMaxPpm { get; init; } = 10_000;

    /// <summary>How wrong a member's wall clock may be.</summary>
    public long ClockErrorMaxNanos { get; init; } = 250 * Millisecond;

    /// <summary>How far an entry's stamp may be ahead of a follower's bounded clock.</summary>
    public long StampAheadMaxNanos { get; init; } = 1_000 * Millisecond;

    /// <summary>How far a wall clock may be set without an operator's logged command.</summary>
    public long ClockStepMaxNanos { get; init; } = 5_000 * Millisecond;

    /// <summary>A write under way for longer is a stalled disk.</summary>
    public long DiskStallNanos { get; init; } = 2_000 * Millisecond;

    /// <summary>Bytes of entries kept in memory, a power of two.</summary>
    public int RingBytes { get; init; } = 64 << 20;

    /// <summary>Entries kept in memory, a power of two.</summary>
    public int RingEntries { get; init; } = 1 << 16;

    /// <summary>Entries that are neither committed nor applied: beyond it a proposal is refused.</summary>
    public int UncommittedEntriesMax { get; init; } = 1 << 14;

    /// <summary>Bytes of entries in one message; one larger entry goes alone.</summary>
    public int MessageBytesMax { get; init; } = 1 << 20;

    /// <summary>Messages with entries under way to one follower.</summary>
    public int InflightMessagesMax { get; init; } = 64;

    /// <summary>Bytes of entries under way to one follower.</summary>
    public int InflightBytesMax { get; init; } = 8 << 20;

    /// <summary>Bytes of a part of a snapshot.</summary>
    public int SnapshotPartBytes { get; init; } = 1 << 18;

    /// <summary>Reads that wait for a majority at once.</summary>
    public int ReadsMax { get; init; } = 4096;

    /// <summary>Hashes are compared at indexes that this divides.</summary>
    public int HashIntervalEntries { get; init; } = 16;

    /// <summary>So many of them are kept.</summary>
    public int HashHistory { get; init; } = 256;

    /// <summary>A learner this close to the leader's log has caught up.</summary>
    public int PromotionLagEntries { get; init; } = 64;

    /// <summary>Checks that the tunables go together.</summary>
    /// <exception cref="InvariantViolationException">They do not.</exception>
    public void Validate()
    {
        Invariant.Check(HeartbeatNanos > 0);
        Invariant.Check(ElectionTimeoutMinNanos >= 2 * HeartbeatNanos);
        Invariant.Check(ElectionTimeoutMaxNanos > ElectionTimeoutMinNanos);
        Invariant.Check(ClockDriftMaxPpm is >= 0 and < 1_000_000);
        Invariant.Check(ClockErrorMaxNanos >= 0);
        Invariant.Check(StampAheadMaxNanos >= 2 * ClockErrorMaxNanos);
        Invariant.Check(ClockStepMaxNanos >= ClockErrorMaxNanos);
        Invariant.Check(DiskStallNanos > 0);
        Invariant.Check(RingBytes >= 4096 && (RingBytes & (RingBytes - 1)) == 0);
        Invariant.Check(RingEntries >= 16 && (RingEntries & (RingEntries - 1)) == 0);
        Invariant.Check(UncommittedEntriesMax > 0 && UncommittedEntriesMax < RingEntries);
        Invariant.Check(MessageBytesMax > 0 && MessageBytesMax <= PeerMessageCodec.BodyLengthMax / 2);
        Invariant.Check(InflightMessagesMax > 0);
        Invariant.Check(InflightBytesMax > 0);
        Invariant.Check(SnapshotPartBytes > 0 && SnapshotPartBytes <= PeerMessageCodec.BodyLengthMax);
        Invariant.Check(ReadsMax > 0);
        Invariant.Check(HashIntervalEntries > 0);
        Invariant.Check(HashHistory > 1);
        Invariant.Check(PromotionLagEntries >= 0);
    }
}
