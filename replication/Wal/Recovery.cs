using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Reads a disk into what a log goes on from. It rests on one fact: a group is written only after the one before is
/// durable. So what is bad before a valid header is damage, keeps its indexes and is repaired from peers; only what is
/// bad behind the last valid header was never acknowledged and is dropped as a torn tail.
/// </summary>
internal sealed class Recovery : IDisposable
{
    private readonly IDisk _disk;
    private readonly WalOptions _options;
    private readonly IWalProgress? _progress;
    private readonly List<WalFinding> _findings = [];
    private readonly RecoveredFiles _files;
    private readonly bool _isSizeWrong;
    private readonly GroupReplay _replay;
    private ulong _segment;
    private GroupHeader _pending;
    private SegmentImage _pendingImage = null!;
    private bool _hasPending;
    private bool _isPendingWhole;
    private SegmentImage _image = null!;
    private SegmentImage _other = null!;

    public Recovery(IDisk disk, WalOptions options, IWalProgress? progress)
    {
        _disk = disk;
        _options = options;
        _progress = progress;
        _replay = new GroupReplay(options, _findings);
        _files = RecoveredFiles.From(disk.List(), options.SegmentBytes, out _isSizeWrong);
    }

    public RecoveredFiles Files => _files;

    public WalIdentity Identity { get; private set; }

    public WalHardState HardState { get; private set; }

    public GroupReplay Replay => _replay;

    public IReadOnlyList<WalFinding> Findings => _findings;

    /// <summary>Where the next group goes.</summary>
    public ulong TailSegment { get; private set; }

    public long TailOffset { get; private set; }

    public WalReport ToReport()
    {
        var state = _replay.State;
        return new WalReport
        {
            Identity = Identity,
            HardState = HardState,
            FirstIndex = _replay.Map.First,
            LastIndex = state.LastIndex,
            LastTerm = state.LastTerm,
            LastChain = state.LastChain,
            BaseIndex = state.BaseIndex,
            BaseTerm = state.BaseTerm,
            BaseChain = state.BaseChain,
            Sequence = _replay.Sequence,
            Terms = _replay.Terms,
            Faults = [.. _replay.Map.Faults],
            Findings = _findings,
        };
    }

    /// <summary>What a blank disk begins with.</summary>
    public void Format(ushort epoch)
    {
        _replay.State.Epoch = epoch;
        HardState = _replay.State.HardState;
    }

    public void Dispose() => _replay.Dispose();

    /// <summary>Reads everything.</summary>
    public WalOpenError Run()
    {
        var error = ReadSuperblock(out var block);
        if (error != WalOpenError.None)
        {
            return error;
        }

        Identity = block.Identity;
        HardState = block.HardState;
        _files.Generation = block.Generation;
        if (_isSizeWrong)
        {
            return WalOpenError.SegmentSize;
        }

        if (_files.Segments.Count > 0)
        {
            _image = new SegmentImage(_disk, _options.SegmentBytes);
            _other = new SegmentImage(_disk, _options.SegmentBytes);
            ReadSegments();
        }

        return Conclude(in block);
    }

    private WalOpenError ReadSuperblock(out Superblock block)
    {
        block = default;
        var sector = _disk.Allocate(IDisk.Sector);
        var damaged = -1;
        for (var slot = 0; slot < 2; slot++)
        {
            if (_files.SlotLengths[slot] != IDisk.Sector)
            {
                damaged = _files.SlotLengths[slot] < 0 ? damaged : slot;
                continue;
            }

            var error = _disk.ReadNow(new FileId(FileKind.Superblock, (ulong)slot), 0, sector.Span);
            if (error != DiskError.None || !Superblock.TryRead(sector.Span, (ulong)slot, out var read))
            {
                // A slot of nothing but zeros was made and never written.
                damaged = error == DiskError.None && sector.Span.IndexOfAnyExcept((byte)0) < 0 ? damaged : slot;
                continue;
            }

            if (block.Generation != 0 && block.Identity != read.Identity)
            {
                return WalOpenError.SuperblockLost;
            }

            block = read.Generation > block.Generation ? read : block;
        }

        if (damaged >= 0)
        {
            var slot = new FileId(FileKind.Superblock, (ulong)damaged);
            _findings.Add(new WalFinding(WalFindingKind.SuperblockSlot, slot, 0, 0));
        }

        if (block.Generation != 0)
        {
            return WalOpenError.None;
        }

        return _files.Segments.Count == 0 && damaged < 0 ? WalOpenError.Blank : WalOpenError.SuperblockLost;
    }

