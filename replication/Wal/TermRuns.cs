namespace Exchange.Rsm.Replication.Wal;

/// <summary>The terms of a log's entries, one row for each change of term.</summary>
internal sealed class TermRuns
{
    private readonly List<TermRun> _runs = [];

    public IReadOnlyList<TermRun> All => _runs;

    public void Append(ulong index, ulong term)
    {
        if (_runs.Count == 0 || _runs[^1].Term != term)
        {
            _runs.Add(new TermRun(index, term));
        }
    }

    public void Truncate(ulong from)
    {
        while (_runs.Count > 0 && _runs[^1].First >= from)
        {
            _runs.RemoveAt(_runs.Count - 1);
        }
    }

    public void Clear() => _runs.Clear();

    /// <summary>The term of one entry within the log became known.</summary>
    public void Learn(ulong index, ulong last, ulong term)
    {
        var at = _runs.Count - 1;
        while (at >= 0 && _runs[at].First > index)
        {
            at--;
        }

        if (at < 0 || _runs[at].Term == term)
        {
            return;
        }

        var run = _runs[at];
        var isFollowed = at + 1 < _runs.Count && _runs[at + 1].First == index + 1;
        if (index < last && !isFollowed)
        {
            _runs.Insert(at + 1, run with { First = index + 1 });
        }

        if (run.First == index)
        {
            _runs[at] = new TermRun(index, term);
        }
        else
        {
            _runs.Insert(at + 1, new TermRun(index, term));
        }
    }
}
