using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// The durable memory of a member: entries, terms and votes, in one order. What is given to it while a write is under
/// way goes out together with the next one: the device's own time makes the groups, there is no timer. One thread.
/// <para>Duties of the caller: (1) <see cref="Open"/> or <see cref="Format"/> first, then <see cref="Submit"/> and
/// <see cref="TryComplete"/> until <see cref="Phase"/> is open; (2) every completed request of the disk is offered to
/// <see cref="TryComplete"/>; (3) nothing is said to anyone that rests on a ticket above <see cref="DurableTicket"/>;
/// (4) <see cref="Submit"/> ends each step in which something was given; (5) <see cref="Tick"/> is called when
/// <see cref="NextDeadline"/> has passed; (6) a log that failed or is stalled is a failed node; (7) tickets never
/// fall.</para>
/// <para>Contract of the log: (1) operations become durable in the order in which they were given; (2) what
/// <see cref="DurableTicket"/> covers survives a crash at any moment; (3) after a failure nothing is taken and nothing
/// becomes durable any more, so no index and term is ever used again for other content.</para>
/// </summary>
public sealed class WriteAheadLog : IDisposable
{
    private readonly GroupQueue _queue;
    private readonly GroupWriter _writer;
    private readonly WalOptions _options;
    private readonly LogMap _map;
    private readonly List<LogReader> _readers = [];
    private readonly ChainHasher _hasher = new();

    // After the last operation given; the writer knows what of it was issued and what is durable.
    private LogState _given;
    private ulong _ticket;
    private ulong _releaseFloor;
    private ulong _repairNext;
    private ChainHash _repairChain;

    private readonly bool _isReadOnly;

    private WriteAheadLog(
        IDisk disk, WalOptions options, in WalIdentity identity, Recovery recovery, bool isNew, bool isReadOnly = false)
    {
        _isReadOnly = isReadOnly;
        Disk = disk;
        _options = options;
        Identity = identity;
        _map = recovery.Replay.Map;
        _given = recovery.Replay.State;
        _queue = new GroupQueue(disk, options, identity.Salt);
        _writer = new GroupWriter(disk, options, in identity, recovery, _queue, isNew);

        // The superblock may know of a later term or vote than the log: the group that opens the log says it again.
        if (recovery.HardState != _given.HardState)
        {
            _given.Take(recovery.HardState);
            _queue.Filling.AddHardState(recovery.HardState);
        }
    }

    /// <summary>Whose it is.</summary>
    public WalIdentity Identity { get; }

    /// <summary>Where the log stands.</summary>
    public WalPhase Phase => _writer.Phase;

    /// <summary>Why it has failed.</summary>
    public WalFailure Failure => _writer.Failure;

    /// <summary>All operations up to this ticket are durable.</summary>
    public ulong DurableTicket => _writer.DurableTicket;

    /// <summary>The first entry that can be read; above <see cref="DurableIndex"/> where there is none.</summary>
    public ulong FirstIndex => _map.First;

    /// <summary>The last durable entry.</summary>
    public ulong DurableIndex => _map.Last;

    /// <summary>The last entry given.</summary>
    public ulong LastIndex => _given.LastIndex;

    /// <summary>Its term, known also where the entry is damaged: every group says what was so before it.</summary>
    public ulong LastTerm => _given.LastTerm;

    /// <summary>The last hard state given; at first the latest that the disk knows of.</summary>
    public WalHardState LastHardState => _given.HardState;

    /// <summary>The durable hard state.</summary>
    public WalHardState HardState => _writer.Durable.HardState;

    /// <summary>Damaged entries; see <see cref="Repair"/>.</summary>
    public IReadOnlyList<WalFault> Faults => _map.Faults;

    /// <summary>A write has been under way for longer than a disk that works takes.</summary>
    public bool IsStalled => _writer.IsStalled;

    /// <summary>There is no room for another segment; what is at hand is still used.</summary>
    public bool IsFull => _writer.Keeper.IsFull;

    /// <summary>Whether something is on its way to the disk.</summary>
    public bool IsBusy => _writer.IsBusy || !_queue.IsEmpty;

    /// <summary>Segments that hold entries.</summary>
    public int SegmentCount => _writer.Segments.Count;

    /// <summary>When <see cref="Tick"/> is to be called; the greatest number for never.</summary>
    public long NextDeadline => _writer.NextDeadline;

    internal LogMap Map => _map;

    internal WalOptions Options => _options;

