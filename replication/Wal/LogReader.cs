using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>What a reader has.</summary>
public enum ReadOutcome : byte
{
    /// <summary>An entry.</summary>
    Entry = 0,

    /// <summary>Nothing yet: the disk is reading.</summary>
    Pending = 1,

    /// <summary>Nothing more is durable.</summary>
    End = 2,

    /// <summary>The next entry is damaged; it can be read once it was repaired.</summary>
    Damaged = 3,

    /// <summary>The next entry is in the log no more: a snapshot holds it, or it was never here.</summary>
    Gone = 4,

    /// <summary>The disk could not read.</summary>
    Failed = 5,
}

/// <summary>
/// Reads the entries of a log in order, from disk, into a buffer of its own. It holds the segments it has not read.
/// Every record is checked: what has decayed since it was written is found here and marked as damaged, so reading the
/// whole log from time to time is the scrubber.
/// </summary>
public sealed class LogReader
{
    private readonly WriteAheadLog _log;
    private readonly Memory<byte> _buffer;
    private readonly DiskRequest _request = new() { Operation = DiskOperation.Read };
    private bool _isReading;
    private bool _isOpen = true;
    private DiskError _error;

    // What part of which segment the buffer holds.
    private ulong _segment;
    private long _start;
    private int _length;
    private int _needed;

    // Where the scan stands: in a group, before a record.
    private ulong _version = ulong.MaxValue;
    private bool _isPlaced;
    private Mark _mark;
    private ulong _limit;
    private GroupHeader _group;
    private uint _records;
    private ulong _checksum;
    private ulong _computed;
    private long _position;
    private bool _isInGroup;

    internal LogReader(WriteAheadLog log, ulong index)
    {
        Invariant.Check(index > 0);
        _log = log;
        _buffer = log.Disk.Allocate(log.Options.ReaderBytes);
        Next = index;
    }

    /// <summary>The entry that is read next.</summary>
    public ulong Next { get; private set; }

    /// <summary>Goes to another entry.</summary>
    /// <param name="index">The next to be read.</param>
    public void Seek(ulong index)
    {
        Invariant.Check(index > 0);
        Next = index;
        Leave();
    }

    /// <summary>Keeps its buffer and holds no segment, until it is told where to go on.</summary>
    public void Park() => Seek(ulong.MaxValue);

    /// <summary>Reads the next entry.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload, good until the next call.</param>
    /// <returns>What there is.</returns>
    public ReadOutcome Read(out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        Invariant.Check(_isOpen);
        header = default;
        payload = default;
        if (_isReading)
        {
            return ReadOutcome.Pending;
        }

        if (_error != DiskError.None && !TryReadLess(out var failed))
        {
            return failed;
        }

        if (_isReading)
        {
            return ReadOutcome.Pending;
        }

        if (Next > _log.DurableIndex)
        {
            return ReadOutcome.End;
        }

        if (Next < _log.FirstIndex)
        {
            return ReadOutcome.Gone;
        }

        if (_log.Map.Faults.Count > 0 && _log.Map.IsFaulty(Next))
        {
            return ReadOutcome.Damaged;
        }

        if (_version != _log.Map.Version || Next >= _limit)
        {
            Find();
        }

        return Scan(out header, out payload);
    }

    /// <summary>Lets go of the segments it holds. Called once.</summary>
    public void Close()
    {
        Invariant.Check(_isOpen);
        _isOpen = false;
        if (!_isReading)
        {
            _log.Forget(this);
        }
    }

    internal bool IsReading(ulong segment) => _isReading && _segment == segment;

    internal bool TryComplete(DiskRequest request)
    {
        if (!ReferenceEquals(request, _request))
        {
            return false;
        }

        Invariant.Check(_isReading);
        _isReading = false;
        _error = request.Error;
        if (!_isOpen)
        {
            _log.Forget(this);
        }

        return true;
    }

    // Stays where it is as long as the way on leads through the group it stands in or before.
    private void Find()
    {
        var isFound = _log.Map.TryFind(Next, out var mark, out _limit);
        Invariant.Check(isFound);
        _version = _log.Map.Version;
        var isKept = _isPlaced && mark.Segment == _mark.Segment && (mark.Offset == _mark.Offset
            || mark.Offset == (_isInGroup ? (long)_group.Offset : _position));
        _mark = mark;
        if (!isKept)
        {
            _isPlaced = true;
            _isInGroup = false;
            _position = mark.Offset;
        }
    }

    private ReadOutcome Scan(out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        while (true)
        {
            if (!_isInGroup)
            {
                if (!IsInBuffer(GroupHeader.Size))
                {
                    return Load(GroupHeader.Size);
                }

                if (!TryEnterGroup())
                {
                    return Decayed();
                }
            }

            if (_records == 0)
            {
                _isInGroup = false;
                _position = (long)_group.Offset + _group.Footprint;
                continue;
            }

            var outcome = ReadRecord(out header, out payload);
            if (outcome != ReadOutcome.End)
            {
                return outcome;
            }
        }
    }

