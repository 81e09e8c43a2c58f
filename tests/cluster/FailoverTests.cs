using System.Runtime.InteropServices;
using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Cluster.Tests;

[Collection(LoopbackCluster.Alone)]
public sealed class FailoverTests
{
    private static readonly QueryHeader Book = new() { Kind = QueryKind.Book, Instrument = 1 };

    [Fact]
    public async Task Three_processes_trade_lose_their_leader_and_go_on_in_the_same_session()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        await cluster.ExplainAsync(() => TradeAsync(cluster, end.Token));
    }

    private static async Task TradeAsync(LoopbackCluster cluster, CancellationToken cancellation)
    {
        await using var staff = cluster.Client(user: 1);
        await Market.FoundAsync(new Desk(staff, cancellation));
        await using var sellers = cluster.Client(user: 2);
        await using var buyers = cluster.Client(user: 3);
        var seller = new Desk(sellers, cancellation);
        var buyer = new Desk(buyers, cancellation);
        await seller.OpenSessionAsync(Market.SellersAccount);
        await buyer.OpenSessionAsync(Market.BuyersAccount);

        await seller.InSessionAsync(Market.Sell(10));
        var bought = await buyer.InSessionAsync(Market.Buy(4));
        Assert.Equal((RejectCode.None, 4), (bought.Code, bought.Executed.Lots));
        var leader = (int)await staff.FindLeaderAsync(cancellation);
        var asked = await staff.QueryAsync(Book, cancellation);
        Assert.Equal((100, 6, Side.Sell), Only(asked.RowsOf<LevelAnswer>()));
        await AssertFollowersSeeAsync(cluster, leader, buyer.LastCommit.Index, cancellation);

        await cluster.Member(leader).KillAsync();
        var repeated = await buyer.SendAsync(buyer.Last!);
        Assert.Equal(Bytes(bought), Bytes(repeated));
        var after = await buyer.InSessionAsync(Market.Buy(3));
        Assert.Equal((RejectCode.None, 3), (after.Code, after.Executed.Lots));
        Assert.NotEqual(leader, (int)await staff.FindLeaderAsync(cancellation));

        cluster.Start(leader);
        await cluster.Member(leader).Ready.WaitAsync(cancellation);
        await States.AssertEqualAsync(cluster, [1, 2, 3], buyer.LastCommit.Index, cancellation);
    }

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
                new QueryHeader { Kind = QueryKind.Balances, Account = Market.BuyersAccount.Value });
            Assert.Equal([4, 1_000_000 - 400], balances.RowsOf<BalanceAnswer>().ToArray()
                .Select(balance => (long)balance.Available.Units));
            var refused = await connection.SubmitAsync(Market.Buy(1).InSession(new SessionId(1), 1).Bytes, 1);
            Assert.Equal(RefusalCode.NotLeader, refused.Refusal.Code);
            Assert.Equal(cluster.Addresses[leader - 1].Port, int.Parse(refused.LeaderAddress.Split(':')[1]));
        }
    }

    private static (long Price, long Visible, Side Side) Only(ReadOnlySpan<LevelAnswer> levels)
    {
        Assert.Equal(1, levels.Length);
        return (levels[0].Price.Ticks, levels[0].Visible.Lots, levels[0].Side);
    }

    private static byte[] Bytes(CommandResult result) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<CommandResult>(in result)).ToArray();
}
