using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The log as consensus sees it: where it begins, where it ends, the terms between, and the newest entries themselves.
/// </summary>
internal sealed class RaftLog
{
    private readonly ChainHasher _hasher;
    private readonly TermRuns _runs = new();

    public RaftLog(RaftOptions options, ChainHasher hasher, in LogPoint floor)
    {
        _hasher = hasher;
        Ring = new EntryRing(options.RingBytes, options.RingEntries);
        Reset(in floor);
    }

    public EntryRing Ring { get; }

    /// <summary>What the log begins behind: its term is known, no entry up to here can be read.</summary>
    public ulong FloorIndex { get; private set; }

    /// <summary>The last entry.</summary>
    public LogPoint Last { get; private set; }

    public void Reset(in LogPoint floor)
    {
        FloorIndex = floor.Index;
        Last = floor;
        Ring.Restart(in floor);
        _runs.Restart(floor.Index, floor.Term);
    }

    /// <summary>Entries below an index cannot be read any more.</summary>
    public void Trim(ulong first)
    {
        if (first - 1 > FloorIndex)
        {
            Invariant.Check(first - 1 <= Last.Index);
            FloorIndex = first - 1;
            _runs.Compact(FloorIndex);
        }
    }

    public bool TryTermAt(ulong index, out ulong term)
    {
        term = 0;
        if (index < FloorIndex || index > Last.Index)
        {
            return false;
        }

        term = _runs.At(index);
        return true;
    }

    public bool TryPointAt(ulong index, out LogPoint point)
    {
        if (index == Last.Index)
        {
            point = Last;
            return true;
        }

        if (Ring.Has(index))
        {
            point = LogPoint.Of(in Ring.HeaderAt(index));
            return true;
        }

        point = Ring.Before;
        return index == point.Index;
    }

    /// <summary>Where two logs may still agree: see <see cref="TermRuns.LastWithin"/>.</summary>
    public ulong LastWithin(ulong index, ulong term) => _runs.LastWithin(Math.Min(index, Last.Index), term);

    /// <summary>Makes the next entry.</summary>
    /// <returns>False where there is no room.</returns>
    public bool TryBuild(EntryHeader header, ReadOnlySpan<byte> payload, ulong dispensable)
    {
        var length = EntryCodec.HeaderSize + payload.Length;
        if (!Ring.TryAdd(length, dispensable, out var place))
        {
            return false;
        }

        header.Index = Last.Index + 1;
        EntryCodec.Seal(ref header, payload, Last.ChainHash, _hasher);
        EntryCodec.Write(in header, payload, place);
        Grown(in header);
        return true;
    }

    /// <summary>Whether an entry follows the last one by its chain hash.</summary>
    public bool Follows(in EntryHeader header, ReadOnlySpan<byte> payload) =>
        EntryCodec.CheckChain(in header, payload, Last.ChainHash, _hasher) == EntryError.None;

    /// <summary>Takes an entry made elsewhere and checked.</summary>
    /// <returns>False where there is no room.</returns>
    public bool TryCopy(in EntryHeader header, ReadOnlySpan<byte> entry, ulong dispensable)
    {
        Invariant.Check(header.Index == Last.Index + 1);
        if (!Ring.TryAdd(entry.Length, dispensable, out var place))
        {
            return false;
        }

        entry.CopyTo(place);
        Grown(in header);
        return true;
    }

    /// <summary>Takes back everything behind an entry, which may have left the memory.</summary>
    public void Truncate(in LogPoint last)
    {
        Invariant.Check(last.Index >= FloorIndex);
        Invariant.Check(last.Index <= Last.Index);
        var isThere = TryTermAt(last.Index, out var term);
        Invariant.Check(isThere);
        Invariant.Check(term == last.Term);
        if (last.Index + 1 >= Ring.First)
        {
            Ring.Truncate(last.Index + 1);
        }
        else
        {
            Ring.Restart(in last);
        }

        _runs.Truncate(last.Index + 1);
        Last = last;
    }

    private void Grown(in EntryHeader header)
    {
        _runs.Append(header.Index, header.Term);
        Last = LogPoint.Of(in header);
    }
}
