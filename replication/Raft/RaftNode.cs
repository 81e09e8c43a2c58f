using System.Buffers.Binary;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// One member's consensus, without a clock, a thread, a socket or a file: it is told what happened and says what to do.
/// Raft as in Ongaro's thesis, with pre-vote and check-quorum always on.
/// <para>A turn: any number of inputs, then <see cref="Ready"/>, do what it says, <see cref="Advance"/>. Before
/// <see cref="Start"/>: <see cref="Restore"/>, what the disk holds, in order; <see cref="RestoreDamaged"/> at the first
/// damage ends it.</para>
/// <para>Duties of the caller:</para>
/// <para>(1) One thread. <see cref="Tick"/> begins every turn in which time has passed; monotonic time never goes back.
/// Between <see cref="Ready"/> and <see cref="Advance"/> there is no input.</para>
/// <para>(2) <see cref="RaftReady.Writes"/> are done in the order given, across all turns.
/// <see cref="Persisted"/> says that a ticket and all before it are durable: through a loss of power, and never
/// before. Bytes to write are read before <see cref="Advance"/>.</para>
/// <para>(3) Messages may be sent at once, also before the writes; what depends on a write is held back inside. They
/// may be lost, come late, twice or in any order, but not changed: what is received went through
/// <see cref="PeerMessageCodec"/>. Bodies are read before <see cref="Advance"/>.</para>
/// <para>(4) Committed entries are applied in order, each once, and each is reported by <see cref="Applied"/>. Nobody
/// is told of an effect of an entry above <see cref="RaftReady.CommitIndex"/>.</para>
/// <para>(5) After a stop the node is made from what was durable: the latest term and vote, the log as the writes left
/// it, the latest snapshot. A damaged entry is said to be damaged, never left out. A disk that was lost, or is older
/// than what was reported durable, never comes back under the same incarnation.</para>
/// <para>(6) A read is served when its index is applied, and not at all where it was refused. Under a lease the clock
/// is told again after the read and <see cref="ConfirmLease"/> asked before the reply leaves.</para>
/// <para>(7) A write that fails is reported by <see cref="StorageFailed"/> and never tried again.</para>
/// <para>(8) A snapshot is stored as a whole and verified before <see cref="SnapshotTaken"/> or
/// <see cref="SnapshotInstalled"/>, and the log keeps what is behind it.</para>
/// </summary>
public sealed class RaftNode
{
    private readonly NodeState _state;
    private readonly ClockAgreement _clocks;
    private readonly Election _election;
    private readonly HashAgreement _hashes;
    private readonly SnapshotSender _sender;
    private readonly SnapshotReceiver _receiver;
    private readonly Leadership _leadership;
    private readonly Following _following;
    private readonly Reads _reads;
    private readonly Recall _recall;
    private readonly Repair _repair;
    private readonly Reconfiguration _changes;
    private readonly Transfer _transfer;
    private readonly Proposals _proposals;
    private readonly Dispatch _dispatch;
    private bool _isHandedOut;
    private bool _isForced;

    /// <summary>Makes a node; it does nothing before <see cref="Start"/>.</summary>
    /// <param name="options">The same on every member.</param>
    /// <param name="start">What the disk holds.</param>
    /// <param name="hasher">May be shared by nodes of one thread.</param>
    public RaftNode(RaftOptions options, RaftStart start, ChainHasher hasher)
    {
        options.Validate();
        Invariant.Check(!start.Self.IsNone);
        Invariant.Check(start.Self.Incarnation != 0);
        _state = new NodeState(options, start, hasher);
        _clocks = new ClockAgreement(_state);
        _election = new Election(_state, _clocks);
        _hashes = new HashAgreement(_state);
        _sender = new SnapshotSender(_state);
        _receiver = new SnapshotReceiver(_state);
        _leadership = new Leadership(_state, _clocks, _hashes, _sender);
        _repair = new Repair(_state);
        _following = new Following(_state, _repair, _clocks, _hashes);
        _reads = new Reads(_state, _leadership);
        _recall = new Recall(_state);
        _changes = new Reconfiguration(_state, _leadership);
        _transfer = new Transfer(_state, _reads);
        _proposals = new Proposals(_state, _leadership, _changes, _transfer);
        _dispatch = new Dispatch(
            _state, _election, _leadership, _following, _sender, _receiver, _reads, _recall, _repair, _hashes);
        Side = new SidePost(_state, _dispatch);
    }

