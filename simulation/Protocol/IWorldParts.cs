using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>What faults and operators ask of whoever drives the nodes.</summary>
internal interface INodeDriver
{
    /// <summary>The process starts, from what its disk holds.</summary>
    void Boot(ProtocolNode node);

    /// <summary>The process ends at once.</summary>
    void Crash(ProtocolNode node, ulong identity, FaultKind kind);

    /// <summary>A new disk under a new name; the process starts later.</summary>
    void Replace(ProtocolNode node);

    /// <summary>Leadership is being handed over.</summary>
    void OnTransfer(ProtocolNode node);

    /// <summary>Does all that a node wants done.</summary>
    void Pump(ProtocolNode node);

    /// <summary>Something happens to the bytes of its disk.</summary>
    /// <returns>Whether it lasts, and its end is to be told.</returns>
    bool Damage(ProtocolNode node, in PlanItem item);

    /// <summary>What lasted is over.</summary>
    void Repair(ProtocolNode node, in PlanItem item);
}

/// <summary>What the other parts of a world want to know of its checkers.</summary>
internal interface IWorldChecks
{
    /// <summary>The last index that anybody applied.</summary>
    ulong Applied { get; }

    /// <summary>A disk is to be lost, or to be damaged.</summary>
    /// <returns>False where that would be one too many.</returns>
    bool TryLoseDisk(ProtocolNode node);
}

/// <summary>Those whose operations have to be done in the end.</summary>
internal interface IWorldClients
{
    /// <summary>Whether nothing is under way or waiting.</summary>
    bool IsIdle { get; }

    /// <summary>Says what is still waiting.</summary>
    string WhyBusy { get; }

    /// <summary>After faults have stopped: once more a bit of everything.</summary>
    void AddLastOperations();
}
