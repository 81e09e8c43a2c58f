using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>One file of the journal: the records from its number on, in order of index.</summary>
internal sealed class JournalSegment(ulong first, long length)
{
    private const long MarkBytes = 64 << 10;

    // Where some of the records begin: one in every 64 KiB. Filled while writing and while reading.
    private readonly List<(ulong Index, long Offset)> _marks = [(first, 0)];

    public ulong First => first;

    /// <summary>Index of the last record that counts; First − 1 where there is none.</summary>
    public ulong Last { get; set; } = first - 1;

    public long Length => length;

    public FileId File => new(FileKind.Journal, first);


    public void Mark(ulong index, long offset)
    {
        if (index > _marks[^1].Index && offset - _marks[^1].Offset >= MarkBytes)
        {
            _marks.Add((index, offset));
        }
    }

    /// <summary>Where to begin looking for a record.</summary>
    public (ulong Index, long Offset) Before(ulong index)
    {
        var at = _marks.Count - 1;
        while (_marks[at].Index > index)
        {
            at--;
        }

        return _marks[at];
    }
}
