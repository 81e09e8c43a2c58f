using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Simulation.Model;

namespace Exchange.Rsm.Oracle.Tests.GeneratedStreams;

/// <summary>
/// Streams of the project's own, so that a checkout without outside data still replays something. REWRITE_GOLDEN=1
/// makes them anew; the hashes are then those of the naive model.
/// </summary>
public sealed class GeneratedStreamTests
{
    private static readonly StreamPlan[] _plans =
    [
        new("crowded", Seed: 11, Prices: 6, Count: 3_000),
        new("wide", Seed: 12, Prices: 400, Count: 3_000),
    ];

    private static readonly StreamPlan _venue = new("venue", Seed: 13, Prices: 8, Count: 2_000);

    /// <summary>Where the streams stand: name.bin, name.sha256, name.csv.</summary>
    public static string PathOf(string name) => Path.Combine(Checkout.TestData, "streams", name);

    [Theory]
    [InlineData("crowded")]
    [InlineData("wide")]
    [Trait("Covers", "CORE-08")]
    [Trait("Covers", "CORE-09")]
    public void Machine_and_naive_model_write_the_same_report_of_a_generated_stream(string name)
    {
        var made = StreamGenerator.Matching(_plans.Single(one => one.Name == name));
        var path = PathOf($"{name}.bin");
        if (Golden.IsRewriting)
        {
            File.WriteAllBytes(path, MatchingStream.Format(made));
            var hash = Report(new ReplayMachine(new ModelExchange().Apply), made);
            File.WriteAllText(PathOf($"{name}.sha256"), $"{hash}\n");
        }

        Assert.Equal(MatchingStream.Format(made), File.ReadAllBytes(path));
        var messages = MatchingStream.Read(path);
        var expected = File.ReadAllText(PathOf($"{name}.sha256")).TrimEnd('\n');
        Assert.Equal(expected, Report(new ReplayMachine(), messages));
        Assert.Equal(expected, Report(new ReplayMachine(new ModelExchange().Apply), messages));
    }

    [Fact]
    [Trait("Covers", "CORE-08")]
    [Trait("Covers", "CORE-10")]
    public void Machine_and_naive_model_answer_a_generated_venue_as_a_plain_book_does()
    {
        var path = PathOf("venue.csv");
        if (Golden.IsRewriting)
        {
            File.WriteAllText(path, StreamGenerator.Venue(_venue));
        }

        Assert.Equal(StreamGenerator.Venue(_venue), File.ReadAllText(path));
        foreach (var machine in new[] { new ReplayMachine(), new ReplayMachine(new ModelExchange().Apply) })
        {
            var replay = new VenueReplay(machine);
            replay.Run(VenueStream.Read(path));
            Assert.Equal("", replay.FirstMismatch);
            Assert.InRange(replay.Asserted, 1_200, _venue.Count);
        }
    }

    private static string Report(ReplayMachine machine, MatchingMessage[] messages)
    {
        var replay = new MatchingReplay(machine);
        replay.Run(messages);
        return replay.Report.Sha256();
    }
}
