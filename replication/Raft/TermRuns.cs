using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The term of every entry behind the log's floor, in as many places as there were terms: where each begins. So a
/// conflict is found by terms (thesis 5.3, the end) also where the entries have left the memory.
/// </summary>
internal sealed class TermRuns
{
    private (ulong First, ulong Term)[] _runs = new (ulong, ulong)[8];
    private int _count;

    /// <summary>Starts anew with the entry that the log begins behind.</summary>
    public void Restart(ulong index, ulong term)
    {
        _runs[0] = (index, term);
        _count = 1;
    }

    public void Append(ulong index, ulong term)
    {
        if (_runs[_count - 1].Term == term)
        {
            return;
        }

        Invariant.Check(_runs[_count - 1].Term < term);
        if (_count == _runs.Length)
        {
            Array.Resize(ref _runs, _count * 2);
        }

        _runs[_count++] = (index, term);
    }

    public void Truncate(ulong from)
    {
        while (_count > 1 && _runs[_count - 1].First >= from)
        {
            _count--;
        }
    }

    /// <summary>Forgets terms that end before an index; its own stays known.</summary>
    public void Compact(ulong index)
    {
        var gone = 0;
        while (gone + 1 < _count && _runs[gone + 1].First <= index)
        {
            gone++;
        }

        _runs.AsSpan(gone, _count - gone).CopyTo(_runs);
        _count -= gone;
        _runs[0].First = index;
    }

    public ulong At(ulong index)
    {
        var run = _count - 1;
        while (_runs[run].First > index)
        {
            run--;
        }

        return _runs[run].Term;
    }

    /// <summary>The highest index not above one given, whose term is not above one given.</summary>
    public ulong LastWithin(ulong index, ulong term)
    {
        var run = _count - 1;
        while (run > 0 && (_runs[run].First > index || _runs[run].Term > term))
        {
            index = Math.Min(index, _runs[run].First - 1);
            run--;
        }

        return index;
    }
}
