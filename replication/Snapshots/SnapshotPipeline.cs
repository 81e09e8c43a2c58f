using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>Answers which chain hash the log has at an index; null where it does not reach there.</summary>
/// <param name="index">Log index.</param>
/// <returns>The chain hash.</returns>
public delegate ChainHash? ChainLookup(ulong index);

/// <summary>
/// Takes snapshots of one machine into one store, and brings the machine back from them. At a cut it fixes the state
/// and from then on reads at most one slice between two entries, so the thread that applies never waits: not for the
/// disk, and not for what has changed, however much that is.
/// <para>Duties of the caller: (1) <see cref="Load"/> first, once; (2) <see cref="Begin"/> right after an entry was
/// applied; (3) <see cref="Step"/> after each input and between entries; (4) completions of requests for files of kind
/// <see cref="FileKind.Snapshot"/> go to <see cref="Complete"/>; (5) the log keeps what follows
/// <see cref="LogFloor"/>.</para>
/// </summary>
public sealed class SnapshotPipeline : IDisposable
{
    private readonly ISnapshotStore _store;
    private readonly SnapshotOptions _options;
    private IStateMachine _machine;
    private ISnapshotReader? _reader;
    private SnapshotManifest? _manifest;
    private bool _isCommitting;

    // The machine is not what the store's newest snapshot and the changes since make: only a whole snapshot may follow.
    private bool _isApart = true;

    /// <summary>Nothing is read or begun yet.</summary>
    /// <param name="machine">The machine, at genesis.</param>
    /// <param name="store">Where its snapshots are.</param>
    /// <param name="disk">The replica's disk, for streams that are sent and received.</param>
    /// <param name="options">The tunables.</param>
    public SnapshotPipeline(IStateMachine machine, ISnapshotStore store, IDisk disk, SnapshotOptions options)
    {
        _machine = machine;
        _store = store;
        _options = options.Validate();
        Inbox = new SnapshotInbox(disk, options);
        Outbox = new SnapshotOutbox(disk, store, options);
    }

    /// <summary>Receives a snapshot from a peer and installs it.</summary>
    public SnapshotInbox Inbox { get; }

    /// <summary>Hands a snapshot out to peers.</summary>
    public SnapshotOutbox Outbox { get; }

    /// <summary>The newest durable snapshot; null where there is none.</summary>
    public SnapshotManifest? Newest => NewestOf(Inbox.Whole, _store.List.Count > 0 ? _store.List[0] : null);

    /// <summary>All durable snapshots of the store, newest first.</summary>
    public IReadOnlyList<SnapshotManifest> List => _store.List;

    /// <summary>
    /// Index of the oldest snapshot that is kept; the log must hold every entry after it. 0 where there is none.
    /// </summary>
    public ulong LogFloor => _store.List.Count > 0 ? _store.List[^1].Index : Inbox.Whole?.Index ?? 0;

    /// <summary>Whether a snapshot is being taken.</summary>
    public bool IsBusy => _manifest is not null;

    /// <summary>Whether records of the cut are still to be read: <see cref="Step"/> has work for this thread.</summary>
    public bool IsReading => _reader is not null;

    /// <summary>Bytes of the whole state at the cut under way; zero where none is.</summary>
    public ulong CutBytes => _manifest?.Header.Length ?? 0;

    /// <summary>
    /// Index up to which the journal of events is durable; the driver moves it. A snapshot counts only where its events
    /// do, too: they could not be made again from it.
    /// </summary>
    public ulong EventsDurable { get; set; } = ulong.MaxValue;

    /// <summary>Snapshots that became durable since the start.</summary>
    public ulong DurableCount { get; private set; }

    /// <summary>Snapshots that failed since the start.</summary>
    public ulong FailedCount { get; private set; }

    /// <summary>Cuts that were due while the one before was still being written.</summary>
    public ulong SkippedCount { get; private set; }

    /// <summary>Why the last snapshot failed; none where it did not.</summary>
    public SnapshotFault LastFault { get; private set; }

    /// <summary>Whether a snapshot is to be taken at an index: the same on every member.</summary>
    /// <param name="index">Index of the entry that was just applied.</param>
    /// <returns>True where it is.</returns>
    public bool IsDue(ulong index) => _options.IntervalEntries != 0 && index % _options.IntervalEntries == 0;

