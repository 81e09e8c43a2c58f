using System.Diagnostics;
using System.IO;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Exploring;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`explore`: everything that can happen to a small cluster.</summary>
internal static class ExploreVerb
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(
            arguments, ["nodes", "terms", "entries", "crashes", "losses", "timeouts", "states"], []);
        var plain = new ExploreBounds();
        var bounds = new ExploreBounds
        {
            Nodes = (int)options.Number("nodes", plain.Nodes),
            Terms = (int)options.Number("terms", plain.Terms),
            Entries = (int)options.Number("entries", plain.Entries),
            Crashes = (int)options.Number("crashes", plain.Crashes),
            Losses = (int)options.Number("losses", plain.Losses),
            Timeouts = (int)options.Number("timeouts", plain.Timeouts),
            StatesMax = options.Number("states", plain.StatesMax),
        };
        var started = Stopwatch.GetTimestamp();
        using var hasher = new ChainHasher();
        var found = new Explorer(bounds, new ObjectDigest().Of, hasher).Run();
        var millis = Math.Max((long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
        output.WriteLine(
            $"nodes={bounds.Nodes} terms={bounds.Terms} entries={bounds.Entries} crashes={bounds.Crashes} "
            + $"losses={bounds.Losses} timeouts={bounds.Timeouts}");
        output.WriteLine(
            $"states={found.States} transitions={found.Transitions} node_states={found.NodeStates} "
            + $"messages={found.Messages} depth={found.Depth}");
        output.WriteLine(
            $"states_by_led_term={string.Join(',', found.ByLedTerm)} "
            + $"states_by_committed={string.Join(',', found.ByCommitted)}");
        output.WriteLine($"millis={millis} states_per_minute={found.States * 60_000 / millis}");
        output.WriteLine($"complete={(found.IsComplete ? "yes" : "no")}");
        if (found.Wrong is null)
        {
            return found.IsComplete ? SimulatorProgram.Done : SimulatorProgram.Failed;
        }

        output.WriteLine($"FAILED {found.Wrong}");
        foreach (var line in found.Path)
        {
            output.WriteLine(line);
        }

        return SimulatorProgram.Failed;
    }
}
