namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class PowerCutTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Covers", "DUR-03")]
    [Trait("Covers", "H-25")]
    public void A_power_cut_at_any_boundary_loses_nothing_that_was_acknowledged()
    {
        var run = new PowerCutRun();
        Assert.Equal("", run.Run());
        output.WriteLine($"{run.Boundaries} boundaries, {run.Recoveries} recoveries, {run.TornTails} torn tails");
        Assert.True(run.Boundaries > 150);
        Assert.True(run.TornTails > 500);
    }
}
