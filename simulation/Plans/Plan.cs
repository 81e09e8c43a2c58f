namespace Exchange.Rsm.Simulation.Plans;

/// <summary>What kind of world a plan is for.</summary>
public enum Profile : byte
{
    /// <summary>Consensus with a tiny state machine over a modelled log: many small schedules.</summary>
    Protocol = 1,

    /// <summary>The whole replica with the exchange.</summary>
    Exchange = 2,

    /// <summary>The same, a hundred thousand commands long.</summary>
    Long = 3,
}

/// <summary>
/// A schedule made concrete: everything that a seed decided beforehand. It runs alike on a later commit, as long as the
/// item's meaning stays; what is left to chance within it (delays, losses) is drawn from the seed and identities.
/// </summary>
/// <param name="Seed">Where chance within the run is drawn from.</param>
/// <param name="Profile">What kind of world.</param>
/// <param name="Knobs">How it is tuned.</param>
/// <param name="Items">What happens, by time.</param>
public sealed record Plan(ulong Seed, Profile Profile, Knobs Knobs, IReadOnlyList<PlanItem> Items)
{
    /// <summary>Raised when the same seed no longer makes the same plan.</summary>
    public const int GeneratorVersion = 1;
}
