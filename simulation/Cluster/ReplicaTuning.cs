using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>How the tunables of a replica follow from a plan's knobs: small, so that every bound is met.</summary>
internal static class ReplicaTuning
{
    public static RaftOptions RaftOf(Plan plan)
    {
        const long Millisecond = 1_000_000;
        var knobs = plan.Knobs;
        return new RaftOptions
        {
            Seed = plan.Seed,
            HeartbeatNanos = knobs[Knob.HeartbeatNanos],
            ElectionTimeoutMinNanos = knobs[Knob.ElectionMinNanos],
            ElectionTimeoutMaxNanos = knobs[Knob.ElectionMaxNanos],
            LeaseReads = knobs[Knob.LeaseReads] != 0,
            ClockDriftMaxPpm = 10_000,
            ClockErrorMaxNanos = 120 * Millisecond,
            StampAheadMaxNanos = 400 * Millisecond,
            ClockStepMaxNanos = 1_000 * Millisecond,
            DiskStallNanos = knobs[Knob.StallNanos],
            RingBytes = 1 << 16,
            RingEntries = knobs.AsInt(Knob.RingEntries),
            UncommittedEntriesMax = knobs.AsInt(Knob.UncommittedMax),
            MessageBytesMax = knobs.AsInt(Knob.MessageBytes) * 8,
            InflightMessagesMax = knobs.AsInt(Knob.InflightMessages),
            InflightBytesMax = 1 << 17,
            SnapshotPartBytes = 4096,
            ReadsMax = knobs[Knob.InflightMessages] == 1 ? 1 : 64,
            HashIntervalEntries = knobs.AsInt(Knob.HashEvery),
            HashHistory = 64,
            PromotionLagEntries = 4,
        };
    }

    public static ReplicaOptions Of(Knobs knobs, RaftOptions raft) => new()
    {
        Raft = raft,
        Wal = new WalOptions
        {
            SegmentBytes = 256 << 10,
            GroupBytesMax = 32 << 10,
            ReserveBytes = 16 << 10,
            ReaderBytes = 64 << 10,
            StallAfter = knobs[Knob.StallNanos],
            SparesMax = 1,
        },
        Snapshots = new SnapshotOptions
        {
            IntervalEntries = (ulong)Math.Min(knobs[Knob.SnapshotEvery] * 8, 4_096),
            SliceBytes = knobs.AsInt(Knob.SnapshotPartBytes) * 16,
            PieceBytes = 4096,
            ChunkBytes = Math.Clamp(knobs.AsInt(Knob.SnapshotPartBytes) * 4, 512, 4096),
        },
        Journal = new JournalOptions
        {
            RecentBytes = 8 << 10,
            PieceBytes = 4 << 10,
            SegmentBytes = 32 << 10,
            QuotaBytes = 16 << 20,
        },
        ApplyEntriesMax = knobs[Knob.InflightMessages] == 1 ? 1 : 64,
        SnapshotHoldNanos = 400_000_000,
        FullRetryNanos = 60_000_000,
    };
}
