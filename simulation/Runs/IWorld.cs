using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Runs;

/// <summary>
/// A world in which a plan can be run. One at a time; nothing is carried over from one run to the next but memory.
/// </summary>
public interface IWorld
{
    /// <summary>Runs a plan from its beginning to its end or its first failure.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="keepsLines">Whether the lines of the trace are wanted.</param>
    /// <returns>The world's report; overwritten by the next run.</returns>
    RunReport Run(Plan plan, bool keepsLines);
}