    /// <summary>For what members tell each other beside consensus.</summary>
    internal SidePost Side { get; }

    /// <summary>The configuration in force.</summary>
    public Configuration Configuration => _state.Members.Current;

    /// <summary>Index of the newest snapshot that the node goes by; zero where it has none.</summary>
    public ulong SnapshotIndex => _state.Snapshot.Point.Index;

    /// <summary>Last entry of the log.</summary>
    public LogPoint Last => _state.Log.Last;

    /// <summary>
    /// Messages that were not for this node, by a reason that is counted: another cluster, a retired member.
    /// </summary>
    public ulong DroppedMessages => _dispatch.Dropped;

    /// <summary>Where the node stands.</summary>
    public RaftStatus Status => new()
    {
        Role = _state.Role,
        Term = _state.Hard.Term,
        Leader = _state.Leader,
        LastIndex = _state.Log.Last.Index,
        DurableIndex = _state.Marks.Index,
        CommitIndex = CommitIndex,
        AppliedIndex = _state.Applied.Index,
        ConfigurationIndex = _state.Members.CurrentIndex,
        LeaseUntil = _reads.LeaseUntil,
        TransferTarget = _transfer.Target,
        Faults = _state.Faults | (_state.Clock.IsStepped ? RaftFaults.ClockStepped : RaftFaults.None),
        LastEqualIndex = _hashes.LastEqualIndex,
        FirstDifferentIndex = _hashes.FirstDifferentIndex,
    };

    /// <summary>Everything up to here may be applied: committed, and whole on this node.</summary>
    public ulong CommitIndex => _state.CommitIndex;

    /// <summary>Received bytes of a <see cref="SnapshotPart"/>.</summary>
    public ReadOnlyMemory<byte> ReceivedPart => _receiver.Part;

    /// <summary>Bytes of a <see cref="LogWriteKind.Repair"/>.</summary>
    public ReadOnlyMemory<byte> RepairedBytes => _repair.Bytes;

    /// <summary>
    /// Whether the log on disk is to be read on, from behind <see cref="Last"/>: what was damaged was repaired. It ends
    /// with <see cref="RestoreDamaged"/> at the next damage, or with <see cref="RestoreEnded"/>.
    /// </summary>
    public bool CanRestore => _state.Role == RaftRole.Stopped ? !_state.HasRest : _repair.IsReadable;

    /// <summary>Takes back entries that the disk holds, in order of index.</summary>
    /// <param name="entries">Whole entries, one behind the other.</param>
    /// <exception cref="InvariantViolationException">They do not follow: the caller should have said
    /// damaged.</exception>
    public void Restore(ReadOnlySpan<byte> entries)
    {
        Invariant.Check(CanRestore);
        while (!entries.IsEmpty)
        {
            var isEntry = EntryCodec.TryRead(entries, out var header, out var payload, out _);
            Invariant.Check(isEntry);
            Invariant.Check(_state.Log.Follows(in header, payload));
            var entry = entries[..(EntryCodec.HeaderSize + payload.Length)];
            var isTaken = _state.Log.TryCopy(in header, entry, dispensable: ulong.MaxValue);
            Invariant.Check(isTaken);
            _state.Epoch = Math.Max(_state.Epoch, header.Epoch);
            if (header.Kind == EntryKind.Configuration)
            {
                var isConfiguration = Configuration.TryDecode(payload, out var members);
                Invariant.Check(isConfiguration);
                _state.Members.Append(members, header.Index);
            }

            entries = entries[entry.Length..];
        }

        if (_state.Role != RaftRole.Stopped)
        {
            _state.Marks.Restored(_state.Log.Last.Index);
        }
    }

