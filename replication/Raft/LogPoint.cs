using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>A place in the log, and what binds it to all before.</summary>
public record struct LogPoint
{
    /// <summary>Index of the entry; zero before the first.</summary>
    public ulong Index;

    /// <summary>Its term.</summary>
    public ulong Term;

    /// <summary>Its log time, nanoseconds.</summary>
    public long Timestamp;

    /// <summary>Its epoch.</summary>
    public ushort Epoch;

    /// <summary>Its chain hash.</summary>
    public ChainHash ChainHash;

    /// <summary>The place of an entry.</summary>
    /// <param name="header">Its header.</param>
    /// <returns>The place.</returns>
    public static LogPoint Of(in EntryHeader header) => new()
    {
        Index = header.Index,
        Term = header.Term,
        Timestamp = header.Timestamp,
        Epoch = header.Epoch,
        ChainHash = header.ChainHash,
    };
}
