using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>Entries in a log on disk that cannot be read, and how far that log goes on behind them.</summary>
/// <param name="First">The first of them; all before it were restored.</param>
/// <param name="Last">The last of them: what comes next can be read, or the log ends.</param>
/// <param name="LastChain">Chain hash of the last, by which a copy is known; zero where the disk does not tell.</param>
/// <param name="EndIndex">The last entry of the log on disk.</param>
/// <param name="EndTerm">Its term.</param>
public readonly record struct LogDamage(
    ulong First, ulong Last, ChainHash LastChain, ulong EndIndex, ulong EndTerm);
