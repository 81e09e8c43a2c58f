using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>What a node reads and stores beside its log: older entries, snapshots and their parts.</summary>
internal sealed class NodeJobs(ProtocolContext context, ProtocolChecks checks, Triggers triggers)
{
    private const int KeptBehindSnapshot = 3;

    private readonly byte[] _snapshotBytes = new byte[2048];
    private readonly TinyMachine _scratch = new();

    /// <summary>Work is done: consensus is told.</summary>
    public void Finish(ProtocolNode node, NodeJob job)
    {
        switch (job.Kind)
        {
            case NodeJobKind.ReadEntries:
                node.Raft!.EntriesRead(in job.Entries, job.Bytes.AsSpan(0, ReadEntries(node, job)));
                context.Meet(Marks.Mark.EntriesReadFromLog);
                break;
            case NodeJobKind.ReadSnapshot:
                ReadSnapshot(node, job);
                break;
            case NodeJobKind.StorePart:
                StorePart(node, job);
                break;
            default:
                FinishSnapshot(node, job);
                break;
        }
    }

    public void Take(ProtocolNode node, RaftReady ready)
    {
        foreach (var read in ready.EntryReads)
        {
            var job = NewJob(NodeJobKind.ReadEntries, out var slot);
            job.Entries = read;
            ScheduleJob(node, slot, StableHash.Mix(read.First, read.Peer.Number));
        }

        foreach (var read in ready.SnapshotReads)
        {
            var job = NewJob(NodeJobKind.ReadSnapshot, out var slot);
            job.Snapshot = read;
            ScheduleJob(node, slot, StableHash.Mix(read.Index ^ read.Offset, read.Peer.Number));
        }

        foreach (var part in ready.SnapshotParts)
        {
            var job = NewJob(NodeJobKind.StorePart, out var slot);
            var bytes = node.Raft!.ReceivedPart.Span;
            job.Part = part;
            job.Length = bytes.Length;
            bytes.CopyTo(job.Bytes);
            triggers.Fire(TriggerEvent.SnapshotInstalling, node);
            ScheduleJob(node, slot, StableHash.Mix(part.Index, part.Offset));
        }
    }

    private NodeJob NewJob(NodeJobKind kind, out int slot)
    {
        slot = context.Jobs.Rent();
        context.Jobs[slot].Kind = kind;
        return context.Jobs[slot];
    }

    private void ScheduleJob(ProtocolNode node, int slot, ulong identity)
    {
        var at = context.Now + Latency(node, identity);
        context.Watch?.Works(node, identity, context.Jobs[slot].Kind.ToString(), at);
        context.Schedule(WorldEventKind.DiskDone, at, node.Number, slot, identity, node.Boot, peer: 1);
    }

    public long Latency(ProtocolNode node, ulong identity)
    {
        var knobs = context.Knobs;
        var drawn = context.Fate.Draw(FateDomain.DiskLatency, StableHash.Mix(identity, (ulong)node.Number));
        var latency = knobs[Knob.DiskLatencyMin] + (long)(drawn % (ulong)knobs[Knob.DiskLatencySpread]);
        if (node.SlowUntil > context.Now)
        {
            latency *= node.Slowness;
            context.Report.Faults.Count(FaultKind.DiskSlow);
        }

        if (node.StalledUntil > context.Now + latency)
        {
            latency = node.StalledUntil - context.Now;
            context.Report.Faults.Count(FaultKind.DiskStalled);
        }

        return latency;
    }

    public void MaybeSnapshot(ProtocolNode node)
    {
        var due = node.SnapshotAt + (ulong)context.Knobs[Knob.SnapshotEvery];
        const RaftFaults Doubtful = RaftFaults.Quarantined | RaftFaults.Disputed | RaftFaults.DiskFailed
            | RaftFaults.Amnesiac;
        if (node.IsSnapshotUnderWay || node.Machine.AppliedIndex < due || (node.Faults & Doubtful) != 0)
        {
            return;
        }

        var job = NewJob(NodeJobKind.TakeSnapshot, out var slot);
        node.Machine.WriteTo(job.Bytes);
        if (context.HasBug(PlantedBug.SessionsNotInSnapshot))
        {
            TinyMachine.DropSessions(job.Bytes);
        }

        job.Point = node.Raft!.PointOfApplied(node.Machine.StateHash, node.Machine.EventChainHash);
        if (job.Point.Point.Index > 1 && context.HasBug(PlantedBug.SnapshotAheadOfItsIndex))
        {
            var before = node.Machine.AppliedIndex - 1;
            if (!node.Log.Issued.Has(before))
            {
                context.Jobs.Return(slot);
                return;
            }

            job.Point = job.Point with { Point = LogPoint.Of(in node.Log.Issued[before].Header) };
        }

        node.IsSnapshotUnderWay = true;
        ScheduleJob(node, slot, node.Machine.AppliedIndex);
    }

