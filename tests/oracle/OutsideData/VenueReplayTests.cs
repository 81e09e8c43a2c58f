using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Oracle.Tests.OutsideData;

/// <summary>Hours of two venues, with the fills that the venues themselves reported.</summary>
public sealed class VenueReplayTests
{
    [Theory]
    [InlineData("AAPL_hour", 80_000)]
    [InlineData("BITSTAMP_5h", 49_000)]
    [Trait("Covers", "CORE-08")]
    [Trait("Covers", "CORE-09")]
    [Trait("Covers", "CORE-10")]
    public void Machine_fills_and_cancels_as_the_venue_did(string name, int assertedMin)
    {
        var path = OutsideFolder.Require($"venue/{name}.commands.csv.xz");
        var replay = new VenueReplay(new ReplayMachine());
        replay.Run(VenueStream.Read(path));
        Assert.True(replay.Mismatched == 0, $"{replay.Mismatched} mismatches, {replay.FirstMismatch}");
        Assert.True(replay.Asserted >= assertedMin, $"only {replay.Asserted} lines were judged");
    }
}
