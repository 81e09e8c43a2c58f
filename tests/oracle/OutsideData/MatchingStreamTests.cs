using System.Globalization;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Oracle.Tests.OutsideData;

/// <summary>Streams of a public benchmark; independent engines agree on their reports.</summary>
public sealed class MatchingStreamTests
{
    [Theory]
    [InlineData("normal", 23)]
    [InlineData("normal", 101)]
    [InlineData("static", 23)]
    [InlineData("static", 101)]
    [InlineData("swing-25", 23)]
    [InlineData("swing-25", 101)]
    [InlineData("swing-40", 23)]
    [InlineData("swing-40", 101)]
    [InlineData("flash-crash", 23)]
    [InlineData("flash-crash", 101)]
    [Trait("Covers", "CORE-08")]
    [Trait("Covers", "CORE-09")]
    public void Small_stream_gives_the_report_that_is_expected(string shape, int seed)
    {
        var name = $"{shape}_s{seed}_n20000.bin";
        var path = OutsideFolder.Require($"matching/small/{name}.xz");
        var expected = Expectation(name);
        var messages = MatchingStream.Read(path);
        var report = Replay(messages);
        Assert.Equal(expected["msgs"], messages.Length.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(expected["reports"], report.Count.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(expected["sha256"], report.Sha256());
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("flash-crash")]
    [Trait("Covers", "CORE-08")]
    [Trait("Covers", "CORE-09")]
    public void Full_stream_gives_the_report_that_all_engines_agree_on(string shape)
    {
        var path = OutsideFolder.Require($"matching/orders_{shape}.bin.xz");
        var hashes = File.ReadAllLines(OutsideFolder.Require("matching/correctness_hash.txt"));
        var expected = hashes.Single(line => line.Contains($" {shape}_", StringComparison.Ordinal)).Split(' ')[0];
        Assert.Equal(expected, Replay(MatchingStream.Read(path)).Sha256());
    }

    private static ReportText Replay(MatchingMessage[] messages)
    {
        var replay = new MatchingReplay(new ReplayMachine());
        replay.Run(messages);
        return replay.Report;
    }

    // name key=value key=value…
    private static Dictionary<string, string> Expectation(string name) =>
        File.ReadAllLines(OutsideFolder.Require("matching/small/EXPECTED.txt"))
            .Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal))
            .Split(' ')
            .Skip(1)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
}
