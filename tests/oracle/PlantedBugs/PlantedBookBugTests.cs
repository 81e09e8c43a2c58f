using Exchange.Rsm.Oracle.Tests.GeneratedStreams;
using Exchange.Rsm.Oracle.Tests.OutsideData;

namespace Exchange.Rsm.Oracle.Tests.PlantedBugs;

/// <summary>
/// Are the replays any good? Bugs that a book can have are planted in a copy of the sources, one after the other, and
/// the replays must notice each of them. A patch that no longer applies is to be made anew: change the book as its name
/// says, and keep the difference.
/// </summary>
public sealed class PlantedBookBugTests(ITestOutputHelper output)
{
    private static readonly string[] _bugs =
    [
        "lifo", "partial_fill_loses_priority", "reduce_loses_priority", "size_priority", "limit_off_by_one",
        "worst_price_first",
    ];

    // In the recorded hours no order that was reduced behind others is later taken before them: a plain replay of the
    // files with this bug does not notice it either.
    private const string NotInVenues = "reduce_loses_priority";

    private static readonly string[] _generated = ["crowded.bin", "wide.bin", "venue.csv"];

    private static readonly string[] _venues =
        ["venue/AAPL_hour.commands.csv.xz", "venue/BITSTAMP_5h.commands.csv.xz"];

    [Fact]
    [Trait("Covers", "CORE-08")]
    [Trait("Covers", "CORE-09")]
    public void Replays_notice_every_planted_bug_of_the_book()
    {
        using var copy = new PatchedCopy();
        var streams = _generated.Select(GeneratedStreamTests.PathOf)
            .Concat(_venues.Select(OutsideFolder.Find).OfType<string>())
            .ToList();
        Assert.Empty(Noticed(copy, streams));
        foreach (var bug in _bugs)
        {
            var patch = Path.Combine(Checkout.Root, "tests/oracle/testdata/planted", $"{bug}.patch");
            var noticed = copy.With(patch, () => Noticed(copy, streams));
            output.WriteLine($"{bug}: noticed by {string.Join(", ", noticed)}");
            Assert.True(noticed.Exists(_generated.Contains), $"{bug}: no generated stream notices it");
            Assert.True(
                bug == NotInVenues
                || streams.Count == _generated.Length
                || noticed.Exists(name => !_generated.Contains(name)),
                $"{bug}: no recorded venue notices it");
        }
    }

    // The streams whose replay comes out wrong.
    private static List<string> Noticed(PatchedCopy copy, IEnumerable<string> streams) =>
        [.. streams.Where(stream => !IsRight(copy, stream)).Select(stream => Path.GetFileName(stream))];

    private static bool IsRight(PatchedCopy copy, string stream)
    {
        if (stream.Contains(".csv", StringComparison.Ordinal))
        {
            return copy.Exchange("replay", "venue", stream).Code == 0;
        }

        var expected = File.ReadAllText(Path.ChangeExtension(stream, ".sha256")).TrimEnd();
        var (code, printed) = copy.Exchange("replay", "matching", stream);
        return code == 0 && printed.Contains($"sha256={expected}", StringComparison.Ordinal);
    }
}
