namespace Exchange.Rsm.Replication.Raft;

/// <summary>The hashes of a state at an index.</summary>
internal readonly record struct HashReport(ulong Index, ulong StateHash, ulong EventChainHash);

/// <summary>Where another clock stands, compared with the own one: somewhere between the two offsets.</summary>
internal readonly record struct ClockSample(long At, long OffsetLow, long OffsetHigh);