    private void ReadSegments()
    {
        var total = (long)_files.Segments.Count * _options.SegmentBytes;
        for (var i = 0; i < _files.Segments.Count; i++)
        {
            _segment = _files.Segments[i];
            _image.Read(_segment, _findings);
            ReadGroups();
            if (i + 1 < _files.Segments.Count)
            {
                _progress?.Report((i + 1L) * _options.SegmentBytes, total, _replay.State.LastIndex);
            }
        }

        if (_hasPending)
        {
            TakeLast();
        }

        _progress?.Report(total, total, _replay.State.LastIndex);
    }

    // Each group is taken when the one behind it is known: that one says whether it is what was written there.
    private void ReadGroups()
    {
        var offset = 0L;
        while (TryFindHeader(offset, out var header))
        {
            if (_hasPending)
            {
                _replay.Take(in _pending, _pendingImage.Body(in _pending), _isPendingWhole, in header);
            }
            else
            {
                _replay.Begin(in header, Identity.Salt, isOldest: _segment == _files.Segments[0] && header.Offset == 0);
            }

            _pending = header;
            _pendingImage = _image;
            _hasPending = true;
            _isPendingWhole = GroupReplay.IsWhole(in header, _image.Body(in header), Identity.Salt);

            // What is not whole may be an old header over other groups: it does not say where the next one begins.
            offset = (long)header.Offset + (_isPendingWhole ? header.Footprint : IDisk.Sector);
        }

        // The last group's bytes are looked at when the next segment is in memory as well.
        if (_hasPending && ReferenceEquals(_pendingImage, _image))
        {
            (_image, _other) = (_other, _image);
        }
    }

    // What is older than the groups read so far is what a recycled segment or a dropped tail has left.
    private bool TryFindHeader(long from, out GroupHeader header)
    {
        for (var offset = from; offset < _options.SegmentBytes; offset += IDisk.Sector)
        {
            var isRead = GroupHeader.TryRead(
                _image.From(offset), Identity, _segment, offset, _options.SegmentBytes, out header);
            if (isRead && (!_hasPending || header.Sequence > _pending.Sequence))
            {
                return true;
            }
        }

        header = default;
        return false;
    }

    private void TakeLast()
    {
        var isWhole = _replay.TryTakeLast(in _pending, _pendingImage.Body(in _pending), _isPendingWhole);
        TailSegment = _pending.Segment;
        TailOffset = (long)_pending.Offset + (isWhole ? _pending.Footprint : 0);
    }

    private WalOpenError Conclude(in Superblock block)
    {
        if (_replay.IsContradicted)
        {
            return WalOpenError.Contradiction;
        }

        if (block.Sequence > _replay.Sequence)
        {
            return WalOpenError.LogLost;
        }

        var logged = _replay.State.HardState;
        if (logged.Term == HardState.Term && logged.VotedFor != HardState.VotedFor
            && logged.VotedFor != 0 && HardState.VotedFor != 0)
        {
            return WalOpenError.VotesDiffer;
        }

        HardState = Highest(logged, HardState);
        KeepSegments();
        return WalOpenError.None;
    }

    private static WalHardState Highest(WalHardState left, WalHardState right)
    {
        var epoch = Math.Max(left.Epoch, right.Epoch);
        var commit = Math.Max(left.CommitIndex, right.CommitIndex);
        var isLeft = left.Term > right.Term || (left.Term == right.Term && left.VotedFor != 0);
        var later = (isLeft ? left : right) with { CommitIndex = commit, Epoch = epoch };
        return later.WithFloorOf(isLeft ? right : left);
    }

    // Segments behind the tail hold nothing: they are the next ones.
    private void KeepSegments()
    {
        for (var i = _files.Segments.Count - 1; i >= 0 && _files.Segments[i] > TailSegment; i--)
        {
            _files.Ready.Insert(0, _files.Segments[i]);
            _files.Segments.RemoveAt(i);
        }
    }
}
