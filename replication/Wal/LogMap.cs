using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Where a run of entries begins: scanning the groups of this segment from this offset on gives the entries from the
/// index up to that of the next mark, one after the other.
/// </summary>
internal struct Mark
{
    public ulong Index;
    public ulong Segment;
    public long Offset;
}

/// <summary>
/// Finds durable entries on disk, and knows which are damaged. It keeps no place per entry but a mark per some 64 KiB,
/// per segment, and wherever the order of the file is not that of the index. Ten million entries cost it kilobytes.
/// </summary>
internal sealed class LogMap
{
    private readonly List<Mark> _marks = new(1024);
    private readonly List<WalFault> _faults = [];
    private readonly int _markBytes;
    private long _bytesSinceMark;
    private bool _isMarkForced = true;

    public LogMap(int markBytes)
    {
        _markBytes = markBytes;
        First = 1;
    }

    /// <summary>The first entry there is; <see cref="Last"/> + 1 where there is none.</summary>
    public ulong First { get; private set; }

    public ulong Last { get; private set; }

    /// <summary>Rises with every change, so that a reader looks anew.</summary>
    public ulong Version { get; private set; }

    /// <summary>Damaged entries, in order and apart from each other.</summary>
    public IReadOnlyList<WalFault> Faults => _faults;

    /// <summary>The log goes on behind this entry; nothing before it is here.</summary>
    public void Reset(ulong index)
    {
        _marks.Clear();
        _faults.Clear();
        First = index + 1;
        Last = index;
        Force();
    }

    public void Truncate(ulong from, ChainHash chainBefore)
    {
        Invariant.Check(from <= Last);
        _marks.RemoveRange(LowerBound(from), _marks.Count - LowerBound(from));
        Last = from - 1;
        First = Math.Min(First, from);
        Clear(from, ulong.MaxValue, chainBefore);
        Force();
    }

    /// <summary>Entries were appended that stand in one group.</summary>
    public void Append(ulong first, ulong last, ulong segment, long offset, int bytes)
    {
        Invariant.Check(first == Last + 1);
        Invariant.Check(last >= first);
        var isNewSegment = _marks.Count > 0 && _marks[^1].Segment != segment;
        if (_isMarkForced || isNewSegment || _bytesSinceMark >= _markBytes)
        {
            _marks.Add(new Mark { Index = first, Segment = segment, Offset = offset });
            _bytesSinceMark = 0;
            _isMarkForced = false;
            Version++;
        }

        _bytesSinceMark += bytes;
        Last = last;
    }

    /// <summary>The next group is marked in any case: what lies before it cannot be scanned.</summary>
    public void Force()
    {
        _isMarkForced = true;
        Version++;
    }

    /// <summary>The log has entries up to here, whose places are not known.</summary>
    public void Lose(ulong first, ulong last, ChainHash lastChain)
    {
        Invariant.Check(first == Last + 1);
        Last = last;
        Damage(new WalFault(first, last, lastChain));
        Force();
    }

    /// <summary>Entries of the log cannot be read.</summary>
    public void Damage(WalFault range)
    {
        Invariant.Check(range.First >= First);
        Invariant.Check(range.Last <= Last);
        Invariant.Check(range.First <= range.Last);
        Clear(range.First, range.Last, default);
        var at = 0;
        while (at < _faults.Count && _faults[at].First < range.First)
        {
            at++;
        }

        _faults.Insert(at, range);
        Join(at);
        if (at > 0)
        {
            Join(at - 1);
        }

        Version++;
    }

    /// <summary>A damaged entry stands whole in another place now.</summary>
    public void Repair(ulong index, ChainHash chainBefore, ulong segment, long offset)
    {
        Invariant.Check(IsFaulty(index));
        Clear(index, index, chainBefore);
        var at = LowerBound(index + 1);
        var isNextMarked = at < _marks.Count && _marks[at].Index == index + 1;
        if (index < Last && !isNextMarked && at > 0)
        {
            // Behind the repaired entry the scan goes on where it would have gone on without it.
            var next = _marks[at - 1];
            next.Index = index + 1;
            _marks.Insert(at, next);
        }

        var mark = new Mark { Index = index, Segment = segment, Offset = offset };
        at = LowerBound(index);
        if (at < _marks.Count && _marks[at].Index == index)
        {
            _marks[at] = mark;
        }
        else
        {
            _marks.Insert(at, mark);
        }

        // What is appended from now on is not found behind a repaired last entry.
        if (index == Last)
        {
            _isMarkForced = true;
        }

        Version++;
    }

    public bool IsFaulty(ulong index)
    {
        for (var i = 0; i < _faults.Count; i++)
        {
            if (index >= _faults[i].First && index <= _faults[i].Last)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The mark to scan from, and the first index that another mark leads to.</summary>
    public bool TryFind(ulong index, out Mark mark, out ulong limit)
    {
        mark = default;
        limit = 0;
        if (index < First || index > Last)
        {
            return false;
        }

        var at = LowerBound(index + 1) - 1;
        if (at < 0)
        {
            return false;
        }

        mark = _marks[at];
        limit = at + 1 < _marks.Count ? _marks[at + 1].Index : ulong.MaxValue;
        return true;
    }

    /// <summary>The highest entry that stands in a segment; zero where none does.</summary>
    public ulong HighestIn(ulong segment)
    {
        for (var at = _marks.Count - 1; at >= 0; at--)
        {
            if (_marks[at].Segment == segment)
            {
                return at + 1 < _marks.Count ? _marks[at + 1].Index - 1 : Last;
            }
        }

        return 0;
    }

    /// <summary>A segment is no more: nor are the entries in it and those before them.</summary>
    public void Release(ulong segment)
    {
        var first = Math.Max(First, HighestIn(segment) + 1);
        var kept = 0;
        for (var at = 0; at < _marks.Count; at++)
        {
            var mark = _marks[at];
            var end = at + 1 < _marks.Count ? _marks[at + 1].Index - 1 : Last;
            if (mark.Segment == segment || end < first)
            {
                continue;
            }

            mark.Index = Math.Max(mark.Index, first);
            _marks[kept++] = mark;
        }

        _marks.RemoveRange(kept, _marks.Count - kept);
        First = first;
        if (first > 0)
        {
            Clear(0, first - 1, default);
        }

        _isMarkForced |= kept == 0;
        Version++;
    }

    // What is left on the low side ends where the cleared part begins, with the chain hash that is known of there.
    private void Clear(ulong first, ulong last, ChainHash chainBefore)
    {
        for (var i = _faults.Count - 1; i >= 0; i--)
        {
            var fault = _faults[i];
            if (fault.Last < first || fault.First > last)
            {
                continue;
            }

            _faults.RemoveAt(i);
            if (fault.Last > last)
            {
                _faults.Insert(i, fault with { First = last + 1 });
            }

            if (fault.First < first)
            {
                _faults.Insert(i, new WalFault(fault.First, first - 1, chainBefore));
            }
        }
    }

    private void Join(int at)
    {
        if (at + 1 < _faults.Count && _faults[at].Last + 1 == _faults[at + 1].First)
        {
            _faults[at] = _faults[at + 1] with { First = _faults[at].First };
            _faults.RemoveAt(at + 1);
        }
    }

    private int LowerBound(ulong index)
    {
        var low = 0;
        var high = _marks.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_marks[middle].Index < index)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
