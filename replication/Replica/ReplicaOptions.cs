using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>The tunables of a replica and its parts.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Of consensus; the same on every member.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>Of the log.</summary>
    public WalOptions Wal { get; init; } = new();

    /// <summary>Of snapshots.</summary>
    public SnapshotOptions Snapshots { get; init; } = new();

    /// <summary>Of the events of applied entries.</summary>
    public JournalOptions Journal { get; init; } = new();

    /// <summary>
    /// Entries that are applied in one turn, so that a long replay does not keep the replica from answering its peers.
    /// </summary>
    public int ApplyEntriesMax { get; init; } = 256;

    /// <summary>
    /// How long after the last part the entries behind a snapshot are kept for who received it, nanoseconds.
    /// </summary>
    public long SnapshotHoldNanos { get; init; } = 10_000_000_000;

    /// <summary>How long after a snapshot could not be prepared for a peer it is tried again, nanoseconds.</summary>
    public long SnapshotRetryNanos { get; init; } = 1_000_000_000;

    /// <summary>
    /// How long after the disk was full room is looked for again, nanoseconds: somebody may have made some, and nobody
    /// says so.
    /// </summary>
    public long FullRetryNanos { get; init; } = 1_000_000_000;

    /// <summary>Whether the state is compared with its hash between snapshots: so faults of memory are found.</summary>
    public bool IsScrubbed { get; init; } = true;

    /// <summary>Checks that the tunables go together.</summary>
    /// <exception cref="InvariantViolationException">They do not.</exception>
    public void Validate()
    {
        Raft.Validate();
        Wal.Validate();
        Snapshots.Validate();
        Journal.Validate();
        Invariant.Check(ApplyEntriesMax >= 1);
        Invariant.Check(SnapshotHoldNanos >= 0);
        Invariant.Check(SnapshotRetryNanos >= 0);
        Invariant.Check(FullRetryNanos > 0);

        // The part of a snapshot that holds the manifest is one sector, any other at most one chunk.
        Invariant.Check(Raft.SnapshotPartBytes >= SnapshotManifest.Size);
        Invariant.Check(Raft.SnapshotPartBytes >= Snapshots.ChunkBytes);
    }
}

/// <summary>Whose replica it is.</summary>
public sealed record ReplicaIdentity
{
    /// <summary>The cluster, drawn when it was founded.</summary>
    public required UInt128 ClusterId { get; init; }

    /// <summary>This member.</summary>
    public required MemberId Self { get; init; }

    /// <summary>The members at the founding, the same on each; nobody on a member that is to be added.</summary>
    public required Configuration Founders { get; init; }

    /// <summary>The cluster's epoch when the disk is formatted: more than 1 after a restore of the cluster.</summary>
    public ushort Epoch { get; init; } = 1;

    /// <summary>Drawn at random by the host when the disk is formatted; see <see cref="WalIdentity"/>.</summary>
    public required ulong Salt { get; init; }
}

/// <summary>What a replica does at the moment.</summary>
public enum ReplicaPhase : byte
{
    /// <summary>Reads what its disk holds.</summary>
    Recovering = 0,

    /// <summary>Takes part.</summary>
    Running = 1,

    /// <summary>Has to end; <see cref="Replica.Failure"/> says why.</summary>
    Failed = 2,
}

/// <summary>Why a replica has to end.</summary>
public enum ReplicaFailure : byte
{
    /// <summary>It has not.</summary>
    None = 0,

    /// <summary>The disk cannot be opened as a log: see the error that the opening answered.</summary>
    Open = 1,

    /// <summary>A write failed: what the disk holds is unknown.</summary>
    Disk = 2,

    /// <summary>Between the snapshot and the log entries are missing.</summary>
    LogGap = 3,

    /// <summary>The snapshot and the log do not belong together.</summary>
    SnapshotFork = 4,

    /// <summary>A received snapshot did not go into the machine; the next start begins with another.</summary>
    Install = 5,

    /// <summary>The log belongs to another cluster or another member.</summary>
    OtherIdentity = 6,

    /// <summary>Others saw a later state of this incarnation: it may come back only as another.</summary>
    Amnesia = 7,

    /// <summary>A committed entry cannot be read from the log any more; the next start repairs it from the others.
    /// </summary>
    LogDecayed = 8,

    /// <summary>A recovery was forced and the log is damaged: alone, a member cannot repair it.</summary>
    ForcedOnDamage = 9,
}
