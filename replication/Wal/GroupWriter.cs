using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Writes groups, one at a time and one behind the other. A group that holds a hard state or begins a segment takes a
/// slot of the superblock along; it is durable when both are.
/// </summary>
internal sealed class GroupWriter
{
    private readonly IDisk _disk;
    private readonly WalOptions _options;
    private readonly WalIdentity _identity;
    private readonly GroupQueue _queue;
    private readonly SuperblockSlots _slots;
    private readonly DiskRequest _write = new() { Operation = DiskOperation.Write };
    private LogState _issued;
    private GroupBuffer? _writing;
    private GroupHeader _header;
    private Step _step;
    private ulong _checksum;
    private ulong _tailSegment;
    private long _tailOffset;
    private long _durableOffset;
    private bool _isWriting;
    private bool _isSealed;
    private long _now;
    private long _since;

    public GroupWriter(
        IDisk disk, WalOptions options, in WalIdentity identity, Recovery recovery, GroupQueue queue, bool isNew)
    {
        _disk = disk;
        _options = options;
        _identity = identity;
        _queue = queue;
        _slots = new SuperblockSlots(disk, in identity, recovery.Files);
        Keeper = new SegmentKeeper(disk, options, recovery.Files);
        Segments = recovery.Files.Segments;
        _step = isNew ? Step.Format : Step.Segment;
        _issued = Durable = recovery.Replay.State;
        Sequence = recovery.Replay.Sequence;
        _checksum = recovery.Replay.Checksum;
        _tailSegment = recovery.TailSegment;
        _tailOffset = _durableOffset = Segments.Count == 0 ? options.SegmentBytes : recovery.TailOffset;
    }

    /// <summary>What is still to be done before operations are taken.</summary>
    private enum Step : byte
    {
        /// <summary>The first superblock. Until it is there the disk is blank.</summary>
        Format,

        /// <summary>A segment with room.</summary>
        Segment,

        /// <summary>A group that takes the place of a torn tail, so that nothing of that is ever seen again.</summary>
        Group,

        /// <summary>A superblock that knows of that group.</summary>
        Superblock,

        /// <summary>Nothing.</summary>
        Open,
    }

    public SegmentKeeper Keeper { get; }

    /// <summary>Segments that hold groups, in order; the last one is written to.</summary>
    public List<ulong> Segments { get; }

    public WalPhase Phase { get; private set; }

    public WalFailure Failure { get; private set; }

    public ulong DurableTicket { get; private set; }

    public LogState Durable { get; private set; }

    /// <summary>The last group issued.</summary>
    public ulong Sequence { get; private set; }

    public bool IsStalled { get; private set; }

    public bool IsBusy => _isWriting || _slots.IsBusy;

    public long NextDeadline
    {
        get
        {
            if (Phase == WalPhase.Failed || (IsBusy && IsStalled))
            {
                return long.MaxValue;
            }

            if (IsBusy)
            {
                return _since + _options.StallAfter;
            }

            return _isSealed || Phase != WalPhase.Open ? long.MaxValue : _since + _options.SealAfter;
        }
    }

    /// <summary>Whether so many bytes find room: where the log stands, or in a segment that is ready.</summary>
    public bool HasPlace(int bytes) => bytes <= _options.SegmentBytes - _tailOffset || Keeper.Ready > 0;

    public long ReadableEnd(ulong segment) => segment == _tailSegment ? _durableOffset : _options.SegmentBytes;

    public void ReleaseOldest()
    {
        Invariant.Check(Segments.Count > 1);
        Keeper.Release(Segments[0]);
        Segments.RemoveAt(0);
    }

    public void Pump(long now, in LogState given)
    {
        _now = now;
        if (Phase == WalPhase.Failed)
        {
            return;
        }

        // Before the first superblock there is no segment: a disk that was half formatted is still blank.
        if (_step != Step.Format)
        {
            Keeper.Pump();
        }

        if (IsBusy)
        {
            return;
        }

        if (Phase == WalPhase.Opening)
        {
            Continue(in given);
        }
        else if (_queue.TryPeek(in given, out var group) && TryPlace(group!.Footprint, out var isSegmentBegun))
        {
            _queue.Take();
            Issue(group, isWithSuperblock: isSegmentBegun || group.HasHardState);
        }
    }

    public void Tick(long now, in LogState given)
    {
        Pump(now, in given);
        if (Phase == WalPhase.Failed)
        {
            return;
        }

        if (IsBusy)
        {
            IsStalled = now - _since >= _options.StallAfter;
            return;
        }

        // Never for the seal's sake: another segment, or the room that is kept for votes.
        var isRoom = Keeper.Ready > 0
            ? _tailOffset + IDisk.Sector <= _options.SegmentBytes
            : HasPlace(IDisk.Sector + _options.ReserveBytes);
        if (Phase == WalPhase.Open && !_isSealed && isRoom && _queue.IsEmpty && now - _since >= _options.SealAfter)
        {
            IssueBlank(in given);
        }
    }

