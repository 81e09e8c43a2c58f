using Exchange.Rsm.Simulation.Cluster;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Tests.Cluster;

public sealed class ExchangeWorldTests
{
    private const string HashesFile = "exchange_hashes.txt";
    private const int Seeds = 24;

    private readonly ExchangeWorld _world = new();
    private readonly PlanGenerator _generator = new();

    public static TheoryData<string> Repros =>
        new(Directory.EnumerateFiles(Golden.PathOf("repros_exchange"), "*.json").Select(Path.GetFileName).Order()!);

    [Fact]
    public void Same_seed_has_the_same_trace_in_any_order_and_in_any_world()
    {
        var first = Enumerable.Range(1, Seeds).Select(seed => HashOf(_world, (ulong)seed)).ToList();
        for (var seed = Seeds; seed >= 1; seed -= 2)
        {
            Assert.Equal(first[seed - 1], HashOf(_world, (ulong)seed));
        }

        Assert.Equal(first[6], HashOf(new ExchangeWorld(), 7));
    }

    [Fact]
    public void Seeds_have_the_traces_that_they_had()
    {
        var lines = Enumerable.Range(1, Seeds).Select(seed => $"{seed} {HashOf(_world, (ulong)seed):x16}\n");
        Golden.Check(HashesFile, string.Concat(lines));
    }

    [Fact]
    public void A_schedule_has_a_hundred_commands_trades_and_books_that_agree()
    {
        var (commands, trades) = (0L, 0);
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var report = _world.Run(_generator.Generate(seed, Profile.Exchange), keepsLines: false);
            Assert.Null(report.Failure);
            Assert.True(report.OperationsDone >= 100, $"seed {seed}: {report.OperationsDone}");
            commands += report.OperationsDone;
            trades += report.Marks[(int)Mark.TradesMade] ? 1 : 0;
        }

        Assert.True(commands > Seeds * 120, $"{commands}");
        Assert.True(trades > Seeds / 2, $"{trades}");
    }

    [Theory]
    [MemberData(nameof(Repros))]
    public void What_was_found_once_is_not_found_again(string name)
    {
        var stored = PlanText.Parse(File.ReadAllText(Path.Combine(Golden.PathOf("repros_exchange"), name)));
        Assert.Null(_world.Run(stored.Plan, keepsLines: false).Failure);
    }

    private ulong HashOf(ExchangeWorld world, ulong seed) =>
        world.Run(_generator.Generate(seed, Profile.Exchange), keepsLines: false).TraceHash;
}
