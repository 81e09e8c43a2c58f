using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Journal;
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
    private readonly ReplicaMachine _parts;
    private readonly IReplicaOutput _output;
    private readonly ChainHasher _hasher = new();
    private readonly CommittedReads _reads;
    private readonly WriteAheadLog _log;
    private readonly SnapshotPipeline _snapshots;
    private readonly SnapshotTraffic _traffic;
    private readonly EventJournal _journal;
    private readonly Applier _applier;
    private readonly EventTraffic _eventTraffic;
    private readonly Checkpoints _checkpoints;
    private readonly CatchUpReads _catchUp;
    private readonly WriteBacklog _backlog;
    private readonly RaftNode _node;
    private readonly Recovery _recovery;
    private ulong _reportedTicket;
    private long _now;
    private long _clock;
    private bool _isForced;

    private Replica(
        ReplicaOptions options,
        ReplicaIdentity identity,
        WriteAheadLog log,
        WalReport? report,
        SnapshotPipeline snapshots,
        SnapshotManifest? loaded,
        EventJournal journal,
        IStateMachine machine,
        ReplicaMachine parts,
        IReplicaOutput output)
    {
        _options = options;
        _identity = identity;
        _log = log;
        _snapshots = snapshots;
        _machine = machine;
        _parts = parts;
        _journal = journal;
        _output = output;
        _traffic = new SnapshotTraffic(snapshots, log, options);
        _catchUp = new CatchUpReads(log);
        var snapshot = loaded is null ? RaftStart.Founded(identity.Founders) : SnapshotTraffic.PointOf(loaded);

        // What recovery found, not what the log calls durable: the superblock may know of a later term or vote, and the
        // group in which the log says it again is still under way.
        var hard = report?.HardState ?? log.HardState;
        _node = new RaftNode(
            options.Raft,
            new RaftStart
            {
                ClusterId = identity.ClusterId,
                Epoch = Math.Max(hard.Epoch, Math.Max(snapshot.Point.Epoch, (ushort)1)),
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
        _backlog = new WriteBacklog(log, _node);
        _recovery = new Recovery(_node, log, _hasher, snapshot);
        _reads = new CommittedReads(output);
        var keeper = new EventKeeper(journal);
        _eventTraffic = new EventTraffic(journal, _node, options.Raft);
        _checkpoints = new Checkpoints(parts, machine, snapshots, _traffic, journal, keeper, _node, log)
        {
            ConfigurationIndex = loaded?.Header.ConfigurationIndex ?? 0,
        };
        _applier = new Applier(options, machine, output, snapshots, _checkpoints, keeper, _node, log);
        snapshots.EventsDurable = journal.DurableIndex;
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

    /// <summary>The events of applied entries, to look at; readers ask <see cref="ReadEvents"/>.</summary>
    public EventJournal Journal => _journal;

    /// <summary>The last entry in the state; while a snapshot is put in its place, the last one before.</summary>
    public ulong AppliedIndex => _applier.AppliedIndex;

    /// <summary>Whether a snapshot of a peer is taking the place of the state: there is nothing to read then.</summary>
    public bool IsInstalling => _checkpoints.IsInstalling;

    /// <summary>Entries that the recovery has read so far.</summary>
    public ulong RecoveredEntries => _recovery.Count;

    /// <summary>The same, of a machine without drains.</summary>
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
        var parts = new ReplicaMachine { New = machine, BehaviourVersion = behaviourVersion };
        return Open(options, identity, disk, store, parts, output, out error);
    }

    /// <summary>
    /// Opens what a disk holds, or formats a blank one. Reads the newest snapshot at once; the log behind it is read
    /// turn by turn.
    /// </summary>
    /// <param name="options">The tunables.</param>
    /// <param name="identity">Whose it is.</param>
    /// <param name="disk">Its disk, nothing submitted yet.</param>
    /// <param name="store">Its snapshots.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="output">Hears what it does.</param>
    /// <param name="error">Why not.</param>
    /// <returns>The replica; null where the disk cannot be opened.</returns>
    public static Replica? Open(
        ReplicaOptions options,
        ReplicaIdentity identity,
        IDisk disk,
        ISnapshotStore store,
        ReplicaMachine machine,
        IReplicaOutput output,
        out WalOpenError error)
    {
        options.Validate();
        error = WriteAheadLog.Open(disk, options.Wal, progress: null, out var log, out var report);
        if (error == WalOpenError.Blank)
        {
            var wal = new WalIdentity(
                identity.ClusterId, identity.Self.Number, identity.Self.Incarnation, identity.Salt);
            error = WriteAheadLog.Format(disk, options.Wal, in wal, identity.Epoch, out log);
        }

        if (log is null)
        {
            return null;
        }

        var fresh = machine.New();
        var snapshots = new SnapshotPipeline(fresh, store, disk, options.Snapshots);
        var load = snapshots.Load(identity.ClusterId, static _ => null);
        if (!load.IsMachineUsable)
        {
            fresh = machine.New();
            snapshots.Replace(fresh);
        }

        var journal = new EventJournal(disk, options.Journal);
        journal.Recover(fresh.AppliedIndex, fresh.EventChainHash);
        var replica = new Replica(
            options,
            identity,
            log,
            report,
            snapshots,
            load.Manifest,
            journal,
            fresh,
            machine,
            output);
        replica.CheckIdentity();
        return replica;
    }

    /// <summary>
    /// Operators gave up the majority: this member goes on alone, in a new epoch, with what its log holds; entries that
    /// only the lost members had are lost. Once, on one member, before the first <see cref="Run"/>. Others are wiped
    /// and join it under new incarnations; one that comes back as it was is not heard.
    /// </summary>
    public void ForceRecovery()
    {
        Invariant.Check(Phase == ReplicaPhase.Recovering);
        Invariant.Check(_recovery.Count == 0);
        _isForced = true;
    }

    /// <summary>
    /// The state was found bad and is to be built anew from a peer's snapshot and the log, which is whole. Until then
    /// the member goes on to acknowledge and to vote.
    /// </summary>
    /// <returns>None, or why not.</returns>
    public Refusal Rebuild() => Phase == ReplicaPhase.Running ? _node.RequestRebuild() : Refusal.Faulty;

    /// <summary>Time has passed.</summary>
    /// <param name="now">Monotonic time, nanoseconds.</param>
    /// <param name="clock">The wall clock, nanoseconds since 1970.</param>
    public void Tick(long now, long clock)
    {
        _now = now;
        _clock = clock;
        _log.Tick(now);
        _backlog.LookForRoom(now, _options.FullRetryNanos);
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
        if (Phase != ReplicaPhase.Running)
        {
            return;
        }

        if (message.Kind is not (PeerMessageKind.EventQuery or PeerMessageKind.EventAnswer))
        {
            _node.Step(in message, body);
        }
        else if (_node.Side.IsForThis(in message))
        {
            _eventTraffic.Receive(in message, body, _now);
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

        if (request.File.Kind == FileKind.Journal)
        {
            _journal.Complete(request);
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

    /// <summary>Changes the members, if this one leads. A joint configuration leads there by itself.</summary>
    /// <param name="target">Whom there shall be.</param>
    /// <param name="index">The first entry of the change.</param>
    /// <returns>None, or why not.</returns>
    public Refusal ProposeConfiguration(Configuration target, out ulong index)
    {
        index = 0;
        return Phase == ReplicaPhase.Running ? _node.ProposeConfiguration(target, out index) : Refusal.Faulty;
    }

    /// <summary>Hands leadership over.</summary>
    /// <param name="target">To this voter.</param>
    /// <returns>None, or why not.</returns>
    public Refusal TransferLeadership(MemberId target) =>
        Phase == ReplicaPhase.Running ? _node.TransferLeadership(target) : Refusal.Faulty;

    /// <summary>Asks for a read that sees everything committed before now; answered by the output.</summary>
    /// <param name="context">Comes back with the answer.</param>
    /// <returns>None, or why there will be no answer.</returns>
    public Refusal RequestRead(ulong context) =>
        Phase == ReplicaPhase.Running ? _node.RequestRead(context) : Refusal.Faulty;

    /// <summary>
    /// Has a snapshot taken of the state as it is, beside those that are due; after the next entry where none was
    /// applied since the start.
    /// </summary>
    public void RequestSnapshot() => _applier.RequestSnapshot();

    /// <summary>Whether the lease still held when the clock was last told.</summary>
    /// <returns>True where a read made under it may be answered.</returns>
    public bool ConfirmLease() => _node.ConfirmLease();

    /// <summary>
    /// Reads the events of applied entries in order: each a <see cref="JournalRecordHeader"/>, events, and zeros up
    /// to a multiple of 8 bytes. Events that were told are the same after any crash.
    /// </summary>
    /// <param name="from">Log index of the first.</param>
    /// <param name="destination">Receives whole records.</param>
    /// <param name="read">What was read, or why nothing was.</param>
    public void ReadEvents(ulong from, Span<byte> destination, out JournalRead read)
    {
        if (_node.IsAside || Phase != ReplicaPhase.Running)
        {
            read = JournalRead.Of(JournalAnswer.Aside);
            return;
        }

        _journal.Read(from, destination, out read);
        if (read.Answer == JournalAnswer.Gap)
        {
            _eventTraffic.Look(from, _now);
        }
    }

    /// <summary>Begins to look for the place of a reader that knows a stream and a number.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="seq">The first event that the reader lacks.</param>
    /// <returns>The search, to be stepped after completions; good until the next <see cref="Run"/> at least.</returns>
    public EventSeek SeekEvents(UInt128 stream, ulong seq)
    {
        Invariant.Check(_parts.EventKeys is not null);
        return new EventSeek(_journal, _parts.EventKeys, stream, seq);
    }

    /// <summary>Where a reader that met a gap may find what it lacks.</summary>
    /// <param name="from">Log index of the first entry that it lacks.</param>
    /// <returns>A member whose journal reaches back to it; none where none is known, or not yet.</returns>
    public MemberId EventsHint(ulong from) => _eventTraffic.HintFor(from);

    /// <summary>Does what there is to do.</summary>
    /// <returns>True where there is more: run again, without waiting for an input.</returns>
    public bool Run()
    {
        if (Phase == ReplicaPhase.Running)
        {
            Report();
            Turn();
            var isMoving = Resume() | _applier.Step();
            _snapshots.EventsDurable = _journal.DurableIndex;
            isMoving |= _snapshots.Step() | Install();
            _checkpoints.Settle();
            isMoving |= _catchUp.Step(_node) | _traffic.Step(_node, _now) | _eventTraffic.Step(_now, _node.IsAside);
            _reads.Serve(AppliedIndex, _checkpoints.IsInstalling, _node.IsAside);
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

        if (_isForced)
        {
            if ((_node.Status.Faults & RaftFaults.LogDamaged) != 0)
            {
                Fail(ReplicaFailure.ForcedOnDamage);
                return;
            }

            _node.ForceRecovery((ushort)(_node.Epoch + 1));
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
            _backlog.Take(in write);
        }

        foreach (ref readonly var read in ready.Reads)
        {
            _reads.Add(in read);
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

    private bool Install()
    {
        var wasInstalling = _checkpoints.IsInstalling;
        var index = _checkpoints.Install(out var failure);
        if (failure != ReplicaFailure.None)
        {
            Fail(failure);
            return false;
        }

        if (index == 0)
        {
            return _checkpoints.IsInstalling != wasInstalling;
        }

        _applier.Restart();
        _output.Installed(index);
        return true;
    }

    private void CheckHealth()
    {
        if (_applier.Failure != ReplicaFailure.None)
        {
            Fail(_applier.Failure);
        }

        if (_journal.Fault != DiskError.None)
        {
            Fail(ReplicaFailure.Disk);
        }

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
