using Exchange.Rsm.Oracle.Tests.Harness;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Oracle.Tests;

/// <summary>A machine that is thrown away and restored again and again answers as the model that never was.</summary>
public sealed class RestoredEqualityTests
{
    private const int StepsOfWorkload = 1_500;

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 31)]
    [InlineData(3, 100)]
    [InlineData(4, 7)]
    [InlineData(5, 31)]
    [InlineData(6, 100)]
    [Trait("Covers", "H-27")]
    [Trait("Covers", "H-31")]
    public void Machine_restored_from_snapshots_equals_the_model(int seed, int interval)
    {
        var workload = Workload.Of((ulong)seed << 32, StepsOfWorkload);
        var restoring = new RestoringSubject(interval);
        var run = new WorkloadRun(workload, new WorkloadCoverage(), new ComparableModel(), restoring);
        var difference = run.Run(workload);
        Assert.True(difference is null, difference);
        Assert.True(restoring.Restores > 3, "it hardly ever came back");
    }
}
