using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// One member: consensus, its log, its snapshots and the state machine, tied together. The only way an entry is
/// applied; host and simulator run it unchanged.
/// <para>Duties of the caller: (1) one thread; (2) after any inputs <see cref="Run"/>, with <see cref="Tick"/> before
/// it where time has passed, and again while it answers true; (3) every request of the disk that is done goes to
/// <see cref="Complete"/>, with its own outcome; (4) where <see cref="Phase"/> is failed, the process ends; (5) what
/// goes to <see cref="Receive"/> went through <see cref="PeerMessageCodec"/>.</para>
/// </summary>
public sealed class Replica : IDisposable
{
    private readonly ReplicaOptions _options;
    private readonly ReplicaIdentity _identity;
    private readonly IStateMachine _machine;
    private readonly Func<IStateMachine, uint> _behaviourVersion;
    private readonly IReplicaOutput _output;
    private readonly ChainHasher _hasher = new();
    private readonly OutputBuffer _events = new(64 << 10);
    private readonly OutputBuffer _results = new(64 << 10);
    private readonly List<ReadState> _reads = [];
    private readonly WriteAheadLog _log;
    private readonly SnapshotPipeline _snapshots;
    private readonly SnapshotTraffic _traffic;
    private readonly CatchUpReads _catchUp;
    private readonly WriteBacklog _backlog;
    private readonly RaftNode _node;
    private readonly Recovery _recovery;
    private LogReader? _replay;
    private SnapshotPoint? _cut;
    private ulong _configurationIndex;
    private ulong _durableSnapshots;
    private ulong _reportedTicket;
    private ulong _trimmed;
    private long _now;
    private long _clock;
    private EntryHeader _applied;
    private bool _isInstalling;
    private bool _isSnapshotAsked;

    private Replica(
        ReplicaOptions options,
        ReplicaIdentity identity,
        WriteAheadLog log,
        WalReport? report,
        SnapshotPipeline snapshots,
        SnapshotManifest? loaded,
        IStateMachine machine,
        Func<IStateMachine, uint> behaviourVersion,
        IReplicaOutput output)
    {
        _options = options;
        _identity = identity;
        _log = log;
        _snapshots = snapshots;
        _machine = machine;
        _behaviourVersion = behaviourVersion;
        _output = output;
        _traffic = new SnapshotTraffic(snapshots, log, options.SnapshotHoldNanos);
        _catchUp = new CatchUpReads(log);
        _backlog = new WriteBacklog(log);
        var snapshot = loaded is null ? RaftStart.Founded(identity.Founders) : SnapshotTraffic.PointOf(loaded);
        _configurationIndex = loaded?.Header.ConfigurationIndex ?? 0;
        _durableSnapshots = snapshots.DurableCount;
        AppliedIndex = machine.AppliedIndex;

        // What recovery found, not what the log calls durable: the superblock may know of a later term or vote, and the
        // group in which the log says it again is still under way.
        var hard = report?.HardState ?? log.HardState;
        _backlog.Epoch = Math.Max(hard.Epoch, Math.Max(snapshot.Point.Epoch, (ushort)1));
        _node = new RaftNode(
            options.Raft,
            new RaftStart
            {
                ClusterId = identity.ClusterId,
                Epoch = _backlog.Epoch,
                Self = identity.Self,
                HardState = new HardState
                {
                    Term = hard.Term,
                    VotedFor = MemberBits.To(hard.VotedFor),
                    CommitIndex = hard.CommitIndex,
                    VoteFloorTerm = hard.VoteFloorTerm,
                    VoteFloorIndex = hard.VoteFloorIndex,
                },
                Snapshot = snapshot,

                // Each opening of the log writes a group, so its number rises from start to start.
                StartNumber = (uint)(report?.Sequence ?? 0),
            },
            _hasher);
        _recovery = new Recovery(_node, log, _hasher, snapshot);
    }

    /// <summary>What it does at the moment.</summary>
    public ReplicaPhase Phase { get; private set; }

    /// <summary>Why it has to end.</summary>
    public ReplicaFailure Failure { get; private set; }

    /// <summary>Consensus, for operators and for tests: to look at.</summary>
    public RaftNode Node => _node;

    /// <summary>The log, to look at.</summary>
    public WriteAheadLog Log => _log;

    /// <summary>The snapshots, to look at.</summary>
    public SnapshotPipeline Snapshots => _snapshots;

    /// <summary>The last entry in the state; while a snapshot is put in its place, the last one before.</summary>
    public ulong AppliedIndex { get; private set; }

