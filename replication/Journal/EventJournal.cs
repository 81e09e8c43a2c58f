using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>How much of its quota the journal uses.</summary>
public enum JournalPressure : byte
{
    /// <summary>Little.</summary>
    None = 0,

    /// <summary>4/5 or more: somebody should look at the slowest drain.</summary>
    Alarm = 1,

    /// <summary>More than all: the slowest drain is to be deregistered by a command in the log.</summary>
    Overrun = 2,
}

/// <summary>A range of log indexes, both ends included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public readonly record struct IndexRange(ulong First, ulong Last);

/// <summary>
/// The events of committed entries, by log index. They are a projection of the log, so what is lost after a snapshot is
/// made again by replay: an append only goes to memory, pieces are written when they are full, and everything up to a
/// snapshot's index is made durable at that snapshot.
/// <para>Duties of the caller: (1) <see cref="Recover"/> first, with the index of the snapshot that was loaded;
/// (2) every applied entry is appended, in order; where it is refused, nothing further is applied; (3) at a snapshot,
/// <see cref="Flush"/>, and the snapshot counts only once <see cref="DurableIndex"/> reached its index; (4) completions
/// of requests for files of kind <see cref="FileKind.Journal"/> go to <see cref="Complete"/>.</para>
/// </summary>
public sealed class EventJournal
{
    private readonly IDisk _disk;
    private readonly JournalOptions _options;
    private readonly JournalRing _ring;
    private readonly List<JournalSegment> _segments = [];
    private readonly JournalFetch _fetch;
    private readonly JournalFill _fill;
    private readonly DiskRequest _writing = new();
    private readonly DiskRequest _deletion = new();
    private readonly Memory<byte> _piece;
    private readonly List<FileId> _toDelete = [];
    private JournalSegment? _open;
    private long _offset;
    private long _written;
    private int _pieceBytes;
    private ulong _next = 1;
    private ulong _flushTo;
    private bool _isWriting;
    private bool _isDeleting;
    private ulong _needed = 1;

    /// <summary>Nothing is read yet.</summary>
    /// <param name="disk">The replica's disk.</param>
    /// <param name="options">The tunables.</param>
    public EventJournal(IDisk disk, JournalOptions options)
    {
        _disk = disk;
        _options = options.Validate();
        _ring = new JournalRing(options.RecentBytes);
        _piece = disk.Allocate(options.PieceBytes);
        _fetch = new JournalFetch(disk, options);
        _fill = new JournalFill(disk, options);
    }

    /// <summary>Index of the last entry appended.</summary>
    public ulong LastIndex => _ring.Next - 1;

    /// <summary>Index up to which everything that is here is durable.</summary>
    public ulong DurableIndex { get; private set; }

    /// <summary>Index of the oldest entry whose events are here.</summary>
    public ulong Floor => _segments.Count > 0 ? _segments[0].First : _ring.First;

    /// <summary>Bytes of all segments.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// What is not here though newer than the floor: after an install, or where a record was damaged. To be fetched
    /// from a peer, for <see cref="Fill"/>; null where nothing is missing.
    /// </summary>
    public IndexRange? Missing { get; private set; }

    /// <summary>Event-chain hash after the last missing entry; 0 where it is not known.</summary>
    public ulong MissingChainHash { get; private set; }

    /// <summary>Whether records of a peer are being written.</summary>
    public bool IsFilling => _fill.IsBusy;

    /// <summary>How the last write failed; the journal takes nothing after it.</summary>
    public DiskError Fault { get; private set; }

    /// <summary>How much of the quota is in use.</summary>
    public JournalPressure Pressure =>
        Bytes > _options.QuotaBytes ? JournalPressure.Overrun
        : Bytes > _options.QuotaBytes / 5 * 4 ? JournalPressure.Alarm
        : JournalPressure.None;

    /// <summary>Finds the segments, and keeps what belongs to the state that was loaded.</summary>
    /// <param name="index">Index of the loaded snapshot; 0 where the log is replayed from its start.</param>
    /// <param name="eventChainHash">The event-chain hash there.</param>
    public void Recover(ulong index, ulong eventChainHash)
    {
        foreach (var listing in _disk.List())
        {
            if (listing.File.Kind != FileKind.Journal)
            {
                continue;
            }

            // What comes after the snapshot is made again by replay.
            if (listing.File.Number > index)
            {
                _toDelete.Add(listing.File);
                continue;
            }

            _segments.Add(new JournalSegment(listing.File.Number, listing.Length));
            Bytes += listing.Length;
        }

        for (var i = 0; i + 1 < _segments.Count; i++)
        {
            _segments[i].Last = _segments[i + 1].First - 1;
        }

        if (_segments.Count > 0)
        {
            var newest = _segments[^1];
            newest.Last = _fetch.FindLast(newest, index, out var chain);
            if (newest.Last == index && chain != eventChainHash)
            {
                // Not the events of this state.
                newest.Last = newest.First - 1;
            }

            if (newest.Last < newest.First)
            {
                Remove(_segments.Count - 1);
            }
        }

        StartAt(index, eventChainHash);
    }

