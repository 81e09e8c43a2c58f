using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>What is known of a committed entry, by whoever applied it first.</summary>
internal struct CanonEntry
{
    public ChainHash Chain;
    public ulong Term;
    public ulong StateHash;
    public ulong EventChainHash;
    public long Timestamp;

    /// <summary>Term of the leader that committed it first; zero where no leader was seen to.</summary>
    public ulong CommittedIn;
}

/// <summary>The one log that all members have to agree on, as an observer of all of them knows it.</summary>
internal sealed class Canon
{
    /// <summary>Most entries of a run; more is a run without end.</summary>
    public const int EntriesMax = 1 << 13;

    private readonly CanonEntry[] _entries = new CanonEntry[EntriesMax];

    /// <summary>The last index that anybody applied.</summary>
    public ulong Applied { get; private set; }

    /// <summary>The last index that a leader committed.</summary>
    public ulong Committed { get; set; }

    public ref CanonEntry this[ulong index] => ref _entries[index];

    public void Clear()
    {
        Array.Clear(_entries, 0, (int)Math.Max(Applied, Committed) + 1);
        Applied = 0;
        Committed = 0;
    }

    public bool TryExtend(in EntryHeader header, ulong stateHash, ulong eventChainHash)
    {
        if (header.Index != Applied + 1 || header.Index >= EntriesMax)
        {
            return false;
        }

        Applied++;
        ref var entry = ref _entries[Applied];
        entry.Chain = header.ChainHash;
        entry.Term = header.Term;
        entry.Timestamp = header.Timestamp;
        entry.StateHash = stateHash;
        entry.EventChainHash = eventChainHash;
        return true;
    }
}