    /// <summary>Entries that the disk held and that cannot be read any more. Nothing behind them is restored before
    /// they are repaired; see <see cref="CanRestore"/>.</summary>
    /// <param name="damage">Which.</param>
    public void RestoreDamaged(in LogDamage damage)
    {
        Invariant.Check(CanRestore);
        Invariant.Check(damage.First == _state.Log.Last.Index + 1);
        Invariant.Check(damage.Last >= damage.First);
        Invariant.Check(damage.EndIndex >= damage.Last);
        _repair.Begin(in damage);
    }

    /// <summary>After a repair, the log was read to its end.</summary>
    public void RestoreEnded()
    {
        CheckInput();
        Invariant.Check(CanRestore);
        Invariant.Check(_state.Log.Last.Index == _state.RestLast);
        _state.EndRest();
    }

    /// <summary>
    /// Operators gave up the majority: this node goes on alone, in a new epoch, with what it has. Entries that only the
    /// lost members had are lost. Before <see cref="Start"/>, and on one node only: the others join it anew.
    /// </summary>
    /// <param name="epoch">One above the last.</param>
    public void ForceRecovery(ushort epoch)
    {
        Invariant.Check(_state.Role == RaftRole.Stopped);
        Invariant.Check(epoch > _state.Epoch);
        Invariant.Check(!_state.Has(RaftFaults.LogDamaged));
        _state.Epoch = epoch;
        _isForced = true;
    }

    /// <summary>Begins.</summary>
    /// <param name="now">Monotonic time, nanoseconds.</param>
    /// <param name="clock">The wall clock, nanoseconds since 1970.</param>
    public void Start(long now, long clock)
    {
        Invariant.Check(_state.Role == RaftRole.Stopped);
        _state.Now = now;
        _state.Clock.Observe(now, clock);
        if (_isForced)
        {
            _state.ForgetLoss();
        }

        _state.Restored();
        if (_isForced)
        {
            _state.RaiseTerm(_state.Hard.Term + 1);
            var isAppended = _leadership.TryAppend(Configuration.OfVoters(_state.Self));
            Invariant.Check(isAppended);
        }

        _state.Become(RaftRole.Follower, MemberId.None);
        _election.Start();
        _recall.Begin();
    }

    /// <summary>Time has passed.</summary>
    /// <param name="now">Monotonic time, nanoseconds.</param>
    /// <param name="clock">The wall clock, nanoseconds since 1970.</param>
    public void Tick(long now, long clock)
    {
        CheckInput();
        Invariant.Check(now >= _state.Now);
        _state.Now = now;
        _state.Clock.Observe(now, clock);
        if (_state.Has(RaftFaults.DiskFailed | RaftFaults.Amnesiac))
        {
            return;
        }

        var isStalled = _state.Marks.TryOldest(out var since) && now - since > _state.Options.DiskStallNanos;
        _state.Set(RaftFaults.DiskStalled, isStalled);
        _recall.Tick();
        _repair.Tick();
        _transfer.Tick();
        if (_state.IsLeader && (!_leadership.Tick() || _election.IsBarred || _state.Has(RaftFaults.ClockOutside)))
        {
            _election.StepDown();
        }

        _election.Tick();
        BeginIfElected();
        _proposals.ProposeTime();
    }

    /// <summary>A message came.</summary>
    /// <param name="message">A checked envelope.</param>
    /// <param name="body">Its checked body; not kept.</param>
    public void Step(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        CheckInput();
        _dispatch.Step(in message, body);
        BeginIfElected();
    }

