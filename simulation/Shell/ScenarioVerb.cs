using System.IO;
using Exchange.Rsm.Simulation.Exploring;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`scenario`: stories written by hand; without a name, which there are.</summary>
internal static class ScenarioVerb
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["html"], ["trace"]);
        if (options.Files.Count == 0)
        {
            foreach (var known in DirectedScenarios.All)
            {
                output.WriteLine($"{known.Name,-20} {known.What}");
            }

            return SimulatorProgram.Done;
        }

        var scenario = DirectedScenarios.Find(RunVerb.OneFile(options, "scenario"))
            ?? throw new UsageException($"no scenario is called {options.Files[0]}");
        return Show(scenario, options, output);
    }

    private static int Show(DirectedScenario scenario, RunOptions options, TextWriter output)
    {
        var plan = scenario.Plan;
        var repeat = $"{RunVerb.Program} scenario {scenario.Name}";
        RunVerb.WritePage(options, plan, repeat, output);
        var code = RunVerb.Show(plan, options.Has("trace"), repeat, output);
        var report = Worlds.Make(Profile.Protocol).Run(plan, keepsLines: false);
        foreach (var mark in scenario.Meets.Where(mark => !report.Marks[(int)mark]))
        {
            output.WriteLine($"it did not come to that: {mark}");
            code = SimulatorProgram.Failed;
        }

        return code;
    }
}
