using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>
/// Chance as a pure function of a seed, a domain and the identity of the thing decided: never the next number of a
/// sequence, so a decision keeps its outcome when another one is added or dropped.
/// </summary>
/// <param name="Seed">Names the run.</param>
public readonly record struct Fate(ulong Seed)
{
    /// <summary>64 bits for one decision.</summary>
    public ulong Draw(ulong domain, ulong identity) => StableHash.Mix(StableHash.Mix(Seed, domain), identity);

    /// <summary>A number in 0..bound − 1 for one decision.</summary>
    public int Below(int bound, ulong domain, ulong identity) => (int)(Draw(domain, identity) % (ulong)bound);

    /// <summary>The fate of a part of the run, independent of the others.</summary>
    public Fate Of(ulong domain, ulong identity) => new(Draw(domain, identity));
}
