using System.Runtime.InteropServices;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>What became of records from a peer.</summary>
public enum FillAnswer : byte
{
    /// <summary>They are being written.</summary>
    Taken = 0,

    /// <summary>The disk is behind: offer them again later.</summary>
    Busy = 1,

    /// <summary>They are damaged, or not the next that are missing.</summary>
    Refused = 2,
}

/// <summary>Writes records that a peer sent into segments of their own, a batch at a time.</summary>
internal sealed class JournalFill(IDisk disk, JournalOptions options)
{
    private readonly DiskRequest _request = new();
    private Memory<byte> _piece = disk.Allocate(options.PieceBytes);
    private long _offset;
    private int _length;
    private ulong _last;

    /// <summary>The segment that is being filled; null between two.</summary>
    public JournalSegment? Segment { get; private set; }

    public bool IsBusy { get; private set; }

    public bool Owns(DiskRequest request) => ReferenceEquals(request, _request);

    public bool IsUsing(FileId file) => IsBusy && _request.File == file;

    /// <summary>Checks a batch and starts to write it.</summary>
    public FillAnswer Take(ReadOnlySpan<byte> records, IndexRange missing, ulong chain)
    {
        if (IsBusy)
        {
            return FillAnswer.Busy;
        }

        if (!TryCheck(records, missing, chain))
        {
            return FillAnswer.Refused;
        }

        _length = (records.Length + IDisk.Sector - 1) / IDisk.Sector * IDisk.Sector;
        if (_length > _piece.Length)
        {
            // One entry with more events than a piece holds.
            _piece = disk.Allocate(_length);
        }

        records.CopyTo(_piece.Span);
        _piece.Span[records.Length.._length].Clear();
        IsBusy = true;
        if (Segment is null || Segment.Last + 1 != missing.First || _offset + _length > Segment.Length)
        {
            var length = Math.Max(options.SegmentBytes, _length);
            Segment = new JournalSegment(missing.First, length);
            _offset = 0;
            Submit(DiskOperation.Create, offset: 0, length, buffer: default);
        }
        else
        {
            Submit(DiskOperation.Write, _offset, length: 0, _piece[.._length]);
        }

        return FillAnswer.Taken;
    }

    /// <summary>Goes on. True where a batch is durable: the segment then reaches further.</summary>
    public bool Complete(DiskRequest request)
    {
        if (request.Error != DiskError.None)
        {
            // The file stays and counts for nothing; the next batch begins in another.
            (IsBusy, Segment) = (false, null);
            return false;
        }

        if (request.Operation == DiskOperation.Create)
        {
            Submit(DiskOperation.Write, _offset, length: 0, _piece[.._length]);
            return false;
        }

        IsBusy = false;
        Segment!.Mark(Segment.Last + 1, _offset);
        Segment.Last = _last;
        _offset += _length;
        return true;
    }

    private bool TryCheck(ReadOnlySpan<byte> records, IndexRange missing, ulong chain)
    {
        var expected = missing.First;
        for (var rest = records; !rest.IsEmpty; expected++)
        {
            if (rest.Length < JournalRecordHeader.Size)
            {
                return false;
            }

            var header = MemoryMarshal.Read<JournalRecordHeader>(rest);
            if (header.Length < JournalRecordHeader.Size || header.Length > rest.Length
                || header.PaddedLength > rest.Length)
            {
                return false;
            }

            var isRight = header.Index == expected
                && header.Index <= missing.Last
                && header.IsOf(rest[JournalRecordHeader.Size..(int)header.Length])
                && (header.Index != missing.Last || chain == 0 || header.EventChainHash == chain);
            if (!isRight)
            {
                return false;
            }

            rest = rest[header.PaddedLength..];
        }

        _last = expected - 1;
        return expected > missing.First;
    }

    private void Submit(DiskOperation operation, long offset, long length, Memory<byte> buffer)
    {
        _request.Operation = operation;
        _request.File = Segment!.File;
        _request.Offset = offset;
        _request.Length = length;
        _request.Buffer = buffer;
        _request.Error = DiskError.None;
        disk.Submit(_request);
    }
}
