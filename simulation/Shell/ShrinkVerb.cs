using System.Diagnostics;
using System.IO;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Shrinking;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`shrink`: the smallest plan that fails as a seed does, as a file and as a test.</summary>
internal static class ShrinkVerb
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["seed", "profile", "out", "commit"], ["test"]);
        var plan = options.Has("seed")
            ? new PlanGenerator().Generate(options.Seed("seed"), options.Profile)
            : RunVerb.PlanOf(RunVerb.OneFile(options, "shrink"), options.Profile);
        var world = Worlds.Make(plan.Profile);
        var fingerprint = world.Run(plan, keepsLines: false).Failure?.Fingerprint;
        if (fingerprint is null)
        {
            output.WriteLine("nothing to shrink: the plan passes");
            return SimulatorProgram.Done;
        }

        var started = Stopwatch.GetTimestamp();
        var shrinker = new PlanShrinker(
            candidate => world.Run(candidate, keepsLines: false).Failure?.Fingerprint == fingerprint);
        var shrunk = shrinker.Shrink(plan);
        var millis = (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var text = new PlanText(shrunk.Plan, fingerprint, options.Get("commit") ?? "");
        var path = options.Get("out") ?? $"{plan.Seed}.simrepro.json";
        File.WriteAllText(path, text.ToJson());
        if (options.Has("test"))
        {
            output.WriteLine(TestOf(text));
        }

        var failure = world.Run(shrunk.Plan, keepsLines: false).Failure!;
        FailureScreen.Write(output, shrunk.Plan, failure, $"{RunVerb.Program} repro {path}");
        foreach (var item in shrunk.Plan.Items.Where(item => item.IsOperation))
        {
            output.WriteLine("  " + PlanWords.Of(item));
        }

        output.WriteLine(
            $"faults={shrunk.Plan.Items.Count(item => item.IsFault)} "
            + $"operations={shrunk.Plan.Items.Count(item => item.IsOperation)} "
            + $"runs={shrunk.Runs} millis={millis} minimal={shrunk.IsMinimal}");
        return SimulatorProgram.Failed;
    }

    /// <summary>A test that compiles in tests/simulation and fails as long as the bug is there.</summary>
    public static string TestOf(PlanText text) =>
        $$""""
        [Fact]
        public void Seed_{{text.Plan.Seed}}_passes() => Replay.Passes(
            """
        {{string.Join('\n', text.ToJson().Split('\n').Select(line => "    " + line))}}
            """);
        """";
}
