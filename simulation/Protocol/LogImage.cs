using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>One entry of a modelled log: its header, and where its bytes lie in the node's store.</summary>
internal struct StoredEntry
{
    public EntryHeader Header;
    public int Start;
    public int Length;
}

/// <summary>
/// What a log holds at one moment: the hard state, the point it begins behind, the entries. Two of them make a modelled
/// log: what was given out, and what of it is durable.
/// </summary>
internal sealed class LogImage
{
    private StoredEntry[] _entries = new StoredEntry[256];

    public HardState HardState { get; set; }

    /// <summary>The entry before the first.</summary>
    public LogPoint Base { get; private set; }

    public ulong Last { get; private set; }

    public ulong First => Base.Index + 1;

    public void Clear()
    {
        HardState = default;
        Base = default;
        Last = 0;
    }

    public bool Has(ulong index) => index >= First && index <= Last;

    public ref readonly StoredEntry this[ulong index]
    {
        get
        {
            Invariant.Check(Has(index));
            return ref _entries[index - First];
        }
    }

    /// <summary>Term of an entry; zero where it is not here.</summary>
    public ulong TermAt(ulong index) =>
        index == Base.Index ? Base.Term : Has(index) ? _entries[index - First].Header.Term : 0;

    /// <summary>Whether the log holds an entry with this chain hash, or its base is that entry.</summary>
    public bool Holds(ulong index, in ChainHash chain) =>
        index == Base.Index ? Base.ChainHash == chain
        : Has(index) && _entries[index - First].Header.ChainHash == chain;

    public void Append(in StoredEntry entry)
    {
        Invariant.Check(entry.Header.Index == Last + 1);
        var place = (int)(entry.Header.Index - First);
        if (place == _entries.Length)
        {
            Array.Resize(ref _entries, place * 2);
        }

        _entries[place] = entry;
        Last++;
    }

    public void Truncate(ulong from)
    {
        Invariant.Check(from >= First);
        Last = Math.Min(Last, from - 1);
    }

    public void Reset(in LogPoint point)
    {
        Base = point;
        Last = point.Index;
    }

    /// <summary>Lets go what a snapshot stands in for.</summary>
    public void DropUpTo(ulong index)
    {
        if (!Has(index))
        {
            return;
        }

        var point = LogPoint.Of(in _entries[index - First].Header);
        var kept = (int)(Last - index);
        _entries.AsSpan((int)(index - Base.Index), kept).CopyTo(_entries);
        Base = point;
    }

    public void CopyFrom(LogImage other)
    {
        HardState = other.HardState;
        Base = other.Base;
        Last = other.Last;
        var count = (int)(Last - Base.Index);
        if (_entries.Length < count)
        {
            _entries = new StoredEntry[count * 2];
        }

        other._entries.AsSpan(0, count).CopyTo(_entries);
    }
}