    /// <summary>Appends commands to the log, if this node leads.</summary>
    /// <param name="payload">The commands; copied.</param>
    /// <param name="commandCount">How many.</param>
    /// <param name="index">The entry's index; it is committed in <see cref="RaftStatus.Term"/> or never.</param>
    /// <returns>None, or why not.</returns>
    public Refusal Propose(ReadOnlySpan<byte> payload, uint commandCount, out ulong index)
    {
        CheckInput();
        return _proposals.Commands(payload, commandCount, out index);
    }

    /// <summary>Changes the members.</summary>
    /// <param name="target">Whom there shall be. A joint configuration leads there by itself.</param>
    /// <param name="index">The first entry of the change.</param>
    /// <returns>None, or why not.</returns>
    public Refusal ProposeConfiguration(Configuration target, out ulong index)
    {
        CheckInput();
        return _proposals.Members(target, out index);
    }

    /// <summary>An operator allows the clocks a larger step than <see cref="RaftOptions.ClockStepMaxNanos"/>.</summary>
    /// <param name="upTo">To this time, nanoseconds since 1970.</param>
    /// <param name="index">The entry's index.</param>
    /// <returns>None, or why not.</returns>
    public Refusal ProposeClockStep(long upTo, out ulong index)
    {
        CheckInput();
        return _proposals.ClockStep(upTo, out index);
    }

    /// <summary>Asks for a read that sees everything committed before now.</summary>
    /// <param name="context">Comes back in <see cref="ReadState"/>.</param>
    /// <returns>None, or why there will be no answer.</returns>
    public Refusal RequestRead(ulong context)
    {
        CheckInput();
        return _reads.Ask(context);
    }

    /// <summary>Whether the lease still held when the clock was last told: <see cref="Tick"/> first.</summary>
    /// <returns>True where a read made under it may be answered.</returns>
    public bool ConfirmLease() => _reads.HasLease;

    /// <summary>Hands leadership over.</summary>
    /// <param name="target">To this voter.</param>
    /// <returns>None, or why not.</returns>
    public Refusal TransferLeadership(MemberId target)
    {
        CheckInput();
        var refusal = _proposals.RefusalToLead();
        return refusal == Refusal.None ? _transfer.Begin(target) : refusal;
    }

    /// <summary>A write and all before it are durable.</summary>
    /// <param name="ticket">Its ticket.</param>
    public void Persisted(ulong ticket)
    {
        CheckInput();
        _state.Marks.Persisted(ticket);
        _state.CheckLoss();
        _election.OnPersisted();
        _following.OnPersisted();
        _repair.OnPersisted();
        _leadership.Count();
        BeginIfElected();
    }

    /// <summary>A write failed. The node is silent from here on; what the disk holds is unknown.</summary>
    public void StorageFailed()
    {
        CheckInput();
        _state.Set(RaftFaults.DiskFailed, true);
        _election.StepDown();
    }

    /// <summary>Whether the disk is so full that nothing more should be proposed.</summary>
    /// <param name="isLow">True refuses proposals.</param>
    public void SetHeadroom(bool isLow) => _state.IsHeadroomLow = isLow;

    /// <summary>An entry was applied.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="stateHash">The state machine's hash after it.</param>
    /// <param name="eventChainHash">The hash over all its events so far.</param>
    /// <param name="nextDeadline">When its next timer is due, log time.</param>
    public void Applied(
        in EntryHeader header,
        ReadOnlySpan<byte> payload,
        ulong stateHash,
        ulong eventChainHash,
        long nextDeadline)
    {
        CheckInput();
        Invariant.Check(header.Index == _state.Applied.Index + 1);
        Invariant.Check(header.Index <= CommitIndex);
        _state.Applied = LogPoint.Of(in header);
        _state.Members.Compact(header.Index);
        _proposals.NextDeadline = nextDeadline;
        _hashes.OnApplied(header.Index, stateHash, eventChainHash);
        if (header.Kind == EntryKind.Time
            && payload.Length == sizeof(long)
            && _state.Clock.Allow(BinaryPrimitives.ReadInt64LittleEndian(payload), _state.Now))
        {
            _clocks.Pause();
        }
    }

