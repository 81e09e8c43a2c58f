using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Report;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Tests.Report;

/// <summary>Failing runs to report on, of worlds with something wrong in them.</summary>
internal static class Failing
{
    /// <summary>The first seed in which a bug shows.</summary>
    public static (ProtocolWorld World, Plan Plan) First(PlantedBug bug)
    {
        var world = new ProtocolWorld(bug);
        for (var seed = 1UL; ; seed++)
        {
            var plan = new PlanGenerator().Generate(seed, Profile.Protocol);
            if (world.Run(plan, keepsLines: false).Failure is not null)
            {
                return (world, plan);
            }
        }
    }

    public static (Story Story, RunReport Report) Recorded(PlantedBug bug)
    {
        var (world, plan) = First(bug);
        return RunRecorder.Record(world, plan);
    }
}
