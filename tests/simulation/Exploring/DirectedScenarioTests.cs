using Exchange.Rsm.Simulation.Exploring;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Tests.Exploring;

public sealed class DirectedScenarioTests
{
    public static TheoryData<string> Names => new(DirectedScenarios.All.Select(one => one.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scenario_passes_and_comes_to_what_it_is_about(string name)
    {
        var scenario = DirectedScenarios.Find(name)!;
        var report = new ProtocolWorld().Run(scenario.Plan, keepsLines: false);
        Assert.Null(report.Failure);
        Assert.DoesNotContain(scenario.Meets, mark => !report.Marks[(int)mark]);
    }

    [Fact]
    public void Scenarios_have_names_of_their_own() =>
        Assert.Equal(DirectedScenarios.All.Count, DirectedScenarios.All.Select(one => one.Name).Distinct().Count());
}
