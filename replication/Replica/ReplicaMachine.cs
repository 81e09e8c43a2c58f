using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Journal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>What a replica has to know of the machine that it runs, beyond <see cref="IStateMachine"/>.</summary>
public sealed record ReplicaMachine
{
    /// <summary>Makes a machine at genesis.</summary>
    public required Func<IStateMachine> New { get; init; }

    /// <summary>Tells the behaviour version that a machine has in force.</summary>
    public required Func<IStateMachine, uint> BehaviourVersion { get; init; }

    /// <summary>
    /// Tells the lowest log index that a registered drain has not passed; the greatest number where none is registered.
    /// </summary>
    public Func<IStateMachine, ulong> DrainFloor { get; init; } = static _ => ulong.MaxValue;

    /// <summary>Tells stream and number of an event, for readers that resume by them; null where none do.</summary>
    public EventKeyReader? EventKeys { get; init; }
}