    internal IDisk Disk { get; }

    /// <summary>Makes a log on a disk that holds none.</summary>
    /// <param name="disk">A blank disk.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="identity">Whose log it is; the incarnation is new and not zero.</param>
    /// <param name="epoch">The cluster's epoch.</param>
    /// <param name="log">The log, opening.</param>
    /// <returns>Why not.</returns>
    public static WalOpenError Format(
        IDisk disk, WalOptions options, in WalIdentity identity, ushort epoch, out WriteAheadLog? log)
    {
        options.Validate();
        Invariant.Check(identity.Incarnation != 0);
        log = null;
        using var recovery = new Recovery(disk, options, progress: null);
        if (recovery.Run() != WalOpenError.Blank)
        {
            return WalOpenError.NotBlank;
        }

        recovery.Format(epoch);
        log = new WriteAheadLog(disk, options, in identity, recovery, isNew: true);
        return WalOpenError.None;
    }

    /// <summary>Opens the log that a disk holds.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="progress">Is told how far it has come; may be missing.</param>
    /// <param name="log">The log, opening.</param>
    /// <param name="report">What was found.</param>
    /// <returns>Why not. The disk is then as it was.</returns>
    public static WalOpenError Open(
        IDisk disk, WalOptions options, IWalProgress? progress, out WriteAheadLog? log, out WalReport? report) =>
        OpenAs(disk, options, progress, isReadOnly: false, out log, out report);

    /// <summary>
    /// Opens the log that a disk holds for readers alone: nothing is ever written, so its phase stays that of opening
    /// and it takes nothing. A torn tail is read over, not replaced.
    /// </summary>
    /// <param name="disk">The disk; is asked to read only.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="progress">Is told how far it has come; may be missing.</param>
    /// <param name="log">The log.</param>
    /// <param name="report">What was found.</param>
    /// <returns>Why not.</returns>
    public static WalOpenError OpenToRead(
        IDisk disk, WalOptions options, IWalProgress? progress, out WriteAheadLog? log, out WalReport? report) =>
        OpenAs(disk, options, progress, isReadOnly: true, out log, out report);

    private static WalOpenError OpenAs(
        IDisk disk,
        WalOptions options,
        IWalProgress? progress,
        bool isReadOnly,
        out WriteAheadLog? log,
        out WalReport? report)
    {
        options.Validate();
        log = null;
        report = null;
        using var recovery = new Recovery(disk, options, progress);
        var error = recovery.Run();
        if (error != WalOpenError.None)
        {
            return error;
        }

        report = recovery.ToReport();
        log = new WriteAheadLog(disk, options, recovery.Identity, recovery, isNew: false, isReadOnly);
        return WalOpenError.None;
    }

    /// <summary>Gives an entry to the log: the next one, of a term not lower than the last.</summary>
    /// <param name="ticket">By which it is known to be durable.</param>
    /// <param name="header">Its header, sealed.</param>
    /// <param name="payload">Its payload; copied.</param>
    /// <returns>Why not.</returns>
    public WalRefusal Append(ulong ticket, in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        var length = EntryCodec.HeaderSize + payload.Length;
        var refusal = RefusalOf(RecordKind.Entry, length);
        if (refusal != WalRefusal.None)
        {
            return refusal;
        }

        Invariant.Check((uint)payload.Length == header.PayloadLength);
        var group = _queue.For(RecordKind.Entry, length, in _given);
        _given.Append(in header);
        group.AddEntry(in header, payload);
        Ticket(group, ticket);
        return WalRefusal.None;
    }

    /// <summary>Whether an entry would be taken now.</summary>
    /// <param name="payloadLength">Bytes of its payload.</param>
    /// <returns>Why not.</returns>
    public WalRefusal CanAppend(int payloadLength) =>
        RefusalOf(RecordKind.Entry, EntryCodec.HeaderSize + payloadLength);

    /// <summary>Remembers a term and a vote.</summary>
    /// <param name="ticket">By which it is known to be durable.</param>
    /// <param name="state">The state; it forgets nothing of the one before.</param>
    /// <returns>Why not.</returns>
    public WalRefusal SetHardState(ulong ticket, WalHardState state)
    {
        var refusal = RefusalOf(RecordKind.HardState, HardStateRecord.Size);
        if (refusal != WalRefusal.None)
        {
            return refusal;
        }

        Invariant.Check(_given.HardState.MayBecome(state));
        var group = _queue.For(RecordKind.HardState, HardStateRecord.Size, in _given);
        _given.Take(state);
        group.AddHardState(state);
        Ticket(group, ticket);
        return WalRefusal.None;
    }