    /// <summary>
    /// Restores the machine from the newest snapshot that is whole, of this cluster and of this log; a bad one is
    /// passed over for the one before.
    /// </summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="chain">The log's chain hashes.</param>
    /// <returns>What was loaded, and what was refused.</returns>
    public SnapshotLoad Load(UInt128 clusterId, ChainLookup chain)
    {
        var refused = new List<SnapshotRefusal>(_store.Refused);
        refused.AddRange(Inbox.Recover());
        var isUsable = true;
        foreach (var manifest in Candidates())
        {
            var fault = FitOf(manifest, clusterId, chain);
            if (fault == SnapshotFault.None)
            {
                var isInbox = ReferenceEquals(manifest, Inbox.Whole);
                isUsable = false;
                fault = Restore(manifest, isInbox);
                if (fault == SnapshotFault.None)
                {
                    // What the store holds and the newest of it was not loaded: the next must be whole.
                    _isApart = isInbox || !ReferenceEquals(manifest, _store.List[0]);
                    ForgetChanges();
                    return new SnapshotLoad(manifest, refused, IsMachineUsable: true);
                }

                SetAside(manifest, isInbox);
            }

            // One that does not fit may be whole: then it is the member that is in the wrong place.
            refused.Add(new SnapshotRefusal(manifest.Index, fault));
        }

        return new SnapshotLoad(Manifest: null, refused, isUsable);
    }

    /// <summary>Goes on with another machine: the one before was emptied by a restore that failed.</summary>
    /// <param name="machine">A machine at genesis.</param>
    public void Replace(IStateMachine machine)
    {
        EndCut();
        _machine = machine;
        _isApart = true;
    }

    /// <summary>The machine was restored by an installed snapshot: what was being taken is void.</summary>
    public void OnInstalled()
    {
        if (IsBusy)
        {
            EndCut();
            _store.Abandon();
            _manifest = null;
        }

        _isApart = true;
    }

    /// <summary>The state was bad behind an index: snapshots cut behind it are not to be loaded any more.</summary>
    /// <param name="good">The last index at which the state was surely right.</param>
    public void Distrust(ulong good)
    {
        for (var i = _store.List.Count - 1; i >= 0; i--)
        {
            if (_store.List[i].Index > good)
            {
                _store.SetAside(_store.List[i]);
            }
        }
    }

    /// <summary>Cuts. What the machine is now becomes the next snapshot.</summary>
    /// <param name="cut">The last entry applied and what was in force after it.</param>
    /// <returns>False where the one before is still being written.</returns>
    public bool Begin(in SnapshotCut cut)
    {
        Invariant.Check(cut.Last.Index == _machine.AppliedIndex);
        if (IsBusy)
        {
            SkippedCount++;
            return false;
        }

        var scope = _isApart ? SnapshotScope.All : _store.Wants;
        _reader = _machine.BeginSnapshot(scope);
        _manifest = ManifestOf(in cut, _reader);
        _isApart = true;
        _isCommitting = false;
        _store.Begin(scope);
        return true;
    }

    /// <summary>Goes on: reads at most one slice, and asks how the writing stands.</summary>
    /// <returns>True where a slice was read or a snapshot ended.</returns>
    public bool Step()
    {
        var isMoving = Outbox.Step();
        Inbox.Clean();
        if (_manifest is null)
        {
            return isMoving;
        }

        switch (_store.Poll())
        {
            case SnapshotWriting.Failed:
                EndCut();
                _manifest = null;
                FailedCount++;
                LastFault = _store.Fault;
                return true;
            case SnapshotWriting.Durable:
                Invariant.Check(_isCommitting);
                Invariant.Check(_store.List[0].Index == _manifest.Index);
                _manifest = null;
                _isApart = false;
                DurableCount++;
                LastFault = SnapshotFault.None;
                DiscardInbox();
                return true;
            default:
                return (_reader is not null ? TryReadSlice() : TryCommit()) || isMoving;
        }
    }

