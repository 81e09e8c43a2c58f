using System.IO;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Report;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`explain`: what a failing run found and, event by event, what that came from.</summary>
internal static class ExplainVerb
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["profile"], []);
        var plan = RunVerb.PlanOf(RunVerb.OneFile(options, "explain"), options.Profile);
        var world = Worlds.Make(plan.Profile) as IWatchableWorld
            ?? throw new UsageException($"runs of the profile {RunVerb.NameOf(plan.Profile)} cannot be explained");
        return Write(world, plan, output);
    }

    /// <summary>Runs a plan and tells why it fails.</summary>
    public static int Write(IWatchableWorld world, Plan plan, TextWriter output)
    {
        var (story, report) = RunRecorder.Record(world, plan);
        if (report.Failure is null)
        {
            output.WriteLine($"nothing to explain: the plan passes, events={report.Events}");
            return SimulatorProgram.Done;
        }

        foreach (var item in plan.Items.Where(item => !item.IsOperation))
        {
            output.WriteLine("given: " + PlanWords.Of(item).TrimStart());
        }

        foreach (var line in Explanation.Of(story, CausalSlice.Of(story)))
        {
            output.WriteLine(line);
        }

        return SimulatorProgram.Failed;
    }
}
