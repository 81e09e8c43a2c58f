using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Simulation.Tests.Protocol;

public sealed class PlantedBugTests
{
    public static TheoryData<PlantedBug> Bugs =>
        new(Enum.GetValues<PlantedBug>().Except([PlantedBug.None, PlantedBug.Nothing]));

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_planted_bug_is_reached_and_found(PlantedBug bug)
    {
        var world = new ProtocolWorld(bug);
        var (_, checker) = MutantsVerb.Hunt(world, from: 1, most: 3000);
        Assert.NotEqual(0, world.BugReached);
        Assert.NotEqual("", checker);
    }

    [Fact]
    public void Where_nothing_is_planted_nothing_is_found() =>
        Assert.Equal("", MutantsVerb.Hunt(new ProtocolWorld(PlantedBug.Nothing), from: 1, most: 300).Checker);
}
