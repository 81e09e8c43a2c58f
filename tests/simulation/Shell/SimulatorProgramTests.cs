using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Simulation.Tests.Shell;

public sealed class SimulatorProgramTests
{
    [Fact]
    public void Help_is_printed_and_the_program_ends_well()
    {
        var (code, output, _) = Run("--help");
        Assert.Equal(SimulatorProgram.Done, code);
        Assert.StartsWith("usage:", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_verb_is_named_and_the_usage_shown()
    {
        var (code, _, error) = Run("dance");
        Assert.Equal(SimulatorProgram.Misused, code);
        Assert.Contains("'dance'", error, StringComparison.Ordinal);
        Assert.Contains("usage:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_history_whose_verdict_is_wrong_is_named_and_fails()
    {
        var folder = Directory.CreateTempSubdirectory("histories-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "histories"));
            File.WriteAllText(Path.Combine(folder.FullName, "verdicts.txt"), "0 false\n");
            File.WriteAllText(
                Path.Combine(folder.FullName, "histories", "etcd_000.log"), "x - 0\t:invoke\t:read\tnil\n");
            var (code, output, _) = Run("check-histories", folder.FullName);
            Assert.Equal(SimulatorProgram.Failed, code);
            Assert.Contains("histories=1 wrong=1", output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_is_a_failure_and_no_crash() =>
        Assert.Equal(SimulatorProgram.Failed, Run("check-histories", "no/such/folder").Code);

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (SimulatorProgram.Run(arguments, output, error), output.ToString(), error.ToString());
    }
}
