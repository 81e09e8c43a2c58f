using System.Runtime.InteropServices;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>Takes the next event off a row of events and says where it stands. The layout is the machine's.</summary>
/// <param name="events">What is left of an entry's events; moved behind the one that was taken.</param>
/// <param name="stream">The event's stream, opaque here.</param>
/// <param name="seq">Its number there: from 1 on and without gaps.</param>
/// <returns>False at the end.</returns>
public delegate bool EventKeyReader(ref ReadOnlySpan<byte> events, out UInt128 stream, out ulong seq);

/// <summary>What a search gave.</summary>
public enum SeekAnswer : byte
{
    /// <summary>It goes on: step again, after the disk's completions.</summary>
    Later = 0,

    /// <summary>The reader goes on at this index.</summary>
    Found = 1,

    /// <summary>`JOURNAL_GAP`: events that the reader lacks are not here any more, or missing here.</summary>
    Gap = 2,

    /// <summary>No event of the stream is here: it had none, or none since the floor.</summary>
    Unknown = 3,

    /// <summary>The disk failed.</summary>
    Failed = 4,
}

/// <summary>
/// Finds where a reader goes on that knows a stream and a number in it and no position in the log. It looks from the
/// newest events back, as who returns was not away for long; a step reads one piece at most.
/// </summary>
public sealed class EventSeek
{
    private readonly EventJournal _journal;
    private readonly EventKeyReader _keys;
    private readonly UInt128 _stream;
    private readonly ulong _seq;
    private readonly ulong _end;
    private byte[] _buffer = new byte[64 << 10];
    private ulong _blockStart;
    private ulong _blockEnd;
    private ulong _next;

    // The oldest entry seen with an event that the reader lacks, and that event's number.
    private ulong _foundIndex;
    private ulong _foundSeq = ulong.MaxValue;
    private bool _isBefore;

    /// <summary>Begins.</summary>
    /// <param name="journal">Where.</param>
    /// <param name="keys">Knows the layout of events.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="seq">The first event that the reader lacks.</param>
    public EventSeek(EventJournal journal, EventKeyReader keys, UInt128 stream, ulong seq)
    {
        (_journal, _keys, _stream, _seq) = (journal, keys, stream, seq);
        _end = journal.LastIndex + 1;
        (_blockStart, _blockEnd, _next) = (_end, _end, _end);
    }

    /// <summary>Goes on.</summary>
    /// <param name="index">Index of the entry that the reader goes on with; it may hold events that it has.</param>
    /// <returns>Whether that is known.</returns>
    public SeekAnswer Step(out ulong index)
    {
        index = _foundIndex == 0 ? _end : _foundIndex;
        if (_next == _blockEnd)
        {
            if (_isBefore || _foundSeq == _seq)
            {
                return SeekAnswer.Found;
            }

            if (_blockStart <= _journal.Floor)
            {
                return _foundIndex == 0 ? SeekAnswer.Unknown : SeekAnswer.Gap;
            }

            (_blockEnd, _blockStart) = (_blockStart, _journal.BlockStart(_blockStart - 1));
            _next = _blockStart;
        }

        _journal.Read(_next, _buffer, out var read);
        switch (read.Answer)
        {
            case JournalAnswer.Records:
                Scan(_buffer.AsSpan(0, read.Length));
                return SeekAnswer.Later;
            case JournalAnswer.TooLong:
                _buffer = new byte[read.Needed];
                return SeekAnswer.Later;
            case JournalAnswer.Later:
                return SeekAnswer.Later;
            case JournalAnswer.Failed:
                return SeekAnswer.Failed;
            default:
                return SeekAnswer.Gap;
        }
    }

    private void Scan(ReadOnlySpan<byte> records)
    {
        while (_next < _blockEnd && !records.IsEmpty)
        {
            var header = MemoryMarshal.Read<JournalRecordHeader>(records);
            var events = records[JournalRecordHeader.Size..(int)header.Length];
            while (_keys(ref events, out var stream, out var seq))
            {
                if (stream != _stream)
                {
                    continue;
                }

                _isBefore |= seq < _seq;
                if (seq >= _seq && seq < _foundSeq)
                {
                    (_foundIndex, _foundSeq) = (header.Index, seq);
                }
            }

            _next = header.Index + 1;
            records = records[header.PaddedLength..];
        }
    }
}
