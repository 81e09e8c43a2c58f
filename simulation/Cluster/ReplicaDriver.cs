using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Simulation.Disks;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>
/// Drives the production replicas as their contract asks: time, inputs, then everything that they want done. What a
/// host does beside that is here as well: a process that has to end ends and starts again, a disk that cannot be used
/// any more is replaced, and with it the member.
/// </summary>
internal sealed class ReplicaDriver : INodeDriver, IDiskSchedule
{
    private const int RoundsMax = 4_000;
    private const long RepairNanos = 120_000_000;

    private static readonly UInt128 _clusterId = new(0x5EED, 0xEC);

    private ReplicaOptions _options = new();
    private Configuration _founders = Configuration.Empty;

    public required ProtocolContext Context { get; init; }

    public required ReplicaChecks Checks { get; init; }

    public required Triggers Triggers { get; init; }

    public required Calls Calls { get; init; }

    /// <inheritdoc/>
    public long Now => Context.Now;

    public void Begin()
    {
        _options = ReplicaTuning.Of(Context.Plan.Knobs, Context.Options);
        var members = new MemberId[Context.NodeCount];
        var weather = new DiskWeather
        {
            LatencyMin = Context.Knobs[Knob.DiskLatencyMin],
            LatencySpread = Context.Knobs[Knob.DiskLatencySpread],
            Slowness = 1,
        };
        foreach (var node in Context.Nodes)
        {
            members[node.Number] = node.Id;
            var replica = (ReplicaNode)node;
            replica.Drop();
            replica.Word = default;
            replica.Disk.Reset(node.Number, Context.Fate, in weather, Context.Report.Faults, this);
        }

        _founders = Configuration.OfVoters(members);
    }

    /// <summary>All processes end: what they hold outside the collected memory is freed.</summary>
    public void End()
    {
        foreach (var node in Context.Nodes)
        {
            ((ReplicaNode)node).Drop();
        }
    }

    /// <inheritdoc/>
    public void DiskWillBeDone(int node, int slot, long at, ulong identity) =>
        Context.Schedule(WorldEventKind.DiskDone, at, node, slot, identity, Context.AllNodes[node].Boot);

    /// <inheritdoc/>
    public void Boot(ProtocolNode node)
    {
        Invariant.Check(!node.IsUp);
        var own = (ReplicaNode)node;
        node.Boot++;
        own.Drop();
        own.Disk.ForgetBuffers();
        Sync(own);
        own.Store = new DiskSnapshotStore(own.Disk, _options.Snapshots);
        var identity = new ReplicaIdentity
        {
            ClusterId = _clusterId,
            Self = node.Id,
            Founders = node.IsFounder ? _founders : Configuration.Empty,
            Salt = StableHash.Mix(node.Id.Number, node.Id.Incarnation),
        };
        own.Replica = Replica.Open(
            _options, identity, own.Disk, own.Store, () => own.Exchange = new ExchangeMachine(), static _ => 1, own,
            out var error);
        if (own.Replica is null)
        {
            Checks.OnUnusable(own, $"the log does not open: {error}");
            ReplaceLater(own);
            return;
        }

        node.IsNew = false;
        node.Raft = own.Replica.Node;
        Context.Note(TraceKind.StateChanged, 0, node.Number, 0, (ulong)node.Boot, own.Replica.Log.LastIndex);
        if (node.Boot > 1)
        {
            Context.Report.Restarts++;
            Triggers.Fire(TriggerEvent.Restarted, node);
        }

        ScheduleTick(node);
        Turn(own);
        Pump(node);
    }

    /// <inheritdoc/>
    public void Crash(ProtocolNode node, ulong identity, FaultKind kind)
    {
        var own = (ReplicaNode)node;
        if (!node.IsUp)
        {
            return;
        }

        Context.Count(kind, node.Number, identity);
        Context.MeetIf(node.Role == RaftRole.Leader, Mark.CrashOfLeader);
        Context.MeetIf(node.Role == RaftRole.Candidate, Mark.CrashOfCandidate);
        Context.MeetIf(own.Disk.IsBusy, Mark.CrashWithWritesUnderWay);
        Context.MeetIf(own.Replica!.Snapshots.IsBusy, Mark.CrashDuringSnapshot);
        Context.MeetIf(own.Replica.Snapshots.Inbox.Install.IsRunning, Mark.CrashDuringInstall);
        Context.MeetIf(node.Faults.HasFlag(RaftFaults.Recalling), Mark.CrashDuringRecall);
        own.Drop();
        own.Disk.Crash(StableHash.Mix(identity, (ulong)node.Boot));
    }