    /// <summary>Goes on behind a snapshot that was installed.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="eventChainHash">The event-chain hash there.</param>
    public void OnInstalled(ulong index, ulong eventChainHash)
    {
        Invariant.Check(index >= LastIndex);
        CloseSegment();
        StartAt(index, eventChainHash);
    }

    /// <summary>
    /// Goes on behind a snapshot that took the place of a bad state: what was appended after an index came of it and is
    /// missing from there on, to be fetched from a peer.
    /// </summary>
    /// <param name="good">The last index whose events are surely right.</param>
    /// <param name="index">The snapshot's index.</param>
    /// <param name="eventChainHash">The event-chain hash there.</param>
    public void Rewind(ulong good, ulong index, ulong eventChainHash)
    {
        CloseSegment();

        // A file with a bad record in it goes as a whole: the next start would find the record and take it for good.
        while (_segments.Count > 0 && _segments[^1].Last > good)
        {
            Remove(_segments.Count - 1);
        }

        if (Missing is { } missing)
        {
            Missing = missing.First > index ? null : missing with { Last = Math.Min(missing.Last, index) };
            MissingChainHash = Missing?.Last == index ? eventChainHash : 0;
        }

        StartAt(index, eventChainHash);
        Clean();
    }

    /// <summary>Appends the events of one entry.</summary>
    /// <param name="entry">The entry's header.</param>
    /// <param name="events">Its events; may be none.</param>
    /// <param name="eventChainHash">The machine's event-chain hash after it.</param>
    /// <returns>False where the disk is behind: append it again later, and apply nothing meanwhile.</returns>
    public bool TryAppend(in EntryHeader entry, ReadOnlySpan<byte> events, ulong eventChainHash)
    {
        var header = new JournalRecordHeader
        {
            Index = entry.Index,
            Term = entry.Term,
            EventChainHash = eventChainHash,
        };
        header.Seal(events);
        if (Fault != DiskError.None)
        {
            return false;
        }

        if (!_ring.TryAppend(in header, events, _written))
        {
            Flush();
            return false;
        }

        Write();
        return true;
    }

    /// <summary>Makes all that was appended durable; <see cref="DurableIndex"/> tells when it is.</summary>
    public void Flush()
    {
        _flushTo = LastIndex;
        Write();
    }

    /// <summary>
    /// Sets the lowest index that a registered drain still needs, or that a peer may ask for. Segments wholly below it
    /// are removed once they are durable history.
    /// </summary>
    /// <param name="index">The first index that is needed.</param>
    public void Release(ulong index)
    {
        _needed = Math.Max(_needed, index);
        if (Missing is { } missing && missing.First < _needed && !_fill.IsBusy)
        {
            Missing = missing.Last < _needed ? null : missing with { First = _needed };
        }

        while (_segments.Count > 1
            && !ReferenceEquals(_segments[0], _open)
            && _segments[1].First <= _needed
            && !_fetch.IsReading(_segments[0]))
        {
            Remove(0);
        }

        Clean();
    }

    /// <summary>Reads whole records in order.</summary>
    /// <param name="from">Index of the first.</param>
    /// <param name="destination">Receives the records, each a <see cref="JournalRecordHeader"/> and its events.</param>
    /// <param name="read">What was read, or why nothing was.</param>
    public void Read(ulong from, Span<byte> destination, out JournalRead read)
    {
        if (from > LastIndex)
        {
            read = JournalRead.Of(JournalAnswer.AtEnd);
            return;
        }

        if (from < Floor || (Missing is { } missing && from >= missing.First && from <= missing.Last))
        {
            read = JournalRead.Of(JournalAnswer.Gap);
            return;
        }

        if (from >= _ring.First)
        {
            read = ReadRecent(from, destination);
            return;
        }

        var at = _segments.FindLastIndex(segment => segment.First <= from);
        read = _fetch.Read(_segments[at], from, destination);
        if (read.Answer == JournalAnswer.Gap)
        {
            Miss(new IndexRange(from, _segments[at].Last), chain: 0);
        }
    }

