using System.CommandLine;
using Exchange.Rsm.Bench.Streams;

namespace Exchange.Rsm.Bench;

/// <summary>The verb that measures matching on one stream.</summary>
internal static class MatchingVerb
{
    private static readonly Option<string?> _file = new("--file")
    {
        Description = "An OPS1 workload (.ops) or a matching stream (.bin, .bin.xz). Without it, a generated stream.",
    };

    private static readonly Option<string> _mode = new("--mode")
    {
        Description = "book: matching alone. full: everything a command goes through. both.",
        DefaultValueFactory = _ => "both",
    };

    private static readonly Option<int> _rounds = new("--rounds")
    {
        Description = "How often each replay is timed; the middle one counts.",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<int> _batch = new("--batch")
    {
        Description = "Commands in one log entry of a full replay.",
        DefaultValueFactory = _ => 64,
    };

    private static readonly Option<long> _keys = new("--keys")
    {
        Description = "Keys remembered at a time in the keyed replay.",
        DefaultValueFactory = _ => 1_000_000,
    };

    public static Command Create()
    {
        _mode.AcceptOnlyFromAmong("book", "full", "both");
        var verb = new Command("matching", "The cost of a message, beside those of a naive book and a cache miss.")
        {
            _file, _mode, _rounds, _batch, _keys,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var mode = parsed.GetValue(_mode);
        var options = new MatchingOptions(
            Book: mode != "full",
            Full: mode != "book",
            Keyed: mode != "book",
            Rounds: Math.Max(1, parsed.GetValue(_rounds)),
            Batch: Math.Max(1, parsed.GetValue(_batch)),
            KeysRemembered: Math.Max(1, parsed.GetValue(_keys)));
        new MatchingBench(Read(parsed.GetValue(_file)), options, Console.Out).Run();
        return 0;
    }

    private static OperationStream Read(string? file) => file switch
    {
        null => GeneratedStream.Make(new StreamShape(Symbols: 1, Resting: 10_000, Count: 400_000)),
        _ when file.EndsWith(".ops", StringComparison.Ordinal) => OpsFile.Read(file),
        _ => MatchingFile.Read(file),
    };
}