    /// <summary>Whether a snapshot of a peer is taking the place of the state: there is nothing to read then.</summary>
    public bool IsInstalling => _isInstalling;

    /// <summary>Entries that the recovery has read so far.</summary>
    public ulong RecoveredEntries => _recovery.Count;

    /// <summary>
    /// Opens what a disk holds, or formats a blank one. Reads the newest snapshot at once; the log behind it is read
    /// turn by turn.
    /// </summary>
    /// <param name="options">The tunables.</param>
    /// <param name="identity">Whose it is.</param>
    /// <param name="disk">Its disk, nothing submitted yet.</param>
    /// <param name="store">Its snapshots.</param>
    /// <param name="machine">Makes a machine at genesis.</param>
    /// <param name="behaviourVersion">Tells the behaviour version that a machine has in force.</param>
    /// <param name="output">Hears what it does.</param>
    /// <param name="error">Why not.</param>
    /// <returns>The replica; null where the disk cannot be opened.</returns>
    public static Replica? Open(
        ReplicaOptions options,
        ReplicaIdentity identity,
        IDisk disk,
        ISnapshotStore store,
        Func<IStateMachine> machine,
        Func<IStateMachine, uint> behaviourVersion,
        IReplicaOutput output,
        out WalOpenError error)
    {
        options.Validate();
        error = WriteAheadLog.Open(disk, options.Wal, progress: null, out var log, out var report);
        if (error == WalOpenError.Blank)
        {
            var wal = new WalIdentity(
                identity.ClusterId, identity.Self.Number, identity.Self.Incarnation, identity.Salt);
            error = WriteAheadLog.Format(disk, options.Wal, in wal, epoch: 1, out log);
        }

        if (log is null)
        {
            return null;
        }

        var fresh = machine();
        var snapshots = new SnapshotPipeline(fresh, store, disk, options.Snapshots);
        var load = snapshots.Load(identity.ClusterId, static _ => null);
        if (!load.IsMachineUsable)
        {
            fresh = machine();
            snapshots.Replace(fresh);
        }

        var replica = new Replica(
            options, identity, log, report, snapshots, load.Manifest, fresh, behaviourVersion, output);
        replica.CheckIdentity();
        return replica;
    }

    /// <summary>Time has passed.</summary>
    /// <param name="now">Monotonic time, nanoseconds.</param>
    /// <param name="clock">The wall clock, nanoseconds since 1970.</param>
    public void Tick(long now, long clock)
    {
        _now = now;
        _clock = clock;
        _log.Tick(now);
        if (Phase == ReplicaPhase.Running)
        {
            _node.Tick(now, clock);
        }
    }

    /// <summary>A message came.</summary>
    /// <param name="message">A checked envelope.</param>
    /// <param name="body">Its checked body; not kept.</param>
    public void Receive(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        if (Phase == ReplicaPhase.Running)
        {
            _node.Step(in message, body);
        }
    }

    /// <summary>A request of the disk is done.</summary>
    /// <param name="request">The request, with its outcome.</param>
    public void Complete(DiskRequest request)
    {
        if (request.File.Kind == FileKind.Snapshot)
        {
            _snapshots.Complete(request);
            return;
        }

        var isLogs = _log.TryComplete(request, _now);
        Invariant.Check(isLogs);
    }

    /// <summary>Appends commands to the log, if this member leads.</summary>
    /// <param name="payload">The commands; copied.</param>
    /// <param name="commandCount">How many.</param>
    /// <param name="index">The entry's index.</param>
    /// <returns>None, or why not.</returns>
    public Refusal Propose(ReadOnlySpan<byte> payload, uint commandCount, out ulong index)
    {
        index = 0;
        return Phase == ReplicaPhase.Running ? _node.Propose(payload, commandCount, out index) : Refusal.Faulty;
    }

    /// <summary>Asks for a read that sees everything committed before now; answered by the output.</summary>
    /// <param name="context">Comes back with the answer.</param>
    /// <returns>None, or why there will be no answer.</returns>
    public Refusal RequestRead(ulong context) =>
        Phase == ReplicaPhase.Running ? _node.RequestRead(context) : Refusal.Faulty;

    /// <summary>
    /// Has a snapshot taken of the state as it is, beside those that are due; after the next entry where none was
    /// applied since the start.
    /// </summary>
    public void RequestSnapshot() => _isSnapshotAsked = true;

    /// <summary>Whether the lease still held when the clock was last told.</summary>
    /// <returns>True where a read made under it may be answered.</returns>
    public bool ConfirmLease() => _node.ConfirmLease();