    private void FinishSnapshot(ProtocolNode node, NodeJob job)
    {
        var index = job.Point!.Point.Index;
        node.IsSnapshotUnderWay = false;
        node.SnapshotAt = index;
        if (node.Snapshots.Newest?.Point!.Point.Index >= index)
        {
            context.Meet(Marks.Mark.SnapshotOvertakenByInstall);
            return;
        }

        node.Snapshots.Store(job.Point, job.Bytes.AsSpan(0, TinyMachine.ImageBytes));
        node.Raft!.SnapshotTaken(job.Point);
        context.Report.Snapshots++;
        triggers.Fire(TriggerEvent.SnapshotTaken, node);
        if (index > KeptBehindSnapshot && node.Log.Durable.Holds(index, job.Point.Point.ChainHash))
        {
            node.Log.DropUpTo(index - KeptBehindSnapshot);
            node.Raft.LogTrimmed(node.Log.Durable.First);
        }
    }

    private int ReadEntries(ProtocolNode node, NodeJob job)
    {
        var length = 0;
        for (var index = job.Entries.First; index <= job.Entries.Last && node.Log.Durable.Has(index); index++)
        {
            var bytes = node.Log.BytesOf(in node.Log.Durable[index]);
            if (length > 0 && length + bytes.Length > job.Entries.BytesMax)
            {
                break;
            }

            bytes.CopyTo(job.Bytes.AsSpan(length));
            length += bytes.Length;
        }

        return length;
    }

    private void ReadSnapshot(ProtocolNode node, NodeJob job)
    {
        var snapshot = node.Snapshots.Find(job.Snapshot.Index);
        if (snapshot is null)
        {
            context.Meet(Marks.Mark.SnapshotToSendIsGone);
            node.Raft!.SnapshotPartRead(in job.Snapshot, default, 0, default);
            return;
        }

        var length = ModelledSnapshots.Write(snapshot, _snapshotBytes);
        var offset = (int)job.Snapshot.Offset;
        var count = Math.Clamp(length - offset, 0, job.Snapshot.BytesMax);
        context.MeetIf(offset > 0, Marks.Mark.SnapshotSentInParts);
        node.Raft!.SnapshotPartRead(
            in job.Snapshot, snapshot.Point!.Point, (ulong)length,
            _snapshotBytes.AsSpan(Math.Min(offset, length), count));
    }

    private void StorePart(ProtocolNode node, NodeJob job)
    {
        var raft = node.Raft!;
        node.Snapshots.Receive(job.Part.Index, job.Part.Offset, job.Bytes.AsSpan(0, job.Length));
        var stored = job.Part.Offset + (ulong)job.Length;
        if (stored < job.Part.Length)
        {
            raft.SnapshotPartStored(job.Part.Index, stored);
            return;
        }

        var point = node.Snapshots.Finish(_scratch);
        if (point is null)
        {
            context.Meet(Marks.Mark.SnapshotRefused);
            raft.SnapshotRefused(job.Part.Index);
            return;
        }

        if (point.Point.Index > node.Machine.AppliedIndex)
        {
            var isWhole = node.Machine.TryReadFrom(node.Snapshots.Newest!.Image);
            Invariant.Check(isWhole);
            checks.OnInstalled(node, point);
            context.Report.Installed++;
            node.SnapshotAt = point.Point.Index;
            triggers.Fire(TriggerEvent.SnapshotInstalled, node);
        }
        else
        {
            context.Meet(Marks.Mark.InstallCameTooLate);
        }

        raft.SnapshotInstalled(point);
    }
}
