using System.IO;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// `mutants`: a checker that never fails is a defect. Each planted bug must be reached, and found; what plants nothing
/// must find nothing.
/// </summary>
internal static class MutantsVerb
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["only", "schedules", "from"], []);
        var most = options.Number("schedules", 5_000);
        var from = options.Has("from") ? options.Seed("from") : 1;
        var (planted, found, falseAlarms) = (0, 0, 0);
        foreach (var bug in Enum.GetValues<PlantedBug>())
        {
            if (bug == PlantedBug.None || (options.Get("only") is { } only && only != bug.ToString()))
            {
                continue;
            }

            var world = new ProtocolWorld(bug);
            var (schedules, checker) = Hunt(world, from, most);
            var isNull = bug == PlantedBug.Nothing;
            planted += isNull ? 0 : 1;
            found += !isNull && checker.Length > 0 && world.BugReached > 0 ? 1 : 0;
            falseAlarms += isNull && checker.Length > 0 ? 1 : 0;
            output.WriteLine(
                $"{bug,-26} reached={world.BugReached,-6} "
                + (checker.Length > 0 ? $"found_after={schedules} by '{checker}'" : $"not found in {schedules}"));
        }

        output.WriteLine($"planted={planted} found={found} false_alarms={falseAlarms}");
        return found == planted && falseAlarms == 0 ? SimulatorProgram.Done : SimulatorProgram.Failed;
    }

    /// <summary>Runs seeds until something is found.</summary>
    public static (long Schedules, string Checker) Hunt(ProtocolWorld world, ulong from, long most)
    {
        var generator = new PlanGenerator();
        for (var i = 0L; i < most; i++)
        {
            var report = world.Run(generator.Generate(from + (ulong)i, Profile.Protocol), keepsLines: false);
            if (report.Failure is { } failure)
            {
                return (i + 1, failure.Fingerprint);
            }
        }

        return (most, "");
    }
}
