using System.Runtime.InteropServices;
using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Cluster.Tests;

public sealed class FailoverTests
{
    private static readonly AssetId Bitcoin = new(1);
    private static readonly AssetId Won = new(2);
    private static readonly InstrumentId Market = new(1);
    private static readonly AccountId SellersAccount = new(2);
    private static readonly AccountId BuyersAccount = new(3);
    private static readonly QueryHeader Book = new() { Kind = QueryKind.Book, Instrument = 1 };

    [Fact]
    public async Task Three_processes_trade_lose_their_leader_and_go_on_in_the_same_session()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        try
        {
            await TradeAsync(cluster, end.Token);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{exception.Message}\n{cluster.Said}", exception);
        }
    }

    private static async Task TradeAsync(LoopbackCluster cluster, CancellationToken cancellation)
    {
        await using var staff = cluster.Client(user: 1);
        await FoundAsync(new Desk(staff, cancellation));
        await using var sellers = cluster.Client(user: 2);
        await using var buyers = cluster.Client(user: 3);
        var seller = new Desk(sellers, cancellation);
        var buyer = new Desk(buyers, cancellation);
        await seller.OpenSessionAsync(SellersAccount);
        await buyer.OpenSessionAsync(BuyersAccount);

        await seller.InSessionAsync(Commands.Limit(SellersAccount, Market, Side.Sell, price: 100, quantity: 10));
        var bought = await buyer.InSessionAsync(Buy(4));
        Assert.Equal((RejectCode.None, 4), (bought.Code, bought.Executed.Lots));
        var leader = (int)await staff.FindLeaderAsync(cancellation);
        var asked = await staff.QueryAsync(Book, cancellation);
        Assert.Equal((100, 6, Side.Sell), Only(asked.RowsOf<LevelAnswer>()));
        await AssertFollowersSeeAsync(cluster, leader, buyer.LastCommit.Index, cancellation);

        await cluster.Member(leader).KillAsync();
        var repeated = await buyer.SendAsync(buyer.Last!);
        Assert.Equal(Bytes(bought), Bytes(repeated));
        var after = await buyer.InSessionAsync(Buy(3));
        Assert.Equal((RejectCode.None, 3), (after.Code, after.Executed.Lots));
        Assert.NotEqual(leader, (int)await staff.FindLeaderAsync(cancellation));

        cluster.Start(leader);
        await cluster.Member(leader).Ready.WaitAsync(cancellation);
        await AssertEqualAsync(cluster, buyer.LastCommit.Index, cancellation);
    }

    private static async Task FoundAsync(Desk desk)
    {
        Command[] commands =
        [
            StaffCommands.CreateAsset("BTC", 8),
            StaffCommands.CreateAsset("KRW", 0),
            StaffCommands.CreateInstrument("BTC-KRW", Bitcoin, Won),
            StaffCommands.CreateUser(Roles.Trader),
            StaffCommands.CreateUser(Roles.Trader),
            StaffCommands.OpenAccount(new UserId(2)),
            StaffCommands.OpenAccount(new UserId(3)),
            StaffCommands.Deposit(SellersAccount, Bitcoin, 1_000),
            StaffCommands.Deposit(BuyersAccount, Won, 1_000_000),
        ];
        foreach (var command in commands)
        {
            var result = await desk.KeyedAsync(command);
            Assert.Equal((command.Kind, RejectCode.None), (result.Kind, result.Code));
        }
    }

    private static Command Buy(long quantity) =>
        Commands.Limit(BuyersAccount, Market, Side.Buy, price: 100, quantity);

    private static async Task AssertFollowersSeeAsync(
        LoopbackCluster cluster, int leader, ulong index, CancellationToken cancellation)
    {
        for (var node = 1; node <= cluster.Count; node++)
        {
            if (node == leader)
            {
                continue;
            }

            await using var connection = await cluster.ConnectAsync(node, user: 3, cancellation);
            var book = await connection.QueryAsync(Book with { Staleness = 1, MinIndex = index });
            Assert.True(book.Answer.AppliedIndex >= index);
            Assert.Equal((100, 6, Side.Sell), Only(book.RowsOf<LevelAnswer>()));
            var balances = await connection.QueryAsync(
                new QueryHeader { Kind = QueryKind.Balances, Account = BuyersAccount.Value });
            Assert.Equal([4, 1_000_000 - 400], balances.RowsOf<BalanceAnswer>().ToArray()
                .Select(balance => (long)balance.Available.Units));
            var refused = await connection.SubmitAsync(Buy(1).InSession(new SessionId(1), 1).Bytes, 1);
            Assert.Equal(RefusalCode.NotLeader, refused.Refusal.Code);
            Assert.Equal(cluster.Addresses[leader - 1].Port, int.Parse(refused.LeaderAddress.Split(':')[1]));
        }
    }

    private static async Task AssertEqualAsync(
        LoopbackCluster cluster, ulong index, CancellationToken cancellation)
    {
        var states = new StateAnswer[cluster.Count];
        while (true)
        {
            for (var node = 1; node <= cluster.Count; node++)
            {
                await using var connection = await cluster.ConnectAsync(node, user: 1, cancellation);
                var reply = await connection.QueryAsync(
                    new QueryHeader { Kind = QueryKind.State, Staleness = 1, MinIndex = index });
                states[node - 1] = reply.RowsOf<StateAnswer>()[0];
            }

            // A member that is behind is asked again for what the others have.
            index = states.Max(state => state.Index);
            if (states.All(state => state.Index == index))
            {
                break;
            }
        }

        Assert.All(states, state => Assert.Equal(states[0].StateHash, state.StateHash));
        Assert.All(states, state => Assert.Equal(states[0].EventChainHash, state.EventChainHash));
    }

    private static (long Price, long Visible, Side Side) Only(ReadOnlySpan<LevelAnswer> levels)
    {
        Assert.Equal(1, levels.Length);
        return (levels[0].Price.Ticks, levels[0].Visible.Lots, levels[0].Side);
    }

    private static byte[] Bytes(CommandResult result) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<CommandResult>(in result)).ToArray();
}
