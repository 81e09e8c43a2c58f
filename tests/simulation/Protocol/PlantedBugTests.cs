using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

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
        Assert.True(IsFound(world, schedules: 3000));
        Assert.NotEqual(0, world.BugReached);
    }

    [Fact]
    public void Where_nothing_is_planted_nothing_is_found() =>
        Assert.False(IsFound(new ProtocolWorld(PlantedBug.Nothing), schedules: 300));

    private static bool IsFound(ProtocolWorld world, int schedules) => Enumerable.Range(1, schedules).Any(seed =>
        world.Run(new PlanGenerator().Generate((ulong)seed, Profile.Protocol), keepsLines: false).Failure is not null);
}
