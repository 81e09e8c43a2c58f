using System.IO;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`fleet`: many schedules, what they covered, and what they found.</summary>
internal static class FleetVerb
{
    /// <summary>From so many schedules on, what was never met is a failure.</summary>
    private const long CoverageFrom = 100_000;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(
            arguments,
            [
                "schedules", "minutes", "seconds", "jobs", "from", "profile", "results", "json", "commit", "slice",
                "leak",
            ],
            ["twice", "quiet", "resume"]);
        var seconds = options.Number("seconds", options.Number("minutes", 0) * 60);
        var schedules = options.Number("schedules", seconds > 0 ? long.MaxValue : 10_000);
        var from = options.Has("from") ? options.Seed("from") : 1;
        var jobs = (int)options.Number("jobs", Environment.ProcessorCount);
        if (options.Has("resume"))
        {
            from = FleetResults.NextSeed(options, from);
            output.WriteLine($"resumed_from={from}");
        }

        var millisMax = seconds > 0 ? seconds * 1000 : long.MaxValue;
        var (summary, millis) = RunSlices(options, from, schedules, millisMax, jobs, output);
        var missing = Missing(summary, options.Profile);
        WriteSummary(output, summary, millis, missing);
        foreach (var (fingerprint, group) in summary.Groups)
        {
            var best = group.Seeds[0];
            output.WriteLine($"group count={group.Count} {fingerprint}");
            output.WriteLine($"  seeds {string.Join(' ', group.Seeds.Select(one => one.Seed))}");
            var repeat = $"{RunVerb.Program} run --seed {best.Seed} --profile {RunVerb.NameOf(options.Profile)}";
            var plan = new PlanGenerator().Generate(best.Seed, options.Profile);
            FailureScreen.Write(output, plan, best.Failure, repeat);
        }

        if (options.Get("json") is { } json)
        {
            var commit = options.Get("commit") ?? "";
            File.WriteAllText(json, summary.ToJson(commit, RunVerb.NameOf(options.Profile), from, millis));
        }

        var isCovered = summary.Schedules < CoverageFrom || missing.Count == 0;
        output.WriteLine(
            $"schedules={summary.Schedules} failed={summary.Failed} groups={summary.Groups.Count} "
            + $"schedules_per_hour={summary.Schedules * 3_600_000 / millis}");
        return summary.Failed == 0 && isCovered ? SimulatorProgram.Done : SimulatorProgram.Failed;
    }

    private static List<string> Missing(FleetSummary summary, Profile profile) =>
    [
        .. FaultCounts.All
            .Where(kind => summary.Faults[kind] == 0 && Reach.Of(profile, kind))
            .Select(kind => $"fault {kind}"),
        .. Enum.GetValues<Mark>()
            .Where(mark => summary.MarkCount((int)mark) == 0 && Reach.Of(profile, mark))
            .Select(mark => $"mark {mark}"),
    ];

    private static void WriteSummary(
        TextWriter output, FleetSummary summary, long millis, List<string> missing)
    {
        foreach (var kind in FaultCounts.All.Where(kind => summary.Faults[kind] > 0))
        {
            output.WriteLine($"fault {kind}={summary.Faults[kind]}");
        }

        foreach (var mark in Enum.GetValues<Mark>())
        {
            output.WriteLine($"mark {mark}={summary.MarkCount((int)mark)}");
        }

        var count = Math.Max(summary.Schedules, 1);
        output.WriteLine(
            $"events={summary.Events} events_per_second={summary.Events * 1000 / millis} "
            + $"events_per_schedule={summary.Events / count} simulated_seconds={summary.Nanos / 1_000_000_000}");
        output.WriteLine(
            $"operations={summary.Operations} unknown={summary.Unknown} committed={summary.Committed} "
            + $"elections={summary.Elections}");
        output.WriteLine($"never_met={missing.Count} {string.Join(", ", missing)}");
    }

    // Slice by slice, each with its line in the file of results: a fleet that is stopped goes on behind the last one.
    private static (FleetSummary Summary, long Millis) RunSlices(
        RunOptions options, ulong from, long schedules, long millisMax, int jobs, TextWriter output)
    {
        var slice = options.Number("slice", schedules);
        var leak = Enum.Parse<Leak>(options.Get("leak") ?? nameof(Leak.None), ignoreCase: true);
        var summary = new FleetSummary();
        var millis = 0L;
        for (var done = 0L; done < schedules && millis < millisMax;)
        {
            var first = unchecked(from + (ulong)done);
            var count = Math.Min(slice, schedules - done);
            var fleet = new Fleet(
                options.Profile, first, count, millisMax - millis, jobs, options.Has("twice"), leak);
            var part = fleet.Run(options.Has("quiet") ? TextWriter.Null : output);
            var took = Math.Max(fleet.Millis, 1);
            summary.Add(part);
            FleetResults.Append(options, part, first, took);
            millis += took;
            done += count;
        }

        return (summary, Math.Max(millis, 1));
    }
}
