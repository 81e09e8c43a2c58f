using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Oracle.Tests.OutsideData;

/// <summary>The linearizability checker against recorded histories whose verdicts others found.</summary>
public sealed class RecordedHistoryTests
{
    [Fact]
    public void Every_recorded_history_is_judged_as_it_was()
    {
        var folder = Path.GetDirectoryName(OutsideFolder.Require("linearizability/verdicts.txt"))!;
        using var output = new StringWriter();
        var code = SimulatorProgram.Run(["check-histories", folder], output, TextWriter.Null);
        Assert.True(code == SimulatorProgram.Done, output.ToString());
        Assert.Contains("histories=70 wrong=0", output.ToString(), StringComparison.Ordinal);
    }
}