    /// <summary>Reads one record.</summary>
    /// <returns><see cref="ReadOutcome.End"/> where it is not the one that is looked for.</returns>
    private ReadOutcome ReadRecord(out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (!IsInBuffer(RecordHeader.Size))
        {
            return Load(RecordHeader.Size);
        }

        var record = MemoryMarshal.Read<RecordHeader>(At(RecordHeader.Size));
        var end = (long)_group.Offset + GroupHeader.Size + _group.BodyLength;
        if (record.Length > int.MaxValue - 64 || _position + RecordHeader.Footprint((int)record.Length) > end)
        {
            return Decayed();
        }

        var footprint = RecordHeader.Footprint((int)record.Length);
        if (!IsInBuffer(footprint))
        {
            return Load(footprint);
        }

        var content = At(footprint).Slice(RecordHeader.Size, (int)record.Length);

        // Either the checksum of the record before is right as it stands there, or as it should stand.
        var checksum = RecordHeader.ChecksumOf(record.Kind, content, _checksum);
        var isWhole = record.Checksum == checksum
            || (_computed != _checksum && record.Checksum == RecordHeader.ChecksumOf(record.Kind, content, _computed));
        var isEntry = record.Kind is RecordKind.Entry or RecordKind.Repair
            && content.Length >= EntryCodec.HeaderSize
            && MemoryMarshal.Read<EntryHeader>(content).Index == Next;
        if (!isWhole && (isEntry || !IsPassable(record.Kind, content)))
        {
            return Decayed(isOneEntry: isEntry && IsPassable(record.Kind, content));
        }

        _checksum = record.Checksum;
        _computed = checksum;
        _position += footprint;
        _records--;
        if (!isEntry || !isWhole)
        {
            return ReadOutcome.End;
        }

        return EntryCodec.TryRead(content, out header, out payload, out _) ? Found() : Decayed();
    }

    private ReadOutcome Found()
    {
        Next++;
        return ReadOutcome.Entry;
    }

    // A damaged entry on the way to another one: its own header says where it ends.
    private static bool IsPassable(RecordKind kind, ReadOnlySpan<byte> content)
    {
        if (kind != RecordKind.Entry || content.Length < EntryCodec.HeaderSize)
        {
            return false;
        }

        var header = MemoryMarshal.Read<EntryHeader>(content);
        return EntryCodec.CheckHeader(in header) == EntryError.None
            && EntryCodec.HeaderSize + header.PayloadLength == (uint)content.Length;
    }

    private bool TryEnterGroup()
    {
        if (!GroupHeader.TryRead(
            At(GroupHeader.Size), _log.Identity, _mark.Segment, _position, _log.Options.SegmentBytes, out _group))
        {
            return false;
        }

        _isInGroup = true;
        _records = _group.Records;
        _checksum = _computed = _log.Identity.Salt;
        _position += GroupHeader.Size;
        return true;
    }

    private bool IsInBuffer(int bytes) =>
        _segment == _mark.Segment && _position >= _start && _position + bytes <= _start + _length;

    private ReadOnlySpan<byte> At(int bytes) => _buffer.Span.Slice((int)(_position - _start), bytes);

    // Only what is durable: a write under way is not read along.
    private ReadOutcome Load(int needed)
    {
        var start = _position & ~(long)(IDisk.Sector - 1);
        var end = Math.Min(start + _buffer.Length, _log.ReadableEnd(_mark.Segment));
        if (_position + needed > end)
        {
            return Decayed();
        }

        _segment = _mark.Segment;
        _start = start;
        _length = (int)(end - start);
        _needed = needed;
        Submit();
        return ReadOutcome.Pending;
    }

    private void Submit()
    {
        _request.File = new FileId(FileKind.Segment, _segment);
        _request.Offset = _start;
        _request.Buffer = _buffer[.._length];
        _request.Error = DiskError.None;
        _isReading = true;
        _log.Disk.Submit(_request);
    }

    // One bad sector fails the reading of all that was asked for at once: no more is asked for than is needed.
    private bool TryReadLess(out ReadOutcome failed)
    {
        var error = _error;
        _error = DiskError.None;
        var least = (int)(_position + _needed - _start + IDisk.Sector - 1) & ~(IDisk.Sector - 1);
        failed = ReadOutcome.Failed;
        if (error != DiskError.Name && least < _length)
        {
            _length = least;
            Submit();
            return true;
        }

        _length = 0;
        if (error != DiskError.Name)
        {
            failed = Decayed();
        }

        return false;
    }

    // Up to the next mark at most, from where on the scan does not need what is damaged here. The log may have changed
    // while the disk was reading: then there is nothing to be said of it.
    private ReadOutcome Decayed(bool isOneEntry = false)
    {
        var isCurrent = _version == _log.Map.Version;
        Leave();
        if (!isCurrent || Next < _log.FirstIndex || Next > _log.DurableIndex)
        {
            return ReadOutcome.Pending;
        }

        var last = isOneEntry ? Next : Math.Min(_limit - 1, _log.DurableIndex);
        _log.Map.Damage(new WalFault(Next, last, ChainHash.Genesis));
        return ReadOutcome.Damaged;
    }

    private void Leave()
    {
        _version = ulong.MaxValue;
        _isPlaced = false;
        _isInGroup = false;
    }
}
