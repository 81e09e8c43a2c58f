using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Exchange.Rsm.Bench.Parts;

namespace Exchange.Rsm.Bench;

/// <summary>The verbs beside matching.</summary>
internal static class OtherVerbs
{
    private const int Million = 1_000_000;

    public static Command Growth()
    {
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each replay is timed; the middle one counts.",
            DefaultValueFactory = _ => 3,
        };
        var verb = new Command("growth", "The cost of a message over the number of instruments and of resting orders.")
        {
            rounds,
        };
        verb.SetAction(parsed => GrowthBench.Run(Math.Max(1, parsed.GetValue(rounds)), Console.Out));
        return verb;
    }

    public static Command Memory()
    {
        var accounts = Count("--accounts", Million);
        var orders = Count("--orders", Million);
        var sessions = Count("--sessions", 10_000);
        var verb = new Command("memory", "What a million accounts and resting orders take; 1 if it is more than 1 GiB.")
        {
            accounts, orders, sessions,
        };
        verb.SetAction(parsed => new MemoryBench(
            parsed.GetValue(accounts), parsed.GetValue(orders), parsed.GetValue(sessions), Console.Out).Run() ? 0 : 1);
        return verb;
    }

    /// <summary>
    /// Runs in this process: the generated projects of the usual way would be built under this repository's rules.
    /// </summary>
    public static Command Parts()
    {
        var filter = new Option<string>("--filter")
        {
            Description = "Which benchmarks, as a pattern.",
            DefaultValueFactory = _ => "*",
        };
        var verb = new Command("parts", "The parts of a command's way, each alone, by BenchmarkDotNet.") { filter };
        verb.SetAction(parsed =>
        {
            var config = DefaultConfig.Instance
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "exchange-bench"));
            BenchmarkSwitcher.FromTypes([typeof(BytesParts), typeof(BookParts), typeof(MachineParts)])
                .Run(["--filter", parsed.GetValue(filter)!], config);
        });
        return verb;
    }

    private static Option<int> Count(string name, int otherwise) => new(name)
    {
        Description = "How many.",
        DefaultValueFactory = _ => otherwise,
    };
}
