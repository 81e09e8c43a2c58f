using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Marks;

/// <summary>
/// What can be met in which kind of world. A fleet of a profile fails for what it never met of its own, and for nothing
/// else: a mark that a world cannot reach would only teach people to look away.
/// </summary>
public static class Reach
{
    /// <summary>Whether a fleet of a profile has to meet a mark.</summary>
    public static bool Of(Profile profile, Mark mark) => mark switch
    {
        // Where one machine differs from the others by a fault in memory, what it says until it is found out is wrong,
        // and no checker of answers can tell that from a bug. tests/replication does these one by one.
        Mark.RefusedDisputed or Mark.FaultDisputed or Mark.FaultQuarantined or Mark.SentQuarantine
            or Mark.FaultChainForked or Mark.ReasonChainFork => false,

        // A clock that stepped further than was agreed waits for an operator's command, and without a leader for ever.
        Mark.FaultClockStepped => false,

        // A part of a snapshot is checksummed where it is sent, and what is stored whole was verified: it takes a bug.
        Mark.SnapshotRefused or Mark.ReasonUnavailable => false,

        // Bytes on a disk: room for them, and damage to them.
        Mark.RefusedHeadroom or Mark.FaultLogDamaged or Mark.SentRepairQuery or Mark.SentRepairAnswer
            or Mark.FaultAmnesiac => profile != Profile.Protocol,
        >= Mark.SessionGapMet => profile != Profile.Protocol,
        _ => profile == Profile.Protocol || !IsInsideConsensus(mark),
    };

    /// <summary>Whether a fleet of a profile has to see a fault strike.</summary>
    public static bool Of(Profile profile, FaultKind kind) => kind switch
    {
        // One member from a backup is an operator's error, which is found out mostly and not always.
        FaultKind.BackupRestored => false,
        FaultKind.WriteTorn or FaultKind.NameLost or FaultKind.BitRot or FaultKind.WriteMisdirected
            or FaultKind.ReadError or FaultKind.DiskFull or FaultKind.ReadShort
            or FaultKind.BrokerAway or FaultKind.DeliveryTwice or FaultKind.DeliveryLate or FaultKind.LedgerRestart =>
            profile != Profile.Protocol,
        _ => true,
    };

    // What a replica does between its parts and shows nobody, and what only the tiny machine has.
    private static bool IsInsideConsensus(Mark mark) => mark switch
    {
        Mark.FlipLeftToEntries or Mark.BootWithSnapshotAheadOfLog or Mark.EntriesReadFromLog or Mark.LogTruncated
            or Mark.LogReset or Mark.ReadWaitsForApply or Mark.LeaseLostBeforeReply or Mark.AppliedFromLog
            or Mark.SnapshotOvertakenByInstall or Mark.SnapshotToSendIsGone or Mark.SnapshotSentInParts
            or Mark.InstallCameTooLate or Mark.LeaderHeard or Mark.VotedForSelf or Mark.CommittedOldTermIndirectly
            or Mark.CompareAndSetFailed or Mark.CompareAndSetDone or Mark.RefusedTooLarge or Mark.WhenTruncated
            or Mark.WhenAppended or Mark.WhenSnapshotInstalling or Mark.WhenHardStateWritten => true,
        _ => false,
    };
}
