using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// Drives the production consensus of one node after the other as its contract asks: time, inputs, then everything that
/// it wants done. It keeps the caller's duties, so that what the checkers find is not its own doing.
/// </summary>
internal sealed class NodeDriver(
    ProtocolContext context,
    ProtocolChecks checks,
    Triggers triggers,
    Clients clients) : INodeDriver
{
    private const int RoundsMax = 200;

    private static readonly UInt128 _clusterId = new(0x5EED, 0xC1);

    private readonly List<TinyResult> _results = [];
    private readonly byte[] _tooMuch = new byte[1 << 13];
    private readonly NodeJobs _jobs = new(context, checks, triggers);
    private readonly NodeReads _reads = new(context, triggers, clients);
    private Configuration _founders = Configuration.Empty;

    public void Begin()
    {
        var members = new MemberId[context.NodeCount];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = context.AllNodes[i].Id;
        }

        _founders = Configuration.OfVoters(members);
    }

    /// <summary>At which index a command of a client took effect; zero where it did not.</summary>
    public ulong ExecutedAt(int client, uint sequence) =>
        checks.Executed[(client * Clients.SequencesMax) + (int)sequence];

    /// <summary>The process starts, from what its disk holds.</summary>
    public void Boot(ProtocolNode node)
    {
        Invariant.Check(!node.IsUp);
        node.Boot++;
        node.Forget();
        var founded = RaftStart.Founded(node.IsFounder ? _founders : Configuration.Empty);
        var newest = node.Snapshots.Newest;
        var point = newest?.Point ?? founded;
        if (!node.Log.Durable.Holds(point.Point.Index, point.Point.ChainHash))
        {
            // A snapshot was stored and the crash came before the log made room for it.
            context.MeetIf(point.Point.Index > 0, Marks.Mark.BootWithSnapshotAheadOfLog);
            node.Log.ResetTo(point.Point);
        }

        var raft = new RaftNode(
            context.Options,
            new RaftStart
            {
                ClusterId = _clusterId,
                Epoch = 1,
                Self = node.Id,
                HardState = node.Log.Durable.HardState,
                Snapshot = point,
                IsNew = node.IsNew,
                // As a log counts how often it was opened: answers to what was asked before a start are told by it.
                StartNumber = (uint)node.Boot,
            },
            context.Hasher);
        node.IsNew = false;
        node.SnapshotAt = point.Point.Index;
        node.Machine.Clear();
        if (newest is not null)
        {
            var isWhole = node.Machine.TryReadFrom(newest.Image);
            Invariant.Check(isWhole);
        }

        for (var index = point.Point.Index + 1; index <= node.Log.Durable.Last; index++)
        {
            raft.Restore(node.Log.BytesOf(in node.Log.Durable[index]));
        }

        node.Raft = raft;
        raft.Start(node.Clock.Monotonic(context.Now), node.Clock.Wall(context.Now));
        context.Note(TraceKind.StateChanged, 0, node.Number, 0, (ulong)node.Boot, node.Log.Durable.Last);
        if (node.Boot > 1)
        {
            context.Report.Restarts++;
            triggers.Fire(TriggerEvent.Restarted, node);
        }

        ScheduleTick(node);
        Pump(node);
    }

    /// <summary>The process ends at once. What was not durable is gone, or mostly.</summary>
    public void Crash(ProtocolNode node, ulong identity, FaultKind kind)
    {
        if (!node.IsUp)
        {
            return;
        }

        context.Count(kind, node.Number, identity);
        context.MeetIf(node.Role == RaftRole.Leader, Marks.Mark.CrashOfLeader);
        context.MeetIf(node.Role == RaftRole.Candidate, Marks.Mark.CrashOfCandidate);
        context.MeetIf(node.Log.HasPending, Marks.Mark.CrashWithWritesUnderWay);
        context.MeetIf(node.IsSnapshotUnderWay, Marks.Mark.CrashDuringSnapshot);
        context.MeetIf(node.Snapshots.IncomingIndex > 0, Marks.Mark.CrashDuringInstall);
        context.MeetIf(node.Faults.HasFlag(RaftFaults.Recalling), Marks.Mark.CrashDuringRecall);
        node.Raft = null;
        node.Log.Crash(
            context.Fate.Draw(FateDomain.DiskTear, StableHash.Mix(identity, (ulong)node.Number)),
            context.Report.Faults);
        PlantInLog(node);
        node.Snapshots.Crash();
        node.Forget();
    }

    /// <summary>A new disk under a new name; the process starts later.</summary>
    public void Replace(ProtocolNode node)
    {
        if (node.IsUp)
        {
            Crash(node, StableHash.Mix(node.Id.Incarnation, (ulong)node.Number), FaultKind.DiskLost);
        }

        node.Log.Clear();
        node.Snapshots.Clear();
        node.Machine.Clear();
        node.Id = new MemberId(node.Id.Number, node.Id.Incarnation + 1);
        node.IsNew = true;
        node.IsFounder = false;
        node.WasRemoved = false;
    }

    /// <summary>Leadership is being handed over.</summary>
    public void OnTransfer(ProtocolNode node) => triggers.Fire(TriggerEvent.TransferBegan, node);

    /// <summary>The log is modelled: it has no bytes to damage.</summary>
    public bool Damage(ProtocolNode node, in PlanItem item) => false;

    public void Repair(ProtocolNode node, in PlanItem item)
    {
    }

    /// <summary>A node looks at its clock.</summary>
    public void OnTick(ProtocolNode node)
    {
        Turn(node);
        ScheduleTick(node);
        Pump(node);
    }

    public void OnMessage(ProtocolNode node, int slot)
    {
        var message = context.Messages[slot];
        Turn(node);
        node.Raft!.Step(in message.Header, message.Bytes);
        Pump(node);
    }

    /// <summary>A group of writes is durable.</summary>
    public void OnGroupDone(ProtocolNode node)
    {
        Turn(node);
        if (node.IsNextWriteBad)
        {
            node.IsNextWriteBad = false;
            context.Count(FaultKind.WriteError, node.Number, (ulong)node.Boot);
            if (context.HasBug(PlantedBug.WriteErrorSwallowed))
            {
                node.Raft!.Persisted(node.Log.DropGroup());
                Pump(node);
                return;
            }

            node.HasDiskFailed = true;
            node.Raft!.StorageFailed();
            Pump(node);
            return;
        }

        var ticket = node.Log.CompleteGroup();
        node.Raft!.Persisted(ticket);
        Pump(node);
    }

    /// <summary>A request of a client: a write to propose, or a read.</summary>
    public Refusal OnRequest(ProtocolNode node, in TinyCommand command, int payloadBytes, bool isRead)
    {
        Turn(node);
        var raft = node.Raft!;
        Refusal refusal;
        if (isRead)
        {
            refusal = raft.RequestRead(((ulong)command.Client << 40) | ((ulong)command.Key << 32) | command.Sequence);
        }
        else
        {
            Span<byte> payload = stackalloc byte[256];
            payload.Clear();
            System.Runtime.InteropServices.MemoryMarshal.Write(payload, in command);
            OfferTooMuch(node, in command);
            refusal = raft.Propose(payload[..Math.Max(payloadBytes, 32)], 1, out _);
            if (refusal == Refusal.None)
            {
                node.Waiting[command.Client] = command.Sequence;
                if (context.HasBug(PlantedBug.AnsweredBeforeCommit))
                {
                    clients.Answer(node, (int)command.Client, command.Sequence, 1, 0);
                }

                triggers.Fire(TriggerEvent.ProposalTaken, node);
            }
        }

        context.Mark(refusal);
        Pump(node);
        return refusal;
    }

    // Now and then a host first hands on more than fits into an entry: that is refused and changes nothing.
    private void OfferTooMuch(ProtocolNode node, in TinyCommand command)
    {
        var identity = StableHash.Mix(command.Client, command.Sequence);
        if (context.Fate.Below(16, FateDomain.TooLarge, identity) == 0)
        {
            var refusal = node.Raft!.Propose(_tooMuch, 1, out _);
            Invariant.Check(refusal != Refusal.None);
            context.Mark(refusal);
        }
    }

    /// <summary>Work beside the log is done.</summary>
    public void OnJob(ProtocolNode node, int slot)
    {
        var job = context.Jobs[slot];
        Turn(node);
        _jobs.Finish(node, job);
        Pump(node);
    }

    /// <summary>Does all that a node wants done, until it wants nothing more.</summary>
    public void Pump(ProtocolNode node)
    {
        var raft = node.Raft!;
        for (var round = 0; ; round++)
        {
            if (round >= RoundsMax)
            {
                context.Fail("no rest", node.Number, 0, $"a node wants more after {RoundsMax} rounds without an input");
                return;
            }

            var ready = raft.Ready();
            var isMore = TakeWrites(node, ready);
            checks.OnState(node);
            isMore |= Send(node, ready);
            _jobs.Take(node, ready);
            _reads.Take(node, ready);
            var commit = ready.CommitIndex;
            raft.Advance();
            isMore |= Apply(node, commit);
            _reads.Serve(node);
            if (!isMore || context.Report.Failure is not null)
            {
                break;
            }
        }

        StartGroup(node);
        _jobs.MaybeSnapshot(node);
    }

    private void Turn(ProtocolNode node) =>
        node.Raft!.Tick(node.Clock.Monotonic(context.Now), node.Clock.Wall(context.Now));

    private void ScheduleTick(ProtocolNode node)
    {
        // Not all nodes look at their clocks at the same moment, nor at multiples of the heartbeat.
        var step = context.Knobs[Knob.HeartbeatNanos] / 3 + (node.Number * 111_111);
        context.Schedule(
            WorldEventKind.Tick, context.Now + step, node.Number, 0, (ulong)node.Number, node.Boot);
    }

    private bool TakeWrites(ProtocolNode node, RaftReady ready)
    {
        foreach (ref readonly var write in ready.Writes)
        {
            checks.OnWrite(node, in write);
            if (write.Kind == LogWriteKind.Append)
            {
                TakeEntries(node, in write);
                triggers.Fire(TriggerEvent.Appended, node);
            }
            else
            {
                if (write.Kind == LogWriteKind.Truncate && context.HasBug(PlantedBug.TruncationForgotten))
                {
                    node.Log.TakeButForget(in write);
                    continue;
                }

                node.Log.Take(in write);
                if (write.Kind == LogWriteKind.HardState)
                {
                    triggers.Fire(TriggerEvent.HardStateWritten, node);
                }
                else if (write.Kind == LogWriteKind.Truncate)
                {
                    context.Meet(Marks.Mark.LogTruncated);
                    triggers.Fire(TriggerEvent.Truncated, node);
                }
                else
                {
                    context.Meet(Marks.Mark.LogReset);
                }
            }
        }

        return !ready.Writes.IsEmpty;
    }

    private static void TakeEntries(ProtocolNode node, in LogWrite write)
    {
        var first = write.First;
        node.Log.BeginEntries(in write);
        while (first <= write.Last)
        {
            node.Log.AddEntries(node.Raft!.EntryBytes(first, write.Last, out var end).Span);
            first = end + 1;
        }

        node.Log.EndEntries(in write);
    }

    private bool Send(ProtocolNode node, RaftReady ready)
    {
        foreach (ref readonly var message in ready.Messages)
        {
            checks.OnSend(node, in message.Header);
            context.Send(node, in message.Header, message.Body.Span);
        }

        return !ready.Messages.IsEmpty;
    }

    private void StartGroup(ProtocolNode node)
    {
        if (node.Log.IsWriting || !node.Log.HasPending)
        {
            return;
        }

        var identity = node.Log.BeginGroup();
        if (context.HasBug(PlantedBug.DurableTooEarly))
        {
            node.Raft!.Persisted(node.Log.LastTicket);
        }

        var at = context.Now + _jobs.Latency(node, identity);
        context.Note(TraceKind.DiskRequest, 0, node.Number, 0, identity, node.Log.Issued.Last);
        context.Watch?.Works(node, identity, $"log up to {node.Log.Issued.Last}", at);
        context.Schedule(WorldEventKind.DiskDone, at, node.Number, 0, identity, node.Boot);
    }

    private bool Apply(ProtocolNode node, ulong commit)
    {
        var raft = node.Raft!;
        var isAny = false;
        while (node.Machine.AppliedIndex < commit)
        {
            var index = node.Machine.AppliedIndex + 1;
            if (!raft.TryGetEntry(index, out var bytes))
            {
                bytes = node.Log.BytesOf(in node.Log.Issued[index]);
                context.Meet(Marks.Mark.AppliedFromLog);
            }

            var isEntry = EntryCodec.TryRead(bytes, out var header, out var payload, out _);
            Invariant.Check(isEntry);
            _results.Clear();
            node.Machine.Apply(in header, payload, _results);
            PlantInMachine(node, in header);
            checks.OnApplied(node, in header, _results);
            raft.Applied(in header, payload, node.Machine.StateHash, node.Machine.EventChainHash, long.MaxValue);
            foreach (var result in _results)
            {
                if (node.Waiting[result.Client] == result.Sequence)
                {
                    node.Waiting[result.Client] = 0;
                    var answer = !result.IsFresh && context.HasBug(PlantedBug.RepeatAnsweredAnew) ? 1 : result.Answer;
                    clients.Answer(node, (int)result.Client, result.Sequence, answer, header.Index);
                }
            }

            if (header.Kind == EntryKind.Configuration)
            {
                context.MarkMembers(payload);
                triggers.Fire(TriggerEvent.ConfigurationChanged, node);
            }

            isAny = true;
        }

        return isAny;
    }

    private void PlantInLog(ProtocolNode node)
    {
        var durable = node.Log.Durable;
        if (!durable.HardState.VotedFor.IsNone && context.HasBug(PlantedBug.VoteForgotten))
        {
            durable.HardState = durable.HardState with { VotedFor = MemberId.None };
        }

        if (durable.Has(durable.Last) && context.HasBug(PlantedBug.SuffixLost))
        {
            durable.Truncate(durable.Last);
        }

        node.Log.Issued.CopyFrom(durable);
    }

    private void PlantInMachine(ProtocolNode node, in EntryHeader header)
    {
        if (header.Kind != EntryKind.Commands)
        {
            return;
        }

        if (node.Number == 1 && context.HasBug(PlantedBug.ApplyDependsOnNode))
        {
            node.Machine.Spoil(0);
        }

        if (header.Index % 8 == 0 && context.HasBug(PlantedBug.WriteDropped))
        {
            node.Machine.Spoil(1);
        }

        if (_results.Exists(result => !result.IsFresh) && context.HasBug(PlantedBug.NoDeduplication))
        {
            for (var i = 0; i < _results.Count; i++)
            {
                _results[i] = _results[i] with { IsFresh = true };
            }
        }
    }
}
