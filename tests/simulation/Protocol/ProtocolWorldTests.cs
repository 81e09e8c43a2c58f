using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Tests.Protocol;

public sealed class ProtocolWorldTests
{
    private const string HashesFile = "protocol_hashes.txt";

    private readonly ProtocolWorld _world = new();
    private readonly PlanGenerator _generator = new();

    public static TheoryData<string> Repros =>
        new(Directory.EnumerateFiles(Golden.PathOf("repros"), "*.json").Select(Path.GetFileName).Order()!);

    [Fact]
    public void Same_seed_has_the_same_trace_in_any_order_and_in_any_world()
    {
        var first = Enumerable.Range(1, 60).Select(seed => HashOf(_world, (ulong)seed)).ToList();
        for (var seed = 60; seed >= 1; seed--)
        {
            Assert.Equal(first[seed - 1], HashOf(_world, (ulong)seed));
        }

        Assert.Equal(first[6], HashOf(new ProtocolWorld(), 7));
    }

    [Fact]
    public void Seeds_have_the_traces_that_they_had()
    {
        var lines = Enumerable.Range(1, 200).Select(seed => $"{seed} {HashOf(_world, (ulong)seed):x16}\n");
        Golden.Check(HashesFile, string.Concat(lines));
    }

    [Fact]
    public void A_stored_plan_runs_as_the_seed_did()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var plan = _generator.Generate(seed, Profile.Protocol);
            var stored = PlanText.Parse(new PlanText(plan, "", "").ToJson()).Plan;
            Assert.Equal(_world.Run(plan, false).TraceHash, new ProtocolWorld().Run(stored, false).TraceHash);
        }
    }

    [Theory]
    [MemberData(nameof(Repros))]
    public void What_was_found_once_is_not_found_again(string name)
    {
        var stored = PlanText.Parse(File.ReadAllText(Path.Combine(Golden.PathOf("repros"), name)));
        Assert.Null(_world.Run(stored.Plan, keepsLines: false).Failure);
    }

    [Fact]
    public void A_crash_of_the_first_leader_leads_to_another_and_nothing_is_lost()
    {
        var report = _world.Run(_generator.Generate(1, Profile.Protocol), keepsLines: false);
        Assert.Null(report.Failure);
        Assert.True(report.OperationsDone > 0);
        Assert.True(report.Elections > 0);
    }

    private ulong HashOf(ProtocolWorld world, ulong seed) =>
        world.Run(_generator.Generate(seed, Profile.Protocol), keepsLines: false).TraceHash;
}
