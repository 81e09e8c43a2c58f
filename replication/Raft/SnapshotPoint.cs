namespace Exchange.Rsm.Replication.Raft;

/// <summary>What consensus has to know of a snapshot: the log up to its point may be dropped.</summary>
/// <param name="Point">Last entry that the snapshot holds.</param>
/// <param name="Configuration">The members in force at that point.</param>
/// <param name="StateHash">The state machine's hash there.</param>
/// <param name="EventChainHash">The hash over all its events there.</param>
public sealed record SnapshotPoint(
    LogPoint Point,
    Configuration Configuration,
    ulong StateHash,
    ulong EventChainHash);