    /// <inheritdoc/>
    public void Replace(ProtocolNode node)
    {
        var own = (ReplicaNode)node;
        if (node.IsUp)
        {
            Crash(node, StableHash.Mix(node.Id.Incarnation, (ulong)node.Number), FaultKind.DiskLost);
        }

        own.Drop();
        own.Disk.Wipe();
        own.Word = default;
        Checks.OnReplaced();
        node.Id = new MemberId(node.Id.Number, node.Id.Incarnation + 1);
        node.IsNew = true;
        node.IsFounder = false;
        node.WasRemoved = false;
    }

    /// <inheritdoc/>
    public void OnTransfer(ProtocolNode node) => Triggers.Fire(TriggerEvent.TransferBegan, node);

    /// <summary>A node looks at its clock.</summary>
    public void OnTick(ReplicaNode node)
    {
        Turn(node);
        ScheduleTick(node);
        Pump(node);
    }

    public void OnMessage(ReplicaNode node, int slot)
    {
        var message = Context.Messages[slot];
        Turn(node);
        node.Replica!.Receive(in message.Header, message.Bytes);
        Pump(node);
    }

    /// <summary>A request of a disk is done.</summary>
    public void OnDisk(ReplicaNode node, int slot)
    {
        var request = node.Disk.Complete(slot);
        if (request is null || node.Replica is null)
        {
            return;
        }

        Turn(node);
        node.Replica.Complete(request);
        Pump(node);
    }

    /// <summary>A client's call reaches a node.</summary>
    public Refusal OnCall(ReplicaNode node, Call call)
    {
        Turn(node);
        Refusal refusal;
        if (call.IsRead)
        {
            refusal = node.Replica!.RequestRead((ulong)call.Number);
        }
        else
        {
            refusal = node.Replica!.Propose(call.Payload, call.Count, out var index);
            if (refusal == Refusal.None)
            {
                node.Pending.Add(new PendingProposal(index, node.Raft!.Status.Term, call.Number));
                Triggers.Fire(TriggerEvent.ProposalTaken, node);
            }
        }

        Context.Mark(refusal);
        Pump(node);
        return refusal;
    }

    /// <inheritdoc/>
    public void Pump(ProtocolNode node)
    {
        var own = (ReplicaNode)node;
        var replica = own.Replica!;
        Sync(own);
        for (var round = 0; ; round++)
        {
            var isMore = replica.Run();
            Checks.OnState(own);
            if (replica.Phase == ReplicaPhase.Failed)
            {
                OnFailed(own, replica.Failure);
                return;
            }

            if (!isMore || Context.Report.Failure is not null)
            {
                return;
            }

            if (round >= RoundsMax)
            {
                Context.Fail("no rest", node.Number, 0, $"a node wants more after {RoundsMax} rounds without an input");
                return;
            }
        }
    }

