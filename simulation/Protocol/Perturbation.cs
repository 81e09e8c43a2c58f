namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// A change of the product that has nothing to do with a bug: what a seed found has to be found behind it as well.
/// </summary>
public enum Perturbation
{
    None = 0,

    /// <summary>Each message is eight bytes longer.</summary>
    AddedField = 1,

    /// <summary>With each heartbeat goes another message, of which the receiver makes nothing.</summary>
    AddedMessage = 2,
}
