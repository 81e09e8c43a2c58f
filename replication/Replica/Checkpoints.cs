using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// When a snapshot is cut, what it lets go of once it is durable, and how a peer's takes the place of the state.
/// </summary>
internal sealed class Checkpoints(
    ReplicaMachine parts,
    IStateMachine machine,
    SnapshotPipeline snapshots,
    SnapshotTraffic traffic,
    EventJournal journal,
    EventKeeper events,
    RaftNode node,
    WriteAheadLog log)
{
    private SnapshotPoint? _cut;
    private ulong _durableSnapshots = snapshots.DurableCount;
    private ulong _trimmed;

    // What was applied before the state was built anew is applied again without a cut: its configurations are gone.
    private ulong _appliedBefore;

    /// <summary>Index of the entry that made the configuration.</summary>
    public ulong ConfigurationIndex { get; set; }

    /// <summary>Whether the machine is being filled: there is no state meanwhile.</summary>
    public bool IsInstalling { get; private set; }

    /// <summary>Cuts right after an entry was applied.</summary>
    /// <returns>Bytes of the state; zero where it was not cut.</returns>
    public ulong Cut(in EntryHeader header)
    {
        if (header.Index <= _appliedBefore)
        {
            return 0;
        }

        var point = node.PointOfApplied(machine.StateHash, machine.EventChainHash);
        var configuration = new byte[point.Configuration.EncodedLength];
        point.Configuration.Encode(configuration);
        var cut = new SnapshotCut(header, parts.BehaviourVersion(machine), ConfigurationIndex, configuration);
        if (!snapshots.Begin(in cut))
        {
            return 0;
        }

        _cut = point;
        events.FlushAt(header.Index);
        return snapshots.CutBytes;
    }

    /// <summary>After the snapshots went on: tells consensus, and lets log and journal go.</summary>
    public void Settle()
    {
        if (snapshots.DurableCount != _durableSnapshots)
        {
            _durableSnapshots = snapshots.DurableCount;
            Invariant.Check(_cut is not null);
            node.SnapshotTaken(_cut);
        }

        // A received snapshot that is not in the state yet is not the node's own: until then its log is what it has.
        var own = node.SnapshotIndex;
        var floor = Math.Min(snapshots.LogFloor, own);

        // Events that are not durable are made again from the log.
        log.Release(Math.Min(Math.Min(floor, traffic.HeldIndex), journal.DurableIndex));

        // The log lets go segment by segment, when nobody reads there any more.
        if (log.FirstIndex > _trimmed && log.FirstIndex <= own + 1)
        {
            _trimmed = log.FirstIndex;
            node.LogTrimmed(_trimmed);
        }

        // While the machine is being filled nobody can say what the drains need.
        if (!IsInstalling)
        {
            journal.Release(Math.Min(parts.DrainFloor(machine), floor + 1));
        }
    }

    /// <summary>Puts a received snapshot in the place of the state.</summary>
    /// <param name="failure">Why that failed.</param>
    /// <returns>The index of the one that is in place now; zero where none is.</returns>
    public ulong Install(out ReplicaFailure failure)
    {
        failure = ReplicaFailure.None;
        var inbox = snapshots.Inbox;
        if (!IsInstalling)
        {
            if (inbox.Whole is { } whole && !inbox.Install.IsRunning && IsWanted(whole))
            {
                snapshots.OnInstalled();
                events.Drop();
                IsInstalling = true;
                inbox.Install.Start(machine, whole);
            }

            return 0;
        }

        if (inbox.Install.IsRunning)
        {
            return 0;
        }

        if (!inbox.Install.IsDone)
        {
            failure = ReplicaFailure.Install;
            return 0;
        }

        IsInstalling = false;
        var manifest = inbox.Install.Manifest!;
        ConfigurationIndex = manifest.Header.ConfigurationIndex;
        if (node.IsRebuilding)
        {
            // Events and snapshots of the bad state are not to be found again, neither by a reader nor at a start.
            var good = Math.Min(node.Status.LastEqualIndex, journal.LastIndex);
            journal.Rewind(good, manifest.Index, manifest.Header.EventChainHash);
            snapshots.Distrust(good);
            _appliedBefore = node.Status.AppliedIndex;
        }
        else
        {
            journal.OnInstalled(manifest.Index, manifest.Header.EventChainHash);
        }

        node.SnapshotInstalled(SnapshotTraffic.PointOf(manifest));
        return manifest.Index;
    }

    private bool IsWanted(SnapshotManifest whole)
    {
        if (whole.Index > node.CommitIndex)
        {
            return true;
        }

        if (!node.IsRebuilding)
        {
            return false;
        }

        if (log.FirstIndex <= whole.Index + 1)
        {
            return true;
        }

        // What follows it is not in the log any more, and the log stays as it is: a newer one is needed.
        snapshots.Inbox.Discard();
        node.SnapshotRefused(whole.Index);
        return false;
    }
}
