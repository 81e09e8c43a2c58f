using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Cluster.Tests;

[Collection(LoopbackCluster.Alone)]
public sealed class SessionTests
{
    private const long Grace = 50_000_000;

    [Fact]
    public async Task Orders_of_a_session_go_when_its_connection_breaks_and_those_of_others_stay()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using var cluster = await LoopbackCluster.StartAsync(1, end.Token);
        await cluster.ExplainAsync(async () =>
        {
            await using var staff = cluster.Client(user: 1);
            await Market.FoundAsync(new Desk(staff, end.Token));
            await using var stays = cluster.Client(user: 3);
            var buyer = new Desk(stays, end.Token);
            await buyer.OpenSessionAsync(Market.BuyersAccount, Grace);
            await buyer.InSessionAsync(
                Commands.Limit(Market.BuyersAccount, Market.Instrument, Side.Buy, price: 90, quantity: 1));
            await using (var leaves = cluster.Client(user: 2))
            {
                var seller = new Desk(leaves, end.Token);
                await seller.OpenSessionAsync(Market.SellersAccount, Grace);
                await seller.InSessionAsync(Market.Sell(5));
                Assert.Equal(1u, await OpenOrdersAsync(Market.SellersAccount));

                // Naming another's session does not make its connection one's own.
                var foreign = await seller.SendAsync(
                    Market.Sell(1).By(default).InSession(buyer.Session, number: 2));
                Assert.Equal(RejectCode.UnknownSession, foreign.Code);
            }

            while (await OpenOrdersAsync(Market.SellersAccount) > 0)
            {
                end.Token.ThrowIfCancellationRequested();
            }

            Assert.Equal(1u, await OpenOrdersAsync(Market.BuyersAccount));

            async Task<uint> OpenOrdersAsync(AccountId account)
            {
                var reply = await staff.QueryAsync(
                    new QueryHeader { Kind = QueryKind.OpenOrders, Account = account.Value }, end.Token);
                return reply.Answer.Count;
            }
        });
    }
}
