using System.CommandLine;
using Exchange.Rsm.Bench.Snapshots;

namespace Exchange.Rsm.Bench;

/// <summary>The verb that measures what a snapshot costs.</summary>
internal static class SnapshotVerb
{
    public static Command Create()
    {
        var size = new Option<int>("--mebibytes")
        {
            Description = "Size of the state.",
            DefaultValueFactory = _ => 1024,
        };
        var rate = new Option<int>("--rate")
        {
            Description = "Entries of 8 commands a second.",
            DefaultValueFactory = _ => 10_000,
        };
        var verb = new Command(
            "snapshot", "Pauses and latencies while snapshots are written through FASTER; 1 if they are too long.")
        {
            size, rate,
        };
        verb.SetAction(parsed =>
        {
            var folder = Directory.CreateTempSubdirectory("exchange-snapshot-").FullName;
            try
            {
                var bytes = (long)parsed.GetValue(size) << 20;
                return new SnapshotBench(bytes, parsed.GetValue(rate), folder, Console.Out).Run() ? 0 : 1;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return verb;
    }
}