    /// <summary>Does what there is to do.</summary>
    /// <returns>True where there is more: run again, without waiting for an input.</returns>
    public bool Run()
    {
        if (Phase == ReplicaPhase.Running)
        {
            Report();
            Turn();
            var isMoving = Resume() | Apply();
            CutIfAsked();
            isMoving |= _snapshots.Step() | Install();
            isMoving |= _catchUp.Step(_node) | _traffic.Step(_node, _now);
            AfterSnapshot();
            ServeReads();
            if (isMoving)
            {
                Turn();
            }

            _log.Submit(_now);
            CheckHealth();
            return isMoving && Phase == ReplicaPhase.Running;
        }

        var recovered = _recovery.Count;
        if (Phase == ReplicaPhase.Recovering)
        {
            Recover();
        }

        _log.Submit(_now);
        CheckHealth();
        return _recovery.Count != recovered;
    }

    /// <summary>Frees what the runtime does not by itself. Disk and store are the caller's.</summary>
    public void Dispose()
    {
        _log.Dispose();
        _snapshots.Dispose();
        _hasher.Dispose();
    }

    private void CheckIdentity()
    {
        var own = _log.Identity;
        var isSame = own.ClusterId == _identity.ClusterId
            && own.NodeId == _identity.Self.Number
            && own.Incarnation == _identity.Self.Incarnation;
        if (!isSame)
        {
            Fail(ReplicaFailure.OtherIdentity);
        }
    }

    private void Recover()
    {
        if (_log.Phase != WalPhase.Open || !_recovery.Step(_options.ApplyEntriesMax))
        {
            return;
        }

        if (_recovery.Failure != ReplicaFailure.None)
        {
            Fail(_recovery.Failure);
            return;
        }

        _reportedTicket = _log.DurableTicket;
        Phase = ReplicaPhase.Running;
        _node.Start(_now, _clock);
    }

    // Behind damage that was repaired the log is read on.
    private bool Resume()
    {
        var isMoving = _recovery.Resume(_options.ApplyEntriesMax);
        if (_recovery.Failure != ReplicaFailure.None)
        {
            Fail(_recovery.Failure);
        }

        return isMoving;
    }

    private void Report()
    {
        if (_log.DurableTicket > _reportedTicket)
        {
            _reportedTicket = _log.DurableTicket;
            _node.Persisted(_reportedTicket);
        }

        _node.SetHeadroom(_log.IsFull);
    }

    private void Turn()
    {
        var ready = _node.Ready();
        foreach (ref readonly var message in ready.Messages)
        {
            _output.Send(in message.Header, message.Body.Span);
        }

        foreach (ref readonly var write in ready.Writes)
        {
            _backlog.Take(_node, in write);
        }

        foreach (ref readonly var read in ready.Reads)
        {
            _reads.Add(read);
        }

        foreach (ref readonly var read in ready.EntryReads)
        {
            _catchUp.Add(in read);
        }

        foreach (ref readonly var read in ready.SnapshotReads)
        {
            _traffic.Add(in read);
        }

        foreach (ref readonly var part in ready.SnapshotParts)
        {
            _traffic.Take(in part, _node.ReceivedPart.Span);
        }

        _node.Advance();
        _backlog.Flush();
    }

    private bool Apply()
    {
        var commit = _node.CommitIndex;
        for (var i = 0; i < _options.ApplyEntriesMax && !_isInstalling; i++)
        {
            var index = AppliedIndex + 1;
            if (index > commit || !TryGetEntry(index, out var header, out var payload))
            {
                return i > 0;
            }

            _events.Clear();
            _results.Clear();
            _machine.Apply(in header, payload, _events, _results);
            Invariant.Check(_machine.AppliedIndex == index);
            AppliedIndex = index;
            _applied = header;
            if (header.Kind == EntryKind.Configuration)
            {
                _configurationIndex = index;
            }

            _node.Applied(in header, payload, _machine.StateHash, _machine.EventChainHash, _machine.NextDeadline);
            _output.Applied(in header, payload, _events, _results);
            if (_snapshots.IsDue(index))
            {
                Cut(in header);
            }

            _snapshots.Step();
        }

        return !_isInstalling;
    }

