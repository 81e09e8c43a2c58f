using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>The stories, by name.</summary>
internal static class DirectedScenarios
{
    public static IReadOnlyList<DirectedScenario> All { get; } =
    [
        new DirectedScenario("figure-8", "whoever is elected goes down at once, four times: logs of many short terms")
            .With(Knob.Nodes, 5).With(Knob.MessageBytes, 130)
            .Operations(150, 60, 24)
            .When(TriggerEvent.BecameLeader, TriggerAction.Crash, 150, time: 1)
            .When(TriggerEvent.BecameLeader, TriggerAction.Crash, 300, time: 2)
            .When(TriggerEvent.BecameLeader, TriggerAction.Crash, 150, time: 3)
            .When(TriggerEvent.BecameLeader, TriggerAction.Crash, 250, time: 4)
            .Must(Mark.CrashOfLeader, Mark.Elected, Mark.ThenCrash, Mark.FaultRecalling),

        new DirectedScenario(
            "deposed-leader", "the leader loses its peers and keeps its clients: it must not answer from its belief")
            .Operations(150, 30, 40)
            .When(TriggerEvent.ProposalTaken, TriggerAction.IsolateFromPeersOnly, 600, time: 4)
            .Must(Mark.ThenIsolateFromPeersOnly, Mark.SteppedDown, Mark.AnsweredAfterRetry),

        new DirectedScenario(
            "lease-duel", "under leases the leader stands still while another is elected: its reads come too late")
            .With(Knob.LeaseReads, 1).With(Knob.Nodes, 3)
            .Operations(150, 12, 100)
            .When(TriggerEvent.ServedRead, TriggerAction.Pause, 500, time: 2, fromMillis: 250)
            .Must(Mark.ReadUnderLease, Mark.PauseOfLeader, Mark.MessageToPausedNode),

        new DirectedScenario("bounce", "one is cut off and the others start anew: only what is durable remains")
            .Operations(150, 30, 40)
            .At(300, PlanItemKind.PartitionTwoWay, 0, 400, peers: 1)
            .When(TriggerEvent.Committed, TriggerAction.BounceOthers, 2, time: 4, fromMillis: 300)
            .Must(Mark.ThenBounceOthers, Mark.FaultRecalling),

        new DirectedScenario("all-down", "the power goes: everybody starts from what is on the disks")
            .Operations(150, 30, 30)
            .At(400, PlanItemKind.CrashAll, 0, 100)
            .At(800, PlanItemKind.CrashAll, 0, 30)
            .Must(Mark.CrashOfLeader, Mark.FaultRecalling, Mark.AnsweredAfterRetry),

        new DirectedScenario("conflict", "a leader alone goes on appending; later its entries are taken back")
            .Operations(150, 20, 60)
            .When(TriggerEvent.ProposalTaken, TriggerAction.CutOut, 400, time: 8)
            .Must(Mark.ThenCutOut, Mark.LogTruncated),

        new DirectedScenario(
            "snapshot-chase", "a follower that was away is sent snapshots that are replaced while it receives them")
            .With(Knob.SnapshotEvery, 2).With(Knob.SnapshotPartBytes, 64).With(Knob.MessageBytes, 130)
            .Operations(150, 15, 80)
            .At(250, PlanItemKind.Crash, 2, 500)
            .When(TriggerEvent.SnapshotInstalling, TriggerAction.Crash, 40, time: 2)
            .Must(Mark.SnapshotSentInParts, Mark.WhenSnapshotInstalled, Mark.CrashDuringInstall),

        new DirectedScenario("half-deaf", "one hears everybody and nobody hears it: it must depose no leader")
            .Operations(150, 30, 40)
            .At(300, PlanItemKind.PartitionOut, 2, 600, peers: 4)
            .At(1000, PlanItemKind.PartitionIn, 1, 400, peers: 2)
            .Must(Mark.PreCampaigned, Mark.ReasonLeaderAlive),

        new DirectedScenario("transfer-under-fire", "leadership is handed over while the target's disk stands still")
            .Operations(150, 25, 50)
            .At(350, PlanItemKind.TransferLeadership, 1)
            .At(500, PlanItemKind.TransferLeadership, 2)
            .At(650, PlanItemKind.TransferLeadership, 0)
            .When(TriggerEvent.TransferBegan, TriggerAction.StallDisk, 80, time: 2)
            .Must(Mark.TransferAsked, Mark.TransferDone, Mark.SentTimeoutNow),

        new DirectedScenario("leader-leaves", "members go and come back, the leader among them")
            .With(Knob.Nodes, 4)
            .Operations(150, 30, 50)
            .At(300, PlanItemKind.RemoveMember, 0)
            .At(450, PlanItemKind.RemoveMember, 1)
            .At(900, PlanItemKind.AddMember, 0)
            .At(1000, PlanItemKind.AddMember, 1)
            .Must(Mark.MemberAdded, Mark.ConfigurationApplied),

        new DirectedScenario("lost-disk", "a disk is gone for good: its node comes back as another member")
            .With(Knob.SnapshotEvery, 5)
            .Operations(150, 25, 60)
            .At(400, PlanItemKind.WipeDisk, 1, 100)
            .Must(Mark.MemberRemoved, Mark.MemberAdded, Mark.SentInstallSnapshot),

        new DirectedScenario("write-error", "the leader's disk refuses a write: it is silent, and ends")
            .Operations(150, 25, 50)
            .At(400, PlanItemKind.WriteError, 0)
            .At(401, PlanItemKind.WriteError, 1)
            .At(700, PlanItemKind.WriteError, 2)
            .Must(Mark.FaultDiskFailed, Mark.FaultRecalling),
    ];

    public static DirectedScenario? Find(string name) => All.FirstOrDefault(one => one.Name == name);
}