    /// <summary>What a snapshot of the state applied last needs beside it.</summary>
    /// <param name="stateHash">Its state hash.</param>
    /// <param name="eventChainHash">Its event-chain hash.</param>
    /// <returns>The point.</returns>
    public SnapshotPoint PointOfApplied(ulong stateHash, ulong eventChainHash) =>
        new(_state.Applied, _state.Members.At(_state.Applied.Index), stateHash, eventChainHash);

    /// <summary>A snapshot was stored.</summary>
    /// <param name="snapshot">Its point.</param>
    public void SnapshotTaken(SnapshotPoint snapshot)
    {
        CheckInput();
        Invariant.Check(snapshot.Point.Index <= _state.CommitIndex);
        if (snapshot.Point.Index > _state.Snapshot.Point.Index)
        {
            _state.Snapshot = snapshot;
        }
    }

    /// <summary>The log no longer holds what is below an index.</summary>
    /// <param name="first">
    /// The first entry that can still be read; not above the one behind the newest snapshot.
    /// </param>
    public void LogTrimmed(ulong first)
    {
        CheckInput();
        Invariant.Check(first <= _state.Snapshot.Point.Index + 1);
        _state.Log.Trim(first);
    }

    /// <summary>Older entries were read.</summary>
    /// <param name="request">As it was given out.</param>
    /// <param name="entries">Whole entries from its first on; empty where the log does not hold them any more.</param>
    public void EntriesRead(in EntryRead request, ReadOnlySpan<byte> entries)
    {
        CheckInput();
        if (request.Peer == _state.Self)
        {
            _following.OnEntryRead(entries);
        }
        else if (request.IsRepair)
        {
            _repair.OnRead(request.Peer, request.First, entries);
        }
        else
        {
            _leadership.OnEntriesRead(_state.Members.Known(request.Peer), request.First, entries);
        }
    }

    /// <summary>A part of a snapshot was read.</summary>
    /// <param name="request">As it was given out.</param>
    /// <param name="point">Of the snapshot it is from.</param>
    /// <param name="length">Bytes of the whole snapshot; zero where there is none.</param>
    /// <param name="bytes">The part.</param>
    public void SnapshotPartRead(in SnapshotRead request, in LogPoint point, ulong length, ReadOnlySpan<byte> bytes)
    {
        CheckInput();
        var peer = _state.Members.Known(request.Peer);
        if (length == 0 || bytes.IsEmpty)
        {
            _sender.OnUnavailable(peer);
        }
        else
        {
            _sender.OnPart(peer, in point, request.Offset, length, bytes);
        }
    }

    /// <summary>
    /// A part of a snapshot was stored; also said at its first part, of what was stored before a restart.
    /// </summary>
    /// <param name="index">Of the snapshot.</param>
    /// <param name="offset">Everything before it is stored.</param>
    public void SnapshotPartStored(ulong index, ulong offset)
    {
        CheckInput();
        _receiver.OnStored(index, offset);
    }

    /// <summary>A received snapshot was stored as a whole, verified, and is the state now.</summary>
    /// <param name="snapshot">Its point.</param>
    public void SnapshotInstalled(SnapshotPoint snapshot)
    {
        CheckInput();
        _receiver.Drop();
        if (snapshot.Point.Index > _state.Applied.Index || _state.IsRebuilding)
        {
            _state.Replace(snapshot);
            _hashes.Return();
            _following.OnPersisted();
        }
    }

    /// <summary>A received snapshot is bad. The leader sends another.</summary>
    /// <param name="index">Of the snapshot.</param>
    public void SnapshotRefused(ulong index)
    {
        CheckInput();
        _receiver.OnRefused(index);
    }

