using System.Diagnostics;
using System.Globalization;
using System.IO;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// `hunt`: in each of several ranges of seeds, how many schedules it takes until something is found. What `mutants`
/// runs in the copy with the bugs; in the honest program it finds nothing.
/// </summary>
internal static class HuntVerb
{
    /// <summary>So far apart begin the ranges.</summary>
    public const ulong RangeSeeds = 10_000_000;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["profile", "schedules", "ranges", "seconds", "from"], []);
        var most = options.Number("schedules", 5_000);
        var seconds = options.Number("seconds", long.MaxValue);
        var from = options.Has("from") ? options.Seed("from") : 1;
        var world = Worlds.Make(options.Profile);
        var generator = new PlanGenerator();
        for (var range = 0UL; range < (ulong)options.Number("ranges", 5); range++)
        {
            var first = from + (range * RangeSeeds);
            var (schedules, checker) = Hunt(world, generator, options.Profile, first, most, seconds);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"range {range} schedules {schedules} found {checker}"));
        }

        output.WriteLine($"reached {Reached()}");
        return SimulatorProgram.Done;
    }

    private static (long Schedules, string Checker) Hunt(
        IWorld world, PlanGenerator generator, Profile profile, ulong from, long most, long seconds)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0L; i < most; i++)
        {
            var report = world.Run(generator.Generate(from + (ulong)i, profile), keepsLines: false);
            if (report.Failure is { } failure)
            {
                return (i + 1, failure.Fingerprint);
            }

            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds)
            {
                return (i + 1, "");
            }
        }

        return (most, "");
    }

    // In the honest program nothing is planted.
    private static long Reached() => 0;
}