    /// <summary>Takes the entries from an index on off the log.</summary>
    /// <param name="ticket">By which it is known to be durable.</param>
    /// <param name="from">The first that goes: one that is there, and not committed.</param>
    /// <param name="termBefore">Term of the entry before it.</param>
    /// <param name="chainBefore">Chain hash of the entry before it; zero where the caller does not know it.</param>
    /// <returns>Why not.</returns>
    public WalRefusal TruncateFrom(ulong ticket, ulong from, ulong termBefore, in ChainHash chainBefore)
    {
        var refusal = RefusalOf(RecordKind.Truncation, TruncationRecord.Size);
        if (refusal != WalRefusal.None)
        {
            return refusal;
        }

        var record = new TruncationRecord { From = from, TermBefore = termBefore, ChainBefore = chainBefore };
        var group = _queue.For(RecordKind.Truncation, TruncationRecord.Size, in _given);
        _given.Truncate(in record, _writer.Sequence + (ulong)_queue.Waiting + 1);
        group.AddTruncation(in record);
        _repairNext = 0;
        Ticket(group, ticket);
        return WalRefusal.None;
    }

    /// <summary>Drops all entries: the log goes on behind one that a snapshot holds.</summary>
    /// <param name="ticket">By which it is known to be durable.</param>
    /// <param name="index">The snapshot's index.</param>
    /// <param name="term">Term of that entry.</param>
    /// <param name="chain">Chain hash of that entry.</param>
    /// <returns>Why not.</returns>
    public WalRefusal Reset(ulong ticket, ulong index, ulong term, in ChainHash chain)
    {
        var refusal = RefusalOf(RecordKind.Reset, ResetRecord.Size);
        if (refusal != WalRefusal.None)
        {
            return refusal;
        }

        Invariant.Check(index >= _given.BaseIndex);
        var record = new ResetRecord { Index = index, Term = term, Chain = chain };
        var group = _queue.For(RecordKind.Reset, ResetRecord.Size, in _given);
        _given.Reset(in record, _writer.Sequence + (ulong)_queue.Waiting + 1);
        group.AddReset(in record);
        _repairNext = 0;
        Ticket(group, ticket);
        return WalRefusal.None;
    }

    /// <summary>
    /// Puts a peer's copy in the place of a damaged entry. Best from the end of a range to its beginning: the copy is
    /// then proved by <see cref="WalFault.LastChain"/>, and proves the chain hash of the entry before it. Where neither
    /// is known, only an entry that is known to be committed may be given.
    /// </summary>
    /// <param name="ticket">By which it is known to be durable.</param>
    /// <param name="header">The copy's header.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="chainBefore">Chain hash of the entry before it, as the peer says; zero where it does not.</param>
    /// <returns>Why not.</returns>
    public WalRefusal Repair(ulong ticket, in EntryHeader header, ReadOnlySpan<byte> payload, in ChainHash chainBefore)
    {
        var length = EntryCodec.HeaderSize + payload.Length;
        var refusal = RefusalOf(RecordKind.Repair, length);
        if (refusal != WalRefusal.None)
        {
            return refusal;
        }

        if (!TryFindRepair(header.Index, out var expected))
        {
            return WalRefusal.NotDamaged;
        }

        if (EntryCodec.CheckHeader(in header) != EntryError.None
            || EntryCodec.CheckPayload(in header, payload) != EntryError.None
            || (chainBefore != ChainHash.Genesis
                && EntryCodec.CheckChain(in header, payload, in chainBefore, _hasher) != EntryError.None)
            || (expected != ChainHash.Genesis && expected != header.ChainHash))
        {
            return WalRefusal.OtherEntry;
        }

        var group = _queue.For(RecordKind.Repair, length, in _given);
        group.AddRepair(in header, payload, in chainBefore);
        (_repairNext, _repairChain) = (header.Index - 1, chainBefore);
        Ticket(group, ticket);
        return WalRefusal.None;
    }

    /// <summary>Entries up to here are in a snapshot: segments that no reader needs either are used again.</summary>
    /// <param name="index">The snapshot's index.</param>
    public void Release(ulong index) => _releaseFloor = Math.Max(_releaseFloor, index);

    /// <summary>Room was made on the disk: tries again to make segments.</summary>
    public void TryAgain() => _writer.Keeper.TryAgain();