    /// <summary>A request for a snapshot's file came back.</summary>
    /// <param name="request">The request.</param>
    public void Complete(DiskRequest request)
    {
        if (Inbox.Owns(request))
        {
            Inbox.Complete(request);
        }
        else if (Outbox.Owns(request))
        {
            Outbox.Complete(request);
        }
        else
        {
            _store.Complete(request);
        }
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose()
    {
        Inbox.Dispose();
        Outbox.Dispose();
    }

    private static SnapshotManifest? NewestOf(SnapshotManifest? left, SnapshotManifest? right) =>
        right is null || (left is not null && left.Index > right.Index) ? left : right;

    private static SnapshotFault FitOf(SnapshotManifest manifest, UInt128 clusterId, ChainLookup chain)
    {
        if (manifest.Header.ClusterId != clusterId)
        {
            return SnapshotFault.OtherCluster;
        }

        var inLog = chain(manifest.Index);
        return inLog is null || inLog.Value == manifest.Header.ChainHash
            ? SnapshotFault.None
            : SnapshotFault.ChainHash;
    }

    private List<SnapshotManifest> Candidates()
    {
        var candidates = new List<SnapshotManifest>(_store.List);
        if (Inbox.Whole is { } received)
        {
            var at = candidates.FindIndex(manifest => manifest.Index < received.Index);
            candidates.Insert(at < 0 ? candidates.Count : at, received);
        }

        return candidates;
    }

    private void SetAside(SnapshotManifest manifest, bool isInbox)
    {
        if (isInbox)
        {
            Inbox.Discard();
        }
        else
        {
            _store.SetAside(manifest);
        }
    }

    private SnapshotFault Restore(SnapshotManifest manifest, bool isInbox)
    {
        var records = new CheckedRecords(_machine.BeginRestore());
        var fault = isInbox ? Inbox.LoadNow(records) : _store.Load(manifest, records);
        fault = records.End(manifest, fault);
        return fault == SnapshotFault.None ? PositionOf(_machine, manifest) : fault;
    }

    internal static SnapshotFault PositionOf(IStateMachine machine, SnapshotManifest manifest) =>
        machine.AppliedIndex == manifest.Index
            && machine.EventChainHash == manifest.Header.EventChainHash
            && machine.StateHash == manifest.Header.StateHash
                ? SnapshotFault.None
                : SnapshotFault.Position;

    // A restored machine takes all its records for changed; the store has them.
    private void ForgetChanges()
    {
        if (_isApart)
        {
            return;
        }

        var reader = _machine.BeginSnapshot(SnapshotScope.Changed);
        var buffer = new OutputBuffer(_options.SliceBytes * 2);
        do
        {
            buffer.Clear();
            reader.Read(buffer, _options.SliceBytes);
        }
        while (buffer.Length > 0);
    }

    private bool TryReadSlice()
    {
        var buffer = _store.Rent();
        if (buffer is null)
        {
            return false;
        }

        _reader!.Read(buffer, _options.SliceBytes);
        var isEnd = buffer.Length == 0;
        _store.Put(buffer);
        if (isEnd)
        {
            _reader = null;
            TryCommit();
        }

        return true;
    }

    private bool TryCommit()
    {
        if (_isCommitting || EventsDurable < _manifest!.Index)
        {
            return false;
        }

        _isCommitting = true;
        _store.Commit(_manifest);
        return true;
    }

    private void EndCut()
    {
        _reader?.End();
        _reader = null;
    }

    private void DiscardInbox()
    {
        if (Inbox.Whole is { } received && received.Index <= _store.List[0].Index)
        {
            Inbox.Discard();
        }
    }

    private SnapshotManifest ManifestOf(in SnapshotCut cut, ISnapshotReader reader) => SnapshotManifest.Create(
        new SnapshotHeader
        {
            Epoch = cut.Last.Epoch,
            BehaviourVersion = cut.BehaviourVersion,
            ClusterId = cut.Last.ClusterId,
            Index = cut.Last.Index,
            Term = cut.Last.Term,
            Timestamp = cut.Last.Timestamp,
            StateHash = _machine.StateHash,
            EventChainHash = _machine.EventChainHash,
            RecordCount = reader.RecordCount,
            Length = reader.StreamLength,
            ConfigurationIndex = cut.ConfigurationIndex,
            ChainHash = cut.Last.ChainHash,
        },
        cut.Configuration.Span);
}