    /// <summary>Takes a completed request.</summary>
    /// <returns>False where it is another's.</returns>
    public bool TryComplete(DiskRequest request, LogMap map, long now)
    {
        DiskError error;
        if (ReferenceEquals(request, _write))
        {
            Invariant.Check(_isWriting);
            _isWriting = false;
            error = request.Error;
        }
        else if (ReferenceEquals(request, _slots.Request))
        {
            error = _slots.Complete();
        }
        else if (ReferenceEquals(request, Keeper.Request))
        {
            error = Keeper.Complete();
            Check(error);
            return true;
        }
        else
        {
            return false;
        }

        Check(error);
        if (Phase != WalPhase.Failed && !IsBusy)
        {
            Settle(map, now);
        }

        return true;
    }

    // From here on nothing is taken, issued or acknowledged: what the disk holds of the group is not known, and a
    // second attempt may succeed on bytes that the first one has lost.
    private void Check(DiskError error)
    {
        if (error == DiskError.None || Phase == WalPhase.Failed)
        {
            return;
        }

        Phase = WalPhase.Failed;
        Failure = error switch
        {
            DiskError.NoSpace => WalFailure.NoSpace,
            DiskError.Short => WalFailure.Short,
            DiskError.Name => WalFailure.Name,
            _ => WalFailure.Device,
        };
    }

    private void Continue(in LogState given)
    {
        if (!_slots.Prepare())
        {
            _since = _now;
            return;
        }

        switch (_step)
        {
            case Step.Format:
                _slots.Write(given.HardState, sequence: 0);
                _since = _now;
                break;
            case Step.Segment when _queue.TryPeek(in given, out var group):
                if (TryPlace(group!.Footprint, out _))
                {
                    _queue.Take();
                    _step = Step.Group;
                    Issue(group, isWithSuperblock: false);
                }

                break;
            case Step.Segment when TryPlace(IDisk.Sector, out _):
                _step = Step.Group;
                IssueBlank(in given);
                break;
            case Step.Superblock:
                _slots.Write(given.HardState, Sequence);
                _since = _now;
                break;
            default:
                break;
        }
    }

    private bool TryPlace(int bytes, out bool isSegmentBegun)
    {
        isSegmentBegun = false;
        if (bytes <= _options.SegmentBytes - _tailOffset)
        {
            return true;
        }

        if (!Keeper.TryTake(out var segment))
        {
            return false;
        }

        isSegmentBegun = true;
        Segments.Add(segment);
        _tailSegment = segment;
        _tailOffset = 0;
        _durableOffset = 0;
        return true;
    }

    private void IssueBlank(in LogState given)
    {
        _queue.Blank.After = given;
        Issue(_queue.Blank, isWithSuperblock: false);
    }

    private void Issue(GroupBuffer group, bool isWithSuperblock)
    {
        var durable = Sequence;
        Sequence++;
        _header = new GroupHeader
        {
            Segment = _tailSegment,
            Offset = (ulong)_tailOffset,
            Sequence = Sequence,
            PreviousChecksum = _checksum,
            Before = _issued,
        };
        _write.File = new FileId(FileKind.Segment, _tailSegment);
        _write.Offset = _tailOffset;
        _write.Buffer = group.Seal(in _identity, ref _header);
        _write.Error = DiskError.None;
        Invariant.Check(!group.HasCut || group.After.CutSequence == Sequence);
        _checksum = _header.Checksum;
        _issued = group.After;
        _tailOffset += group.Footprint;
        _writing = group;
        _isWriting = true;
        _since = _now;
        _disk.Submit(_write);
        if (isWithSuperblock)
        {
            _slots.Write(group.After.HardState, durable);
        }
    }

    /// <summary>What was under way is durable.</summary>
    private void Settle(LogMap map, long now)
    {
        IsStalled = false;
        _since = now;
        if (_writing is not null)
        {
            SettleGroup(_writing, map);
            _queue.Return(_writing);
            _writing = null;
        }

        if (Phase != WalPhase.Opening)
        {
            return;
        }

        // A slot that had to be made first does not count as a step.
        if (_slots.Request.Operation == DiskOperation.Write || _step == Step.Group)
        {
            _step++;
        }

        Phase = _step == Step.Open ? WalPhase.Open : WalPhase.Opening;
    }

    private void SettleGroup(GroupBuffer group, LogMap map)
    {
        Durable = group.After;
        DurableTicket = Math.Max(DurableTicket, group.Ticket);
        _durableOffset = _tailOffset;
        _isSealed = group.IsEmpty;
        if (group.HasReset)
        {
            map.Reset(group.After.BaseIndex);
        }

        if (group.Truncation != 0)
        {
            map.Truncate(group.Truncation, group.TruncationChain);
        }

        for (var i = 0; i < group.RepairCount; i++)
        {
            var (index, chainBefore) = group.Repaired(i);
            if (map.IsFaulty(index))
            {
                map.Repair(index, chainBefore, _tailSegment, (long)_header.Offset);
            }
        }

        if (group.FirstIndex != 0)
        {
            map.Append(group.FirstIndex, group.LastIndex, _tailSegment, (long)_header.Offset, group.Footprint);
        }
    }
}