    /// <summary>Takes records of the missing range from a peer, in order.</summary>
    /// <param name="records">What the peer's <see cref="Read"/> gave, at most a piece.</param>
    /// <returns>What became of them. What was taken counts once it is durable.</returns>
    public FillAnswer Fill(ReadOnlySpan<byte> records)
    {
        if (Missing is not { } missing || _toDelete.Exists(file => file.Number == missing.First))
        {
            return Missing is null ? FillAnswer.Refused : FillAnswer.Busy;
        }

        return _isDeleting ? FillAnswer.Busy : _fill.Take(records, missing, MissingChainHash);
    }

    /// <summary>A request came back.</summary>
    /// <param name="request">The request.</param>
    public void Complete(DiskRequest request)
    {
        if (_fetch.Owns(request))
        {
            _fetch.Complete(request);
        }
        else if (_fill.Owns(request))
        {
            OnFillWritten(request);
        }
        else if (ReferenceEquals(request, _writing))
        {
            OnWritten(request.Error);
        }
        else
        {
            // A file that could not be removed is found again at the next start.
            _isDeleting = false;
            Write();
        }

        Clean();
    }

    /// <summary>Where to begin to read in order to read about this record and not much before it.</summary>
    /// <param name="index">At or above <see cref="Floor"/>, not above <see cref="LastIndex"/>.</param>
    /// <returns>An index not above it.</returns>
    internal ulong BlockStart(ulong index)
    {
        const ulong Recent = 64;
        if (index >= _ring.First)
        {
            return Math.Max(_ring.First, index - Math.Min(index, Recent - 1));
        }

        var at = _segments.FindLastIndex(segment => segment.First <= index);
        return at < 0 ? index : Math.Min(index, Math.Max(_segments[at].Before(index).Index, Floor));
    }

    private void StartAt(ulong index, ulong eventChainHash)
    {
        var first = _segments.Count > 0 ? _segments[^1].Last + 1 : _needed;
        if (first <= index)
        {
            Miss(new IndexRange(first, index), eventChainHash);
        }

        _ring.Reset(index);
        (_written, _next, _open, DurableIndex, _flushTo) = (_ring.End, index + 1, null, index, index);
    }

    // A segment ends where something is missing; what was missing before stays so.
    private void Miss(IndexRange range, ulong chain)
    {
        if (Missing is { } before)
        {
            range = new IndexRange(Math.Min(before.First, range.First), Math.Max(before.Last, range.Last));
            chain = range.Last == before.Last ? MissingChainHash : chain;
        }

        (Missing, MissingChainHash) = (range, chain);
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            if (_segments[i].First >= range.First && _segments[i].Last <= range.Last)
            {
                if (ReferenceEquals(_segments[i], _open))
                {
                    CloseSegment();
                }

                Remove(i);
            }
            else if (_segments[i].First < range.First)
            {
                _segments[i].Last = Math.Min(_segments[i].Last, range.First - 1);
            }
        }

