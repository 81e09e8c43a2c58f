using System.IO;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Report;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// A run as one HTML page that needs nothing else: no server, no network, no other file. The page's own parts are in
/// Report/Page and travel inside the program.
/// </summary>
internal static class ReportPage
{
    private static readonly string[] _scripts = ["model", "timeline", "lanes", "history", "inspector", "main"];

    /// <summary>Runs a plan and answers the page.</summary>
    public static string Of(Plan plan, string repeat)
    {
        var world = Worlds.Make(plan.Profile) as IWatchableWorld
            ?? throw new UsageException($"no report can be made of the profile {RunVerb.NameOf(plan.Profile)}");
        return Of(world, plan, repeat);
    }

    /// <summary>Runs a plan in a world and answers the page.</summary>
    public static string Of(IWatchableWorld world, Plan plan, string repeat)
    {
        var (story, report) = RunRecorder.Record(world, plan);
        var slice = CausalSlice.Of(story);
        IReadOnlyList<string> words = story.Failure is null ? [] : Explanation.Of(story, slice);
        return Of(ReportJson.Of(story, slice, report, repeat, words));
    }

    /// <summary>The page around its data.</summary>
    public static string Of(string json) => Part("report.html")
        .Replace("/*STYLE*/", Part("report.css"), StringComparison.Ordinal)
        .Replace("/*SCRIPT*/", string.Join('\n', _scripts.Select(name => Part(name + ".js"))), StringComparison.Ordinal)
        .Replace("/*DATA*/", json, StringComparison.Ordinal);

    /// <summary>Writes the page to a file and says so.</summary>
    public static void Write(Plan plan, string repeat, string path, TextWriter output)
    {
        var page = Of(plan, repeat);
        File.WriteAllText(path, page);
        output.WriteLine($"html={path} bytes={page.Length}");
    }

    private static string Part(string name)
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream("Report.Page." + name)
            ?? throw new InvalidOperationException($"the program lacks its part {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
