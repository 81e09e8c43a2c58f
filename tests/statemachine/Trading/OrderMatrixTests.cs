using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Each order that type, time in force, post-only and display make, against a table typed by hand.</summary>
public sealed class OrderMatrixTests
{
    // R rests, F is filled at once, W waits for its stop, - is an invalid combination.
    private const string Table =
        """
                                      GTC GTD IOC FOK
        Limit                          R   R   F   F
        Limit           post-only      R   R   -   -
        Limit           iceberg        R   R   -   -
        Limit           both           R   R   -   -
        Market                         -   -   F   F
        Market          post-only      -   -   -   -
        Market          iceberg        -   -   -   -
        Market          both           -   -   -   -
        Stop                           W   W   -   -
        Stop            post-only      -   -   -   -
        Stop            iceberg        -   -   -   -
        Stop            both           -   -   -   -
        StopLimit                      W   W   W   W
        StopLimit       post-only      W   W   -   -
        StopLimit       iceberg        W   W   -   -
        StopLimit       both           W   W   -   -
        TakeProfit                     W   W   -   -
        TakeProfit      post-only      -   -   -   -
        TakeProfit      iceberg        -   -   -   -
        TakeProfit      both           -   -   -   -
        TakeProfitLimit                W   W   W   W
        TakeProfitLimit post-only      W   W   -   -
        TakeProfitLimit iceberg        W   W   -   -
        TakeProfitLimit both           W   W   -   -
        """;

    public static TheoryData<string, string, string, char> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, char>();
            foreach (var row in Table.Split('\n').Skip(1))
            {
                var words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var extra = words.Length == 6 ? words[1] : "plain";
                foreach (var (life, place) in ((string, int)[])[("GTC", 4), ("GTD", 3), ("IOC", 2), ("FOK", 1)])
                {
                    cells.Add(words[0], extra, life, words[^place][0]);
                }
            }

            Assert.Equal(6 * 4 * 4, cells.Count);
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void An_order_does_what_the_table_says(string type, string extra, string life, char expected)
    {
        var venue = new Venue();
        venue.Rest(Venue.Bob, Side.Sell, 100, 50);
        var order = Order(venue, type, extra, life);
        var test = venue.Do(Commands.Test(order));
        var result = venue.Do(order);
        if (expected == '-')
        {
            Assert.Equal((RejectCode.InvalidCombination, OrderStatus.Rejected), (result.Code, result.Status));
            var code = venue.Single(EventKind.OrderRejected).As<CommandRejected>().Code;
            Assert.Equal(RejectCode.InvalidCombination, code);
            Assert.Equal((RejectCode.InvalidCombination, OrderStatus.Rejected), (test.Code, test.Status));
            Assert.Equal(0, venue.Held(Venue.Alice, Venue.Cash));
            return;
        }

        var status = expected switch
        {
            'R' => OrderStatus.Accepted,
            'F' => OrderStatus.Filled,
            _ => OrderStatus.Waiting,
        };
        Assert.Equal((RejectCode.None, OrderStatus.Accepted), (test.Code, test.Status));
        Assert.Equal((RejectCode.None, status), (result.Code, result.Status));
        Assert.Equal(expected != 'F', venue.IsOpen(new OrderId(result.Id)));
        Assert.Equal(expected != 'F', venue.Held(Venue.Alice, Venue.Cash) > 0);
        Assert.Equal(expected == 'F' ? 10 : 0, result.Executed.Lots);
    }

    [Theory]
    [InlineData(TimeInForce.ImmediateOrCancel, RejectCode.None)]
    [InlineData(TimeInForce.FillOrKill, RejectCode.InvalidCombination)]
    [InlineData(TimeInForce.GoodTillCancel, RejectCode.InvalidCombination)]
    [InlineData(TimeInForce.GoodTillDate, RejectCode.InvalidCombination)]
    public void A_budget_goes_with_immediate_or_cancel_alone(TimeInForce life, RejectCode expected)
    {
        var venue = new Venue();
        venue.Rest(Venue.Bob, Side.Sell, 100, 50);
        var order = Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, 1_000);
        order.As<PlaceOrder>().TimeInForce = life;
        order.As<PlaceOrder>().ExpiresAt = life == TimeInForce.GoodTillDate ? venue.Now + Venue.Second : 0;
        Assert.Equal(expected, venue.Do(order).Code);
    }

    [Theory]
    [InlineData(OrderType.Limit)]
    [InlineData(OrderType.Stop)]
    [InlineData(OrderType.StopLimit)]
    [InlineData(OrderType.TakeProfit)]
    [InlineData(OrderType.TakeProfitLimit)]
    public void A_budget_goes_with_market_orders_alone(OrderType type)
    {
        var venue = new Venue();
        var order = Order(venue, type.ToString(), "plain", "GTC");
        order.As<PlaceOrder>().QuoteBudget = new Amount(1_000);
        order.As<PlaceOrder>().Quantity = default;
        venue.Refuse(RejectCode.InvalidCombination, order);
    }

    [Theory]
    [InlineData(OrderType.Limit, "IOC", "stop")]
    [InlineData(OrderType.Limit, "GTC", "stop")]
    [InlineData(OrderType.Market, "IOC", "stop")]
    [InlineData(OrderType.Market, "IOC", "price")]
    [InlineData(OrderType.Stop, "GTC", "price")]
    [InlineData(OrderType.TakeProfit, "GTC", "price")]
    [InlineData(OrderType.Limit, "GTC", "expiry")]
    [InlineData(OrderType.Limit, "IOC", "expiry")]
    [InlineData(OrderType.Market, "FOK", "expiry")]
    [InlineData(OrderType.StopLimit, "FOK", "expiry")]
    public void A_field_that_the_order_does_not_use_is_refused(OrderType type, string life, string field)
    {
        var venue = new Venue();
        venue.Rest(Venue.Bob, Side.Sell, 100, 50);
        var order = Order(venue, type.ToString(), "plain", life);
        ref var place = ref order.As<PlaceOrder>();
        place.StopPrice = field == "stop" ? new Price(200) : place.StopPrice;
        place.Price = field == "price" ? new Price(100) : place.Price;
        place.ExpiresAt = field == "expiry" ? venue.Now + Venue.Second : place.ExpiresAt;
        venue.Refuse(RejectCode.InvalidCombination, order);
    }

    // Buys ten lots: at 95 where it is to rest, at 100 where it is to fill; stops are far from any price.
    private static Command Order(Venue venue, string type, string extra, string life)
    {
        var kind = Enum.Parse<OrderType>(type);
        var isRise = kind is OrderType.Stop or OrderType.StopLimit;
        var hasLimit = kind is OrderType.Limit or OrderType.StopLimit or OrderType.TakeProfitLimit;
        return Commands.Waiting(
            Venue.Alice,
            Venue.Market,
            Side.Buy,
            kind,
            stop: kind < OrderType.Stop ? 0 : isRise ? 200 : 50,
            quantity: 10,
            price: !hasLimit ? 0 : life is "IOC" or "FOK" ? 100 : 95,
            timeInForce: life switch
            {
                "GTC" => TimeInForce.GoodTillCancel,
                "GTD" => TimeInForce.GoodTillDate,
                "IOC" => TimeInForce.ImmediateOrCancel,
                _ => TimeInForce.FillOrKill,
            },
            expiresAt: life == "GTD" ? venue.Now + Venue.Second : 0,
            postOnly: extra is "post-only" or "both",
            display: extra is "iceberg" or "both" ? 4 : 0);
    }
}
