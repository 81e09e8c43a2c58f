using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Model;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Harness;

/// <summary>What a workload or a scenario drives: the model or the machine.</summary>
public interface ISubject
{
    /// <summary>Log time at which the next timer is due.</summary>
    long NextDeadline { get; }

    /// <summary>Applies one entry.</summary>
    void Apply(Entry entry, OutputBuffer events, OutputBuffer results);

    /// <summary>The whole state in plain records. Costs time in proportion to it.</summary>
    StateView View();
}