    /// <inheritdoc/>
    public bool Damage(ProtocolNode node, in PlanItem item)
    {
        var own = (ReplicaNode)node;
        switch (item.Kind)
        {
            case PlanItemKind.DiskFull:
                own.Disk.Weather.Full++;
                return true;
            case PlanItemKind.ReadErrors when Checks.TryLoseDisk(node):
                own.Disk.Weather.ReadErrorPpm = (int)item.Value;
                own.Disk.Weather.ReadShortPpm = (int)item.Value / 4;
                return true;
            case PlanItemKind.BitRot when own.IsUp && !own.Disk.IsBusy && Checks.TryLoseDisk(node):
                Context.Note(TraceKind.FaultInjected, (byte)FaultKind.BitRot, node.Number, 0, item.Identity, 0);
                own.Disk.Rot(item.Identity);
                return false;
            case PlanItemKind.Misdirect when Checks.TryLoseDisk(node):
                own.Disk.Weather.Misdirections++;
                return false;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public void Repair(ProtocolNode node, in PlanItem item)
    {
        ref var weather = ref ((ReplicaNode)node).Disk.Weather;
        if (item.Kind == PlanItemKind.DiskFull)
        {
            weather.Full = Math.Max(weather.Full - 1, 0);
        }
        else
        {
            weather.ReadErrorPpm = 0;
            weather.ReadShortPpm = 0;
        }
    }

    public void OnSend(ReplicaNode node, in PeerMessage message, ReadOnlySpan<byte> body)
    {
        Checks.OnSend(node, in message);
        Context.Send(node, in message, body);
    }

    public void OnApplied(
        ReplicaNode node, in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        Checks.OnApplied(node, in header, payload, events, results);
        for (var i = 0; i < node.Pending.Count; i++)
        {
            var pending = node.Pending[i];
            if (pending.Index > header.Index)
            {
                continue;
            }

            node.Pending.RemoveAt(i--);
            if (pending.Index == header.Index && pending.Term == header.Term)
            {
                Calls.Answer(node, pending.Call, header.Index, results.Written);
            }
        }

        if (header.Kind == EntryKind.Configuration)
        {
            Context.MarkMembers(payload);
            Triggers.Fire(TriggerEvent.ConfigurationChanged, node);
        }
    }

    public void OnRead(ReplicaNode node, in ReadState read)
    {
        if (read.Refusal != Refusal.None)
        {
            Context.Mark(read.Refusal);
            Calls.Refuse(node, (int)read.Context, read.Refusal);
            return;
        }

        Context.MeetIf(read.IsLease, Mark.ReadUnderLease);
        Context.MeetIf(!read.IsLease && node.Role == RaftRole.Leader, Mark.ReadByRound);
        Context.MeetIf(node.Role != RaftRole.Leader, Mark.ReadByFollower);
        if (read.IsLease && !node.Replica!.ConfirmLease())
        {
            Context.Meet(Mark.LeaseLostBeforeReply);
            return;
        }

        Triggers.Fire(TriggerEvent.ServedRead, node);
        Checks.OnReadServed(node);
        Calls.Answer(node, (int)read.Context, node.AppliedIndex, default);
    }

    public void OnInstalled(ReplicaNode node, ulong index)
    {
        Context.Report.Installed++;
        Checks.OnInstalled(node, index);
        Triggers.Fire(TriggerEvent.SnapshotInstalled, node);
    }

    private void OnFailed(ReplicaNode node, ReplicaFailure failure)
    {
        Context.Note(TraceKind.StateChanged, (byte)(100 + failure), node.Number, 0, (ulong)node.Boot, 0);
        if (failure is ReplicaFailure.Disk or ReplicaFailure.Install or ReplicaFailure.LogDecayed)
        {
            Crash(node, (ulong)node.Boot ^ 0xD15C, FaultKind.Crash);
            ScheduleRestart(node, RepairNanos);
            return;
        }

        Checks.OnUnusable(node, failure.ToString());
        ReplaceLater(node);
    }

    // What the disk holds is not this member any more: the operators add another in its place.
    private void ReplaceLater(ReplicaNode node)
    {
        if (Context.Report.Failure is null)
        {
            Context.Count(FaultKind.DiskLost, node.Number, (ulong)node.Boot);
            Replace(node);
            ScheduleRestart(node, RepairNanos);
        }
    }

    private void ScheduleRestart(ReplicaNode node, long after) =>
        Context.Schedule(
            WorldEventKind.Restart, Context.Now + after, node.Number, 0, (ulong)node.Boot ^ 0xB007, node.Boot);

    // Weather knows nodes, not disks.
    private void Sync(ReplicaNode node)
    {
        ref var weather = ref node.Disk.Weather;
        weather.StalledUntil = node.StalledUntil;
        weather.Slowness = node.SlowUntil > Context.Now ? (int)node.Slowness : 1;
        if (node.IsNextWriteBad)
        {
            node.IsNextWriteBad = false;
            weather.WriteErrors = 1;
        }

        if (Context.IsCalm)
        {
            weather.WriteErrors = 0;
            weather.Full = 0;
            weather.ReadErrorPpm = 0;
            weather.ReadShortPpm = 0;
            weather.Misdirections = 0;
        }
    }

    private void Turn(ReplicaNode node) =>
        node.Replica!.Tick(node.Clock.Monotonic(Context.Now), node.Clock.Wall(Context.Now));

    private void ScheduleTick(ProtocolNode node)
    {
        var step = (Context.Knobs[Knob.HeartbeatNanos] / 3) + (node.Number * 111_111);
        Context.Schedule(
            WorldEventKind.Tick, Context.Now + step, node.Number, 0, (ulong)node.Number, node.Boot);
    }
}