    // From memory, where it is; after a restart, or far behind, from disk.
    private bool TryGetEntry(ulong index, out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        if (_node.TryGetEntry(index, out var entry))
        {
            CloseReplay();
            header = MemoryMarshal.Read<EntryHeader>(entry);
            payload = entry[EntryCodec.HeaderSize..];
            return true;
        }

        if (_replay is null)
        {
            var isOpen = _log.TryOpenReader(index, out _replay);
            Invariant.Check(isOpen);
        }
        else if (_replay.Next != index)
        {
            _replay.Seek(index);
        }

        var outcome = _replay!.Read(out header, out payload);
        if (outcome is not ReadOutcome.Entry and not ReadOutcome.Pending)
        {
            // A committed entry that this log held a moment ago. To wait would be to stand still without a word; the
            // next start finds the damage and repairs it from the others.
            Fail(outcome == ReadOutcome.Failed ? ReplicaFailure.Disk : ReplicaFailure.LogDecayed);
        }

        return outcome == ReadOutcome.Entry;
    }

    private void CloseReplay()
    {
        _replay?.Close();
        _replay = null;
    }

    private void Cut(in EntryHeader header)
    {
        if ((_node.Status.Faults & (RaftFaults.Quarantined | RaftFaults.Disputed)) != 0)
        {
            return;
        }

        if (_options.IsScrubbed && _machine.RecomputeStateHash() != _machine.StateHash)
        {
            _node.StateDamaged(_cut?.Point.Index ?? 0);
            return;
        }

        var point = _node.PointOfApplied(_machine.StateHash, _machine.EventChainHash);
        var configuration = new byte[point.Configuration.EncodedLength];
        point.Configuration.Encode(configuration);
        var cut = new SnapshotCut(header, _behaviourVersion(_machine), _configurationIndex, configuration);
        if (_snapshots.Begin(in cut))
        {
            _cut = point;
        }
    }

    private void CutIfAsked()
    {
        var isPossible = !_isInstalling && !_snapshots.IsBusy && _applied.Index == AppliedIndex && AppliedIndex > 0;
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

    private void AfterSnapshot()
    {
        if (_snapshots.DurableCount != _durableSnapshots)
        {
            _durableSnapshots = _snapshots.DurableCount;
            Invariant.Check(_cut is not null);
            _node.SnapshotTaken(_cut);
        }

        // A received snapshot that is not in the state yet is not the node's own: until then its log is what it has.
        var own = _node.SnapshotIndex;
        _log.Release(Math.Min(Math.Min(_snapshots.LogFloor, own), _traffic.HeldIndex));

        // The log lets go segment by segment, when nobody reads there any more.
        if (_log.FirstIndex > _trimmed && _log.FirstIndex <= own + 1)
        {
            _trimmed = _log.FirstIndex;
            _node.LogTrimmed(_trimmed);
        }
    }

    private bool Install()
    {
        var inbox = _snapshots.Inbox;
        if (!_isInstalling)
        {
            if (inbox.Whole is not { } whole || whole.Index <= _node.CommitIndex || inbox.Install.IsRunning)
            {
                return false;
            }

            CloseReplay();
            _snapshots.OnInstalled();
            _isInstalling = true;
            inbox.Install.Start(_machine, whole);
            return true;
        }

        if (inbox.Install.IsRunning)
        {
            return false;
        }

        if (!inbox.Install.IsDone)
        {
            Fail(ReplicaFailure.Install);
            return false;
        }

        _isInstalling = false;
        var manifest = inbox.Install.Manifest!;
        AppliedIndex = manifest.Index;
        _configurationIndex = manifest.Header.ConfigurationIndex;
        _node.SnapshotInstalled(SnapshotTraffic.PointOf(manifest));
        _output.Installed(manifest.Index);
        return true;
    }

    private void ServeReads()
    {
        // While the machine is being filled there is no state to read.
        var kept = 0;
        for (var i = 0; i < _reads.Count; i++)
        {
            var read = _reads[i];
            if (read.Refusal == Refusal.None && (_isInstalling || read.Index > AppliedIndex))
            {
                _reads[kept++] = read;
            }
            else
            {
                _output.Read(in read);
            }
        }

        _reads.RemoveRange(kept, _reads.Count - kept);
    }

    private void CheckHealth()
    {
        if (_log.Phase == WalPhase.Failed)
        {
            if (Phase == ReplicaPhase.Running)
            {
                _node.StorageFailed();
            }

            Fail(ReplicaFailure.Disk);
        }
        else if (Phase == ReplicaPhase.Running && (_node.Status.Faults & RaftFaults.Amnesiac) != 0)
        {
            Fail(ReplicaFailure.Amnesia);
        }
    }

    private void Fail(ReplicaFailure failure)
    {
        if (Phase != ReplicaPhase.Failed)
        {
            Failure = failure;
            Phase = ReplicaPhase.Failed;
        }
    }
}
