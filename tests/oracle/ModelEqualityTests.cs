using Exchange.Rsm.Oracle.Tests.Harness;
using Exchange.Rsm.Simulation.Workloads;
using FsCheck;
using FsCheck.Fluent;

namespace Exchange.Rsm.Oracle.Tests;

/// <summary>
/// The fast machine against the naive model on generated workloads. ORACLE_COMMANDS sets how many commands a run sees,
/// ORACLE_SEED where the seeds start; a failure prints the shrunk workload.
/// </summary>
public sealed class ModelEqualityTests(ITestOutputHelper output)
{
    private const int CommandsDefault = 1_000_000;
    private const int StepsOfWorkload = 2_500;

    // A step is a little more than a command: bursts and the prologue add some, time entries take some.
    private const int Parts = 2;

    [Fact]
    [Trait("Covers", "CORE-14")]
    [Trait("Covers", "CORE-15")]
    [Trait("Covers", "CORE-16")]
    [Trait("Covers", "CORE-17")]
    [Trait("Covers", "RISK-01")]
    [Trait("Covers", "RISK-02")]
    [Trait("Covers", "INV-02")]
    [Trait("Covers", "INV-05")]
    [Trait("Covers", "H-15")]
    [Trait("Covers", "H-46")]
    public async Task Machine_equals_model_over_generated_commands()
    {
        var commands = Setting("ORACLE_COMMANDS", CommandsDefault);
        var seed = (ulong)Setting("ORACLE_SEED", 1);
        var parts = await Task.WhenAll(Enumerable.Range(0, Parts).Select(part => Task.Run(() =>
            Check(seed + (ulong)part * 1_000_000, commands / Parts))));
        var coverage = new WorkloadCoverage();
        foreach (var part in parts)
        {
            coverage.Add(part);
        }

        output.WriteLine(coverage.ToString());
        Assert.Empty(coverage.Contradictions);
        Assert.True(coverage.Commands >= commands, $"{coverage.Commands} commands were seen, {commands} are wanted");
        Assert.True(!coverage.Zeros().Any(), $"never happened:\n{string.Join('\n', coverage.Zeros())}");
    }

    // What is wrong for some commands and then overwritten shows in no event: sessions, windows, deadlines, counts.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whole_state_equals_the_models_after_every_entry(int seed)
    {
        var workload = Workload.Of((ulong)seed << 40, StepsOfWorkload);
        var run = new WorkloadRun(
            workload, new WorkloadCoverage(), new ComparableModel(), new MachineSubject(), viewInterval: 1);
        var difference = run.Run(workload);
        Assert.True(difference is null, difference);
    }

    private static WorkloadCoverage Check(ulong seed, long commands)
    {
        var coverage = new WorkloadCoverage();
        for (var round = 0UL; coverage.Commands < commands; round++)
        {
            var isFirst = true;
            var workloads = Arb.From(
                Gen.Constant(Workload.Of(seed + round, StepsOfWorkload)),
                workload => workload.Plainer());
            var property = Prop.ForAll(workloads, workload =>
            {
                // Only what was generated is counted; what shrinking tries is not.
                var counted = isFirst ? coverage : new WorkloadCoverage();
                isFirst = false;
                return WorkloadRun.FirstDifference(workload, counted) is { } difference
                    ? false.Label($"seed {seed + round}\n{difference}")
                    : true.ToProperty();
            });
            property.Check(Config.QuickThrowOnFailure.WithMaxTest(1).WithQuietOnSuccess(true));
        }

        return coverage;
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
