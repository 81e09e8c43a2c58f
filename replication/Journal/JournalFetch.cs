using System.Runtime.InteropServices;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>
/// Reads records back from segments: one window of a file at a time, which the next reader of the same place finds.
/// </summary>
internal sealed class JournalFetch(IDisk disk, JournalOptions options)
{
    private readonly DiskRequest _request = new();
    private readonly Memory<byte> _piece = disk.Allocate(options.PieceBytes);

    // Bytes of one segment from an offset on, beginning with a record.
    private byte[] _window = new byte[options.PieceBytes * 2];
    private int _windowLength;
    private int _windowStart;
    private long _windowOffset;

    // The record at the window's start has this index or a higher one.
    private ulong _windowIndex;
    private JournalSegment? _segment;
    private bool _isReading;
    private DiskError _error;

    private enum Parsed : byte
    {
        Record = 0,
        More = 1,
        Nothing = 2,
    }

    public bool Owns(DiskRequest request) => ReferenceEquals(request, _request);

    public bool IsUsing(FileId file) => _isReading && _request.File == file;

    public bool IsReading(JournalSegment segment) => _isReading && ReferenceEquals(segment, _segment);

    /// <summary>Reads records of a segment; <see cref="JournalAnswer.Gap"/> where they are not in it.</summary>
    public JournalRead Read(JournalSegment segment, ulong from, Span<byte> destination)
    {
        if (_isReading)
        {
            return JournalRead.Of(JournalAnswer.Later);
        }

        var (index, offset) = segment.Before(from);
        if (!ReferenceEquals(segment, _segment) || _windowIndex > from || offset > _windowOffset + _windowLength)
        {
            (_segment, _windowOffset, _windowIndex) = (segment, offset, index);
            (_windowStart, _windowLength, _error) = (0, 0, DiskError.None);
        }

        while (true)
        {
            if (_error != DiskError.None)
            {
                _segment = null;
                return JournalRead.Of(JournalAnswer.Failed);
            }

            switch (Parse(_windowStart, out var header, out var next))
            {
                case Parsed.More:
                    return ReadOn() ? JournalRead.Of(JournalAnswer.Later) : Missing();
                case Parsed.Nothing:
                    return Missing();
                default:
                    if (header.Index > from)
                    {
                        return Missing();
                    }

                    if (header.Index == from)
                    {
                        return Copy(destination);
                    }

                    segment.Mark(header.Index, _windowOffset + _windowStart);
                    (_windowStart, _windowIndex) = (next, header.Index + 1);
                    break;
            }
        }
    }

    public void Complete(DiskRequest request)
    {
        _isReading = false;
        _error = request.Error;
        if (_error == DiskError.None)
        {
            request.Buffer.Span.CopyTo(_window.AsSpan(_windowLength));
            _windowLength += request.Buffer.Length;
        }
    }

    /// <summary>The last record of a segment that is not beyond an index. At the start.</summary>
    public ulong FindLast(JournalSegment segment, ulong index, out ulong chain)
    {
        chain = 0;
        var last = segment.First - 1;
        (_segment, _windowOffset, _windowStart, _windowLength) = (segment, 0, 0, 0);
        while (last < index)
        {
            var parsed = Parse(_windowStart, out var header, out var next);
            if (parsed == Parsed.More && Window() is { Length: > 0 } room)
            {
                if (disk.ReadNow(segment.File, _windowOffset + _windowLength, room) != DiskError.None)
                {
                    break;
                }

                _windowLength += room.Length;
                continue;
            }

            if (parsed != Parsed.Record || header.Index != last + 1)
            {
                break;
            }

            segment.Mark(header.Index, _windowOffset + _windowStart);
            (last, chain, _windowStart) = (header.Index, header.EventChainHash, next);
        }

        _segment = null;
        return last;
    }

    // Moves past the zeros that a flush leaves up to the end of a sector; a sector that begins with zeros is the end.
    private Parsed Parse(int at, out JournalRecordHeader header, out int next)
    {
        header = default;
        next = at;
        while (true)
        {
            if (_windowLength - at < sizeof(uint))
            {
                return Parsed.More;
            }

            if (MemoryMarshal.Read<uint>(_window.AsSpan(at)) != 0)
            {
                break;
            }

            var inSector = (int)((_windowOffset + at) % IDisk.Sector);
            if (inSector == 0)
            {
                return Parsed.Nothing;
            }

            at += IDisk.Sector - inSector;
            if (at > _windowLength)
            {
                return Parsed.More;
            }
        }

        if (_windowLength - at < JournalRecordHeader.Size)
        {
            return Parsed.More;
        }

        header = MemoryMarshal.Read<JournalRecordHeader>(_window.AsSpan(at));
        if (header.Length is < JournalRecordHeader.Size or > JournalRecordHeader.EventsLengthMax
            || _windowOffset + at + header.PaddedLength > _segment!.Length)
        {
            return Parsed.Nothing;
        }

        if (_windowLength - at < header.PaddedLength)
        {
            return Parsed.More;
        }

        next = at + header.PaddedLength;
        _windowStart = at;
        var events = _window.AsSpan(at + JournalRecordHeader.Size, (int)header.Length - JournalRecordHeader.Size);
        return header.IsOf(events) ? Parsed.Record : Parsed.Nothing;
    }

    private JournalRead Copy(Span<byte> destination)
    {
        var (count, length, at) = (0, 0, _windowStart);
        while (Parse(at, out var header, out var next) == Parsed.Record && header.Index <= _segment!.Last)
        {
            var record = _window.AsSpan(_windowStart, header.PaddedLength);
            if (length + record.Length > destination.Length)
            {
                return count > 0
                    ? new JournalRead(JournalAnswer.Records, count, length, Needed: 0)
                    : new JournalRead(JournalAnswer.TooLong, Count: 0, Length: 0, record.Length);
            }

            record.CopyTo(destination[length..]);
            _segment!.Mark(header.Index, _windowOffset + _windowStart);
            (count, length, at) = (count + 1, length + record.Length, next);
            (_windowStart, _windowIndex) = (next, header.Index + 1);
        }

        return new JournalRead(JournalAnswer.Records, count, length, Needed: 0);
    }

    private JournalRead Missing()
    {
        _segment = null;
        return JournalRead.Of(JournalAnswer.Gap);
    }

    private bool ReadOn()
    {
        var room = Window().Length;
        if (room == 0)
        {
            return false;
        }

        _isReading = true;
        _request.Operation = DiskOperation.Read;
        _request.File = _segment!.File;
        _request.Offset = _windowOffset + _windowLength;
        _request.Buffer = _piece[..room];
        _request.Error = DiskError.None;
        disk.Submit(_request);
        return true;
    }

    // Drops what was passed and makes room for the next piece, as much of it as the segment has.
    private Span<byte> Window()
    {
        _window.AsSpan(_windowStart, _windowLength - _windowStart).CopyTo(_window);
        _windowOffset += _windowStart;
        _windowLength -= _windowStart;
        _windowStart = 0;
        var left = _segment!.Length - _windowOffset - _windowLength;
        var room = (int)Math.Min(options.PieceBytes, left);
        if (_windowLength + room > _window.Length)
        {
            Array.Resize(ref _window, Math.Max(_window.Length * 2, _windowLength + room));
        }

        return _window.AsSpan(_windowLength, room);
    }
}
