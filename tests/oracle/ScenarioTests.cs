using Exchange.Rsm.Oracle.Tests.Harness;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Scenarios;

namespace Exchange.Rsm.Oracle.Tests;

/// <summary>
/// Scenarios that a trader can read, testdata/*.txt, over the model and over the machine. REWRITE_GOLDEN=1 writes the
/// outputs anew, from the model: then read the difference.
/// </summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Checkout.TestData, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file))
            .Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Model_follows_the_scenario(string file)
    {
        if (Golden.IsRewriting)
        {
            File.WriteAllText(PathOf(file), new ScenarioRunner(new ModelSubject()).Run(Read(file)).Print());
        }

        Follow(file, new ModelSubject());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Machine_follows_the_scenario(string file) => Follow(file, new MachineSubject());

    [Theory]
    [MemberData(nameof(Files))]
    public void Scenario_says_what_it_shows(string file)
    {
        var scenario = Read(file);
        Assert.Contains(scenario.Blocks[0].Notes, note => !note.StartsWith("# covers:", StringComparison.Ordinal));
        Assert.Equal(scenario.Print(), File.ReadAllText(PathOf(file)));
    }

    private static void Follow(string file, ISubject subject)
    {
        var scenario = Read(file);
        Assert.Equal(scenario.Print(), new ScenarioRunner(subject).Run(scenario).Print());
    }

    private static ScenarioFile Read(string file) => ScenarioFile.Parse(File.ReadAllText(PathOf(file)));

    private static string PathOf(string file) => Golden.PathOf(file + ".txt");
}
