using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>A read that waits until its index is applied, and then perhaps for its answer to leave.</summary>
/// <param name="Client">Whose.</param>
/// <param name="Sequence">Which.</param>
/// <param name="Key">Of what.</param>
/// <param name="Index">Served from this index on.</param>
/// <param name="IsLease">Whether it rests on a lease.</param>
internal readonly record struct PendingRead(int Client, uint Sequence, int Key, ulong Index, bool IsLease)
{
    /// <summary>When it was made; zero where it is not yet.</summary>
    public long MadeAt { get; init; }

    /// <summary>What it saw.</summary>
    public long Value { get; init; }

    /// <summary>The state in which it saw that.</summary>
    public ulong SeenIndex { get; init; }

    /// <summary>What names it to chance.</summary>
    public ulong Identity => StableHash.Mix((ulong)Client, Sequence);
}
