using System.Globalization;
using System.IO;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// The file of results: one line a slice, so that two people's lines merge, with tabs between commit, version of the
/// generator, profile, first seed, schedules, rate, failures and their groups.
/// </summary>
internal static class FleetResults
{
    public static void Append(RunOptions options, FleetSummary summary, ulong from, long millis)
    {
        if (options.Get("results") is not { } results)
        {
            return;
        }

        var groups = string.Join("; ", summary.Groups.Select(group => $"{group.Value.Count} {group.Key}"));
        File.AppendAllText(
            results,
            $"{Head(options)}{from}\t{summary.Schedules}\t{summary.Schedules * 3_600_000 / millis}\t"
            + $"{summary.Failed}\t{groups}\n");
    }

    /// <summary>The seed behind the last one that the file has of this commit, generator and profile.</summary>
    public static ulong NextSeed(RunOptions options, ulong from)
    {
        var results = options.Get("results") ?? throw new UsageException("--resume needs --results FILE");
        var next = from;
        foreach (var line in File.Exists(results) ? File.ReadAllLines(results) : [])
        {
            if (!line.StartsWith(Head(options), StringComparison.Ordinal))
            {
                continue;
            }

            var fields = line.Split('\t');
            var first = ulong.Parse(fields[3], CultureInfo.InvariantCulture);
            var end = first + ulong.Parse(fields[4], CultureInfo.InvariantCulture);
            next = first >= from && end > next ? end : next;
        }

        return next;
    }

    private static string Head(RunOptions options) =>
        $"{options.Get("commit")}\t{Plan.GeneratorVersion}\t{RunVerb.NameOf(options.Profile)}\t";
}