    /// <summary>The state's memory is damaged: a hash computed anew is another than the one carried along.</summary>
    /// <param name="lastGood">An index at which it was still good.</param>
    public void StateDamaged(ulong lastGood)
    {
        CheckInput();
        _hashes.StandAside(lastGood, new HashReport(_state.Applied.Index, 0, 0));
        if (_state.IsLeader)
        {
            _election.StepDown();
        }
    }

    /// <summary>Whether its state may not be the majority's: it neither serves nor is cut then.</summary>
    public bool IsAside => _state.Has(RaftFaults.Quarantined | RaftFaults.Disputed);

    /// <summary>Whether a snapshot was asked for to build a bad state anew.</summary>
    public bool IsRebuilding => _state.IsRebuilding;

    /// <summary>The cluster's epoch, as far as this node knows.</summary>
    public ushort Epoch => _state.Epoch;

    /// <summary>
    /// Asks the leader for a snapshot to build the state anew from; also one that is older than what was applied. The
    /// node goes on to acknowledge and to vote: its log is whole.
    /// </summary>
    /// <returns>None, or <see cref="Refusal.NotQuarantined"/>.</returns>
    public Refusal RequestRebuild()
    {
        CheckInput();
        return _state.TryAskForRebuild() ? Refusal.None : Refusal.NotQuarantined;
    }

    /// <summary>An entry that is still in memory.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="entry">The whole entry; valid until <see cref="Advance"/> or the next input.</param>
    /// <returns>False where it has to be read from the log.</returns>
    public bool TryGetEntry(ulong index, out ReadOnlySpan<byte> entry)
    {
        var isHere = _state.Log.Ring.Has(index);
        entry = isHere ? _state.Log.Ring.EntryAt(index) : default;
        return isHere;
    }

    /// <summary>Entries to write: those that lie one behind the other from an index on.</summary>
    /// <param name="first">The first.</param>
    /// <param name="last">The last of the write.</param>
    /// <param name="end">The last that is contained: call again behind it.</param>
    /// <returns>The bytes, valid until <see cref="Advance"/>.</returns>
    public ReadOnlyMemory<byte> EntryBytes(ulong first, ulong last, out ulong end) =>
        _state.Log.Ring.Run(first, last, int.MaxValue, out end);

    /// <summary>What is to be done now.</summary>
    /// <returns>The node's own; valid until <see cref="Advance"/>.</returns>
    public RaftReady Ready()
    {
        CheckInput();
        _isHandedOut = true;
        if (!_state.Has(RaftFaults.DiskFailed | RaftFaults.Amnesiac))
        {
            Flush();
        }

        _state.Ready.CommitIndex = CommitIndex;
        return _state.Ready;
    }

    /// <summary>It was done.</summary>
    public void Advance()
    {
        Invariant.Check(_isHandedOut);
        _isHandedOut = false;
        _state.Ready.Clear();
    }

    private void CheckInput()
    {
        Invariant.Check(!_isHandedOut);
        Invariant.Check(_state.Role != RaftRole.Stopped);
    }

    private void BeginIfElected()
    {
        if (!_election.IsElected)
        {
            return;
        }

        _election.BeginLeading();
        if (!_leadership.Begin())
        {
            _election.StepDown();
        }
    }

    private void Flush()
    {
        if (_state.IsLeader)
        {
            _changes.Proceed();
            _leadership.Count();
        }

        _state.Marks.WriteEntries(_state.Log.Last.Index, _state.Now);
        _reads.Flush();
        if (_state.IsLeader)
        {
            _hashes.Flush();
            _transfer.Flush();
            _leadership.Flush();
            if (_changes.IsLeaving)
            {
                // The last word of a leader that is no member any more: everybody was told that it is committed.
                _transfer.Bequeath();
                _election.StepDown();
            }
            else if (_state.Has(RaftFaults.Quarantined))
            {
                _election.StepDown();
            }
        }
        else
        {
            _following.Flush();
            _receiver.Flush();
        }

        _state.Out.Release();
    }
}