        Clean();
    }

    private void OnFillWritten(DiskRequest request)
    {
        var file = request.File;
        if (_fill.Complete(request))
        {
            OnFilled(_fill.Segment!);
        }
        else if (request.Error == DiskError.Device)
        {
            Fault = request.Error;
        }
        else if (request.Error != DiskError.None && !_segments.Exists(segment => segment.File == file))
        {
            // What was made of it counts for nothing and stands where the next attempt makes its own.
            _toDelete.Add(file);
        }
    }

    private void OnFilled(JournalSegment segment)
    {
        if (Missing is not { } missing || missing.First > segment.Last || missing.Last < segment.First)
        {
            // Taken back, or not needed any more, while it was written.
            if (!_segments.Contains(segment))
            {
                _toDelete.Add(segment.File);
            }

            return;
        }

        if (!_segments.Contains(segment))
        {
            var at = _segments.FindIndex(other => other.First > segment.First);
            _segments.Insert(at < 0 ? _segments.Count : at, segment);
            Bytes += segment.Length;
        }

        Missing = segment.Last == missing.Last ? null : new IndexRange(segment.Last + 1, missing.Last);
        MissingChainHash = Missing is null ? 0 : MissingChainHash;
    }

    private JournalRead ReadRecent(ulong from, Span<byte> destination)
    {
        var start = _ring.PositionOf(from);
        var next = from;
        while (next <= LastIndex && _ring.PositionOf(next + 1) - start <= destination.Length)
        {
            next++;
        }

        if (next == from)
        {
            var needed = (int)(_ring.PositionOf(from + 1) - start);
            return new JournalRead(JournalAnswer.TooLong, Count: 0, Length: 0, needed);
        }

        var length = (int)(_ring.PositionOf(next) - start);
        _ring.CopyTo(start, destination[..length]);
        return new JournalRead(JournalAnswer.Records, (int)(next - from), length, Needed: 0);
    }

    // One request at a time: a segment where there is none with room, or the next piece of it.
    private void Write()
    {
        if (_isWriting || Fault != DiskError.None || _written == _ring.End)
        {
            return;
        }

        var isFlushing = _next <= _flushTo;
        var waiting = _ring.End - _written;
        if (!isFlushing && waiting < _options.PieceBytes)
        {
            return;
        }

        // Whole records only go into a segment; one that does not fit begins the next.
        if (_open is null && (_isDeleting || _toDelete.Count > 0))
        {
            // A file of the same name may be among them.
            Clean();
            return;
        }

        if (_open is null || (_written == _ring.PositionOf(_next) && !Fits(_open)))
        {
            Create();
            return;
        }

        WritePiece();
    }

    private bool Fits(JournalSegment segment) =>
        _offset + _ring.PositionOf(_next + 1) - _ring.PositionOf(_next) <= segment.Length;

    private void Create()
    {
        CloseSegment();
        var record = _ring.PositionOf(_next + 1) - _ring.PositionOf(_next);
        var length = Math.Max(_options.SegmentBytes, (record + IDisk.Sector - 1) / IDisk.Sector * IDisk.Sector);
        _open = new JournalSegment(_next, length);
        _segments.Add(_open);
        _offset = 0;
        Bytes += length;
        Submit(DiskOperation.Create, offset: 0, length, buffer: default);
    }

    private void WritePiece()
    {
        // Up to the last record that fits into the segment.
        var limit = _written;
        var next = _next;
        while (next <= LastIndex && limit - _written < _options.PieceBytes
            && _offset + _ring.PositionOf(next + 1) - _written <= _open!.Length)
        {
            _open.Mark(next, _offset + _ring.PositionOf(next) - _written);
            limit = _ring.PositionOf(++next);
        }

        // A record that began in an earlier piece fitted when it began.
        limit = limit == _written ? _ring.PositionOf(_next + 1) : limit;
        var count = (int)Math.Min(limit - _written, _options.PieceBytes);
        var padded = (count + IDisk.Sector - 1) / IDisk.Sector * IDisk.Sector;
        _ring.CopyTo(_written, _piece.Span[..count]);
        _piece.Span[count..padded].Clear();
        _pieceBytes = count;
        Submit(DiskOperation.Write, _offset, length: 0, _piece[..padded]);
    }

    private void OnWritten(DiskError error)
    {
        _isWriting = false;
        var isOpen = _open is not null && _writing.File == _open.File;
        if (error != DiskError.None && (isOpen || error == DiskError.Device))
        {
            Fault = error;
            return;
        }

        if (_writing.Operation == DiskOperation.Write && isOpen)
        {
            _written += _pieceBytes;
            _offset += _writing.Buffer.Length;
            while (_next <= LastIndex && _ring.PositionOf(_next + 1) <= _written)
            {
                _next++;
            }

            _open!.Last = _next - 1;
            DurableIndex = _next - 1;
        }

        Write();
    }

    private void CloseSegment() => _open = null;

    private void Remove(int at)
    {
        Bytes -= _segments[at].Length;
        _toDelete.Add(_segments[at].File);
        _segments.RemoveAt(at);
    }

    private void Clean()
    {
        var at = _isDeleting ? -1 : _toDelete.Count - 1;
        while (at >= 0 && IsInUse(_toDelete[at]))
        {
            at--;
        }

        if (at < 0)
        {
            return;
        }

        _isDeleting = true;
        _deletion.Operation = DiskOperation.Delete;
        _deletion.File = _toDelete[at];
        _deletion.Error = DiskError.None;
        _toDelete.RemoveAt(at);
        _disk.Submit(_deletion);
    }

    private bool IsInUse(FileId file) =>
        (_isWriting && _writing.File == file) || _fill.IsUsing(file) || _fetch.IsUsing(file);

    private void Submit(DiskOperation operation, long offset, long length, Memory<byte> buffer)
    {
        _isWriting = true;
        _writing.Operation = operation;
        _writing.File = _open!.File;
        _writing.Offset = offset;
        _writing.Length = length;
        _writing.Buffer = buffer;
        _writing.Error = DiskError.None;
        _disk.Submit(_writing);
    }
}