    /// <summary>
    /// Starts reading at an index, for a peer that is behind or for a replay. What it has not read is kept.
    /// </summary>
    /// <param name="index">The first entry to be read.</param>
    /// <param name="reader">The reader; to be closed.</param>
    /// <returns>False where there are as many as may be.</returns>
    public bool TryOpenReader(ulong index, out LogReader? reader)
    {
        reader = _readers.Count < _options.ReadersMax ? new LogReader(this, index) : null;
        if (reader is not null)
        {
            _readers.Add(reader);
        }

        return reader is not null;
    }

    /// <summary>Hands to the disk what can be handed to it.</summary>
    /// <param name="now">The time, nanoseconds.</param>
    public void Submit(long now)
    {
        if (_isReadOnly)
        {
            return;
        }

        ReleaseSegments();
        _writer.Pump(now, in _given);
    }

    /// <summary>Takes a completed request.</summary>
    /// <param name="request">Any request that came back.</param>
    /// <param name="now">The time, nanoseconds.</param>
    /// <returns>False where it is not one of this log.</returns>
    public bool TryComplete(DiskRequest request, long now)
    {
        for (var i = 0; i < _readers.Count; i++)
        {
            if (_readers[i].TryComplete(request))
            {
                Submit(now);
                return true;
            }
        }

        if (!_writer.TryComplete(request, _map, now))
        {
            return false;
        }

        Submit(now);
        return true;
    }

    /// <summary>Looks at the clock: seals the last group when nothing follows it, notices a disk that stalls.</summary>
    /// <param name="now">The time, nanoseconds.</param>
    public void Tick(long now)
    {
        if (!_isReadOnly)
        {
            _writer.Tick(now, in _given);
        }
    }

    /// <summary>Frees what the runtime does not by itself. The disk is the caller's.</summary>
    public void Dispose() => _hasher.Dispose();

    /// <summary>How far the groups in a segment are durable, bytes.</summary>
    internal long ReadableEnd(ulong segment) => _writer.ReadableEnd(segment);

    internal void Forget(LogReader reader) => _readers.Remove(reader);

    private WalRefusal RefusalOf(RecordKind kind, int length)
    {
        if (Phase != WalPhase.Open)
        {
            return Phase == WalPhase.Failed ? WalRefusal.Failed : WalRefusal.Opening;
        }

        if (length > _options.PayloadBytesMax + EntryCodec.HeaderSize)
        {
            return WalRefusal.TooLong;
        }

        if (!_queue.HasRoom(kind, length))
        {
            return WalRefusal.Full;
        }

        var reserve = kind is RecordKind.Entry or RecordKind.Repair ? _options.ReserveBytes : 0;
        if (_writer.HasPlace(_queue.BytesWith(kind, length) + reserve))
        {
            return WalRefusal.None;
        }

        return IsFull ? WalRefusal.NoSpace : WalRefusal.Full;
    }

    private void Ticket(GroupBuffer group, ulong ticket)
    {
        Invariant.Check(ticket >= _ticket);
        _ticket = ticket;
        group.Ticket = ticket;
    }

    // Of a repair that is not durable yet the next one below it takes its proof.
    private bool TryFindRepair(ulong index, out ChainHash expected)
    {
        expected = index == _repairNext ? _repairChain : ChainHash.Genesis;
        if (_queue.Filling.HasCut || !_map.IsFaulty(index))
        {
            return false;
        }

        for (var i = 0; i < _map.Faults.Count && expected == ChainHash.Genesis; i++)
        {
            if (_map.Faults[i].Last == index)
            {
                expected = _map.Faults[i].LastChain;
            }
        }

        return true;
    }

    // The oldest first, and none that a reader stands in or before.
    private void ReleaseSegments()
    {
        var floor = _releaseFloor;
        for (var i = 0; i < _readers.Count; i++)
        {
            floor = Math.Min(floor, _readers[i].Next - 1);
        }

        while (Phase == WalPhase.Open && _writer.Segments.Count > 1)
        {
            var oldest = _writer.Segments[0];
            if (_map.HighestIn(oldest) > floor || IsRead(oldest))
            {
                return;
            }

            _map.Release(oldest);
            _writer.ReleaseOldest();
        }
    }

    private bool IsRead(ulong segment)
    {
        for (var i = 0; i < _readers.Count; i++)
        {
            if (_readers[i].IsReading(segment))
            {
                return true;
            }
        }

        return false;
    }
}
