using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Applies committed entries: the only place where that is done. A turn applies so many at most, and after each a slice
/// of a snapshot under way is read; after all of them a slice of the state is scrubbed.
/// </summary>
internal sealed class Applier
{
    private readonly ReplicaOptions _options;
    private readonly IStateMachine _machine;
    private readonly IReplicaOutput _output;
    private readonly SnapshotPipeline _snapshots;
    private readonly Checkpoints _checkpoints;
    private readonly EventKeeper _keeper;
    private readonly RaftNode _node;
    private readonly CommittedEntries _entries;
    private readonly Scrubber _scrubber;
    private readonly OutputBuffer _events = new(64 << 10);
    private readonly OutputBuffer _results = new(64 << 10);
    private EntryHeader _applied;
    private bool _isSnapshotAsked;

    public Applier(
        ReplicaOptions options,
        IStateMachine machine,
        IReplicaOutput output,
        SnapshotPipeline snapshots,
        Checkpoints checkpoints,
        EventKeeper keeper,
        RaftNode node,
        WriteAheadLog log)
    {
        _options = options;
        _machine = machine;
        _output = output;
        _snapshots = snapshots;
        _checkpoints = checkpoints;
        _keeper = keeper;
        _node = node;
        _entries = new CommittedEntries(node, log);
        _scrubber = new Scrubber(machine, options.Snapshots.IntervalEntries);
        Restart();
    }

    /// <summary>The last entry in the state; while a snapshot is put in its place, the last one before.</summary>
    public ulong AppliedIndex { get; private set; }

    /// <summary>Why it cannot go on.</summary>
    public ReplicaFailure Failure => _entries.Failure;

    /// <summary>The state is another: a snapshot is in its place.</summary>
    public void Restart()
    {
        AppliedIndex = _machine.AppliedIndex;
        _entries.Close();
        _scrubber.Restart(AppliedIndex);
    }

    /// <summary>Has a snapshot taken as soon as one can be.</summary>
    public void RequestSnapshot() => _isSnapshotAsked = true;

    /// <summary>Goes on.</summary>
    /// <returns>True where something was applied.</returns>
    public bool Step()
    {
        if (_checkpoints.IsInstalling)
        {
            _entries.Close();
            return false;
        }

        var commit = _node.CommitIndex;
        var count = 0;
        while (count < _options.ApplyEntriesMax
            && _keeper.TryKeep(_events)
            && AppliedIndex < commit
            && _entries.TryGet(AppliedIndex + 1, out var header, out var payload))
        {
            Apply(in header, payload);
            _snapshots.Step();
            count++;
        }

        if (count > 0 && !_node.IsAside && !_scrubber.Step(count))
        {
            _node.StateDamaged(_scrubber.LastGood);
        }

        CutIfAsked();
        return count > 0;
    }

    private void Apply(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        _events.Clear();
        _results.Clear();
        _machine.Apply(in header, payload, _events, _results);
        Invariant.Check(_machine.AppliedIndex == header.Index);
        AppliedIndex = header.Index;
        _applied = header;
        if (header.Kind == EntryKind.Configuration)
        {
            _checkpoints.ConfigurationIndex = header.Index;
        }

        _node.Applied(in header, payload, _machine.StateHash, _machine.EventChainHash, _machine.NextDeadline);
        _output.Applied(in header, payload, _events, _results);
        _keeper.Keep(in header, _events, _machine.EventChainHash);
        if (_snapshots.IsDue(header.Index) && !_node.IsAside)
        {
            Cut(in header);
        }
    }

    private void CutIfAsked()
    {
        var isPossible = _applied.Index == AppliedIndex
            && AppliedIndex > 0
            && !_snapshots.IsBusy
            && !_node.IsAside;
        if (!_isSnapshotAsked || !isPossible)
        {
            return;
        }

        _isSnapshotAsked = false;
        if (_snapshots.Newest?.Index != AppliedIndex)
        {
            Cut(in _applied);
        }
    }

    private void Cut(in EntryHeader header)
    {
        var bytes = _checkpoints.Cut(in header);
        _keeper.TryKeep(_events);
        if (_options.IsScrubbed && bytes > 0)
        {
            _scrubber.Begin(header.Index, bytes);
        }
    }
}
