using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Cluster.Tests;

public sealed class TradingSessionTests
{
    private const int Orders = 1_000;
    private static readonly AccountId Account = new(1);
    private static readonly InstrumentId Market = new(1);

    [Fact]
    public async Task Pipelined_commands_are_done_once_and_in_order_while_leaders_are_killed()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        try
        {
            await KillWhileTradingAsync(cluster, end.Token);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{exception.Message}\n{cluster.Said}", exception);
        }
    }

    private static async Task KillWhileTradingAsync(LoopbackCluster cluster, CancellationToken cancellation)
    {
        await using var client = cluster.Client(user: 1);
        await FoundAsync(client, cancellation);
        await using var session = await TradingSession.OpenAsync(client, Account, grace: 0, cancellation);
        var results = new Task<CommandResult>[Orders];
        for (var i = 0; i < Orders; i++)
        {
            // Twice on the way, with commands under way: the window is full of them.
            if (i is Orders / 4 or Orders / 2)
            {
                var leader = (int)await client.FindLeaderAsync(cancellation);
                await cluster.Member(leader).KillAsync();
                cluster.Start(leader);
            }

            results[i] = session.SendAsync(CommandKind.PlaceOrder, Sell(i), Market);
        }

        var decided = await Task.WhenAll(results);
        Assert.All(decided, result => Assert.Equal(RejectCode.None, result.Code));

        // In order: each one's place in the log is behind the one before. Once: each has an order of its own.
        var places = decided.Select(result => (result.Index, result.Offset)).ToArray();
        Assert.Equal(places.Order(), places);
        Assert.Equal(Orders, decided.Select(result => result.Id).Distinct().Count());
        var book = await client.QueryAsync(
            new QueryHeader { Kind = QueryKind.Book, Instrument = 1 }, cancellation);
        Assert.Equal((long)Orders, book.RowsOf<LevelAnswer>().ToArray().Sum(level => level.Visible.Lots));
        Assert.True(session.Recoveries > 1);
    }

    [Fact]
    public async Task A_command_that_is_not_admitted_does_not_hold_up_the_ones_behind_it()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var cluster = await LoopbackCluster.StartAsync(1, end.Token);
        await using var client = cluster.Client(user: 1);
        await FoundAsync(client, end.Token);
        await using var session = await TradingSession.OpenAsync(client, Account, grace: 0, end.Token);
        var wrong = Sell(1);
        wrong.Side = (Side)7;
        var first = session.SendAsync(CommandKind.PlaceOrder, wrong, Market);
        var second = session.SendAsync(CommandKind.PlaceOrder, Sell(2), Market);
        var third = session.SendAsync(CommandKind.PlaceOrder, Sell(3), Market);
        Assert.Equal(RejectCode.NotCanonical, (await first).Code);
        Assert.Equal(RejectCode.None, (await second).Code);
        Assert.Equal(RejectCode.None, (await third).Code);
    }

    [Fact]
    public async Task A_session_that_goes_on_knows_its_next_number_and_one_that_does_not_exist_is_refused()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var cluster = await LoopbackCluster.StartAsync(1, end.Token);
        await using var client = cluster.Client(user: 1);
        await FoundAsync(client, end.Token);
        SessionId id;
        await using (var session = await TradingSession.OpenAsync(client, Account, grace: 0, end.Token))
        {
            id = session.Id;
            Assert.Equal(RejectCode.None, (await session.SendAsync(CommandKind.PlaceOrder, Sell(1), Market)).Code);
        }

        await using var resumed = await TradingSession.ResumeAsync(client, id, end.Token);
        Assert.Equal(RejectCode.None, (await resumed.SendAsync(CommandKind.PlaceOrder, Sell(2), Market)).Code);
        var error = await Assert.ThrowsAsync<ClientConnectionException>(
            () => TradingSession.ResumeAsync(client, new SessionId(99), end.Token));
        Assert.Contains("99", error.Message, StringComparison.Ordinal);
    }

    private static PlaceOrder Sell(int price) => new()
    {
        Side = Side.Sell,
        Type = OrderType.Limit,
        TimeInForce = TimeInForce.GoodTillCancel,
        Price = new Price(price + 1),
        Quantity = new Quantity(1),
    };

    private static async Task FoundAsync(ClusterClient client, CancellationToken cancellation)
    {
        foreach (var code in (string[])["BTC", "KRW"])
        {
            Assert.True(AssetText.TryParse(code, out var asset, out _));
            var creation = new CreateAsset { Code = asset };
            await client.ExecuteAsync(CommandKind.CreateAsset, creation, default, cancellation);
        }

        Assert.True(SymbolText.TryParse("BTC-KRW", out var symbol, out _));
        var instrument = new CreateInstrument
        {
            Symbol = symbol,
            BaseAsset = new AssetId(1),
            QuoteAsset = new AssetId(2),
            LotUnits = 1,
            NotionalUnits = 1,
            Mode = SymbolMode.Normal,
        };
        await client.ExecuteAsync(CommandKind.CreateInstrument, instrument, default, cancellation);
        var deposit = new Deposit { Asset = new AssetId(1), Amount = new Amount(1_000_000) };
        await client.ExecuteAsync(CommandKind.Deposit, deposit, Account, cancellation);
    }
}
