using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Simulation.Tests.Shell;

public sealed class FleetTests
{
    [Theory]
    [InlineData("Clock")]
    [InlineData("Sequence")]
    [InlineData("HashOrder")]
    [InlineData("Thread")]
    public void A_leak_is_found_by_running_twice_and_the_first_event_that_differs_is_named(string leak)
    {
        var fleet = new Fleet(
            Profile.Protocol, from: 1, schedules: 12, long.MaxValue, jobs: 1, isTwice: true, Enum.Parse<Leak>(leak));
        var groups = fleet.Run(TextWriter.Null).Groups;
        var group = Assert.Single(groups, one => one.Key.StartsWith("same seed", OrdinalRule));
        Assert.Contains(group.Value.Seeds, one => one.Failure.Text.StartsWith("event ", OrdinalRule));
    }

    [Fact]
    public void Without_a_leak_running_twice_finds_nothing()
    {
        var fleet = new Fleet(Profile.Protocol, from: 1, schedules: 12, long.MaxValue, jobs: 2, isTwice: true);
        Assert.Equal(0, fleet.Run(TextWriter.Null).Failed);
    }

    [Fact]
    public void A_fleet_goes_on_where_its_results_end()
    {
        var results = Path.GetTempFileName();
        try
        {
            Assert.DoesNotContain("resumed_from", Fly(results), StringComparison.Ordinal);
            Assert.Equal(2, File.ReadAllLines(results).Length);
            Assert.Contains("resumed_from=21\n", Fly(results, "--resume"), StringComparison.Ordinal);
            Assert.Equal(4, File.ReadAllLines(results).Length);
            var other = Fly(results, "--resume", "--commit", "other");
            Assert.Contains("resumed_from=1\n", other, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(results);
        }
    }

    private const StringComparison OrdinalRule = StringComparison.Ordinal;

    private static string Fly(string results, params string[] more)
    {
        using var output = new StringWriter();
        var code = SimulatorProgram.Run(
            ["fleet", "--schedules", "20", "--slice", "10", "--results", results, "--quiet", .. more], output, output);
        Assert.Equal(SimulatorProgram.Done, code);
        return output.ToString();
    }
}
