using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Price-time priority and what becomes of the rest, on the running machine.</summary>
public sealed class MatchingTests
{
    private readonly Venue _venue = new();

    [Fact]
    [Trait("Covers", "CORE-08")]
    public void Earlier_order_at_the_same_price_fills_first_also_after_a_partial_fill()
    {
        var first = Sell(100, 5);
        var second = Sell(100, 5);
        _venue.Accept(Buy(100, 2));
        Assert.Equal([(first, 100L, 2L)], Trades());
        _venue.Accept(Buy(100, 4));
        Assert.Equal([(first, 100L, 3L), (second, 100L, 1L)], Trades());
    }

    [Fact]
    [Trait("Covers", "CORE-08")]
    public void An_amended_order_keeps_its_place_and_a_replaced_one_loses_it()
    {
        var first = Sell(100, 5);
        var second = Sell(100, 5);
        var third = Sell(100, 5);
        _venue.Accept(Commands.Amend(Venue.Bob, Venue.Market, first, 3));
        _venue.Accept(Commands.Replace(Venue.Bob, Venue.Market, second, quantity: 4));
        _venue.Accept(Buy(100, 12));
        Assert.Equal([(first, 100L, 3L), (third, 100L, 5L), (second, 100L, 4L)], Trades());
    }

    [Fact]
    [Trait("Covers", "CORE-08")]
    public void An_iceberg_shows_its_next_part_behind_the_others()
    {
        var iceberg = _venue.Place(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 100, 5, display: 2));
        var other = Sell(100, 3);
        _venue.Accept(Buy(100, 8));
        Assert.Equal(
            [(iceberg, 100L, 2L), (other, 100L, 3L), (iceberg, 100L, 2L), (iceberg, 100L, 1L)], Trades());
    }

    [Fact]
    [Trait("Covers", "CORE-09")]
    public void Better_prices_fill_first_at_the_makers_price()
    {
        var worst = Sell(102, 5);
        var best = Sell(100, 5);
        var middle = Sell(101, 5);
        var result = _venue.Accept(Buy(102, 12));
        Assert.Equal([(best, 100L, 5L), (middle, 101L, 5L), (worst, 102L, 2L)], Trades());
        Assert.Equal(500 + 505 + 204, result.Notional.Units);
        Assert.Equal(0, _venue.Held(Venue.Alice, Venue.Cash));
    }

    [Fact]
    [Trait("Covers", "CORE-10")]
    public void A_limit_order_crosses_and_its_remainder_rests()
    {
        Sell(100, 3);
        var result = _venue.Accept(Buy(101, 5));
        Assert.Equal(
            (OrderStatus.PartiallyFilled, 3L, 2L), (result.Status, result.Executed.Lots, result.Remaining.Lots));
        Assert.True(_venue.IsOpen(new OrderId(result.Id)));
        Assert.Equal((Side.Buy, 101L, 2L), LastDelta());
        Assert.Equal(202, _venue.Held(Venue.Alice, Venue.Cash));
    }

    [Theory]
    [Trait("Covers", "CORE-11")]
    [Trait("Covers", "CORE-12")]
    [Trait("Covers", "CORE-13")]
    [InlineData(8, OrderStatus.Filled)]
    [InlineData(12, OrderStatus.Cancelled)]
    public void A_market_order_sweeps_the_levels_within_its_collar_and_never_rests(long lots, OrderStatus expected)
    {
        Sell(100, 3);
        Sell(103, 5);
        Sell(106, 5);
        var result = _venue.Accept(Commands.Market(Venue.Alice, Venue.Market, Side.Buy, lots));
        Assert.Equal((expected, Math.Min(8, lots), 0L), (result.Status, result.Executed.Lots, result.Remaining.Lots));
        Assert.False(_venue.IsOpen(new OrderId(result.Id)));
        Assert.Equal(0, _venue.Held(Venue.Alice, Venue.Cash));
        if (expected == OrderStatus.Cancelled)
        {
            ref readonly var cancelled = ref _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>();
            Assert.Equal((CancelReason.ImmediateOrCancel, 4L), (cancelled.Reason, cancelled.Remaining.Lots));
        }
    }

    [Theory]
    [Trait("Covers", "H-35")]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void Fill_or_kill_fills_whole_or_not_at_all(long lots, bool isFilled)
    {
        Sell(100, 3);
        _venue.Place(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 101, 5, display: 1));
        Sell(102, 5);
        var order = Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 101, lots, TimeInForce.FillOrKill);
        if (isFilled)
        {
            Assert.Equal((OrderStatus.Filled, lots), (_venue.Accept(order).Status, Trades().Sum(trade => trade.Lots)));
            return;
        }

        _venue.Refuse(RejectCode.FillOrKillUnfillable, order);
        ref readonly var rejected = ref _venue.Single(EventKind.OrderRejected).As<CommandRejected>();
        Assert.Equal((8, 9), (rejected.Actual, rejected.Limit));
        Assert.Single(_venue.Events);
    }

    [Fact]
    [Trait("Covers", "CORE-02")]
    public void A_place_answers_with_verdict_order_and_sequence_and_every_replay_with_the_same()
    {
        var accepted = _venue.Accept(Buy(90, 5));
        Assert.Equal((OrderStatus.Accepted, _venue.Index, 0u), (accepted.Status, accepted.Index, accepted.Offset));
        Assert.Equal(_venue.Events[^1].Sequence, accepted.Sequence);
        var rejected = _venue.Refuse(RejectCode.InsufficientFunds, Buy(90, 1L << 39));
        Assert.Equal((OrderStatus.Rejected, 0ul), (rejected.Status, rejected.Id));
        Assert.Equal(accepted.Sequence + 1, rejected.Sequence);
        var replay = new Replica();
        foreach (var entry in _venue.Log)
        {
            replay.Apply(entry);
        }

        Replica.AssertSame(_venue.Replica, replay);
    }

    [Fact]
    [Trait("Covers", "CORE-05")]
    public void Cancel_all_of_a_symbol_takes_every_order_off_and_a_repeat_changes_nothing()
    {
        var orders = new List<OrderId>
        {
            _venue.Rest(Venue.Alice, Side.Buy, 90, 1),
            Sell(110, 1),
            _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Sell, OrderType.Stop, 50, 1)),
        };
        var command = Commands.CancelAll(instrument: Venue.Market).Keyed(999, _venue.Now);
        var first = _venue.Send(command);
        Assert.Equal((RejectCode.None, 3ul), (first.Code, first.Id));
        Assert.Equal(
            orders,
            _venue.Events.Where(happened => happened.Kind == EventKind.OrderCancelled)
                .Select(happened => happened.As<OrderCancelled>().OrderId));
        Assert.Equal(first, _venue.Send(command));
        Assert.Empty(_venue.Events);
        Assert.Equal(0ul, _venue.Accept(Commands.CancelAll(instrument: Venue.Market)).Id);
        Assert.Empty(_venue.Events);
    }

    [Fact]
    [Trait("Covers", "CORE-04")]
    public void A_mode_is_in_force_for_the_next_command_and_says_its_reason()
    {
        var set = StaffCommands.SetMode(Venue.Market, SymbolMode.CancelOnly, reason: 42);
        var results = _venue.Together([Buy(90, 1), set, Buy(90, 1), set.Copy()]);
        Assert.Equal(
            [RejectCode.None, RejectCode.None, RejectCode.CancelOnly, RejectCode.None],
            results.Select(result => result.Code));
        ref readonly var changed = ref _venue.Single(EventKind.ModeChanged).As<ModeChanged>();
        Assert.Equal((42, SymbolMode.Normal, SymbolMode.CancelOnly), (changed.Reason, changed.From, changed.To));
    }

    [Fact]
    [Trait("Covers", "CORE-26")]
    public void Two_symbols_trade_with_their_own_sequence_book_and_mode()
    {
        var other = new InstrumentId((uint)_venue.Accept(
            StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin)).Id);
        Sell(100, 5);
        var resting = _venue.Accept(Commands.Limit(Venue.Alice, other, Side.Buy, 100, 5));
        Assert.Equal((OrderStatus.Accepted, 3ul), (resting.Status, resting.Sequence));
        _venue.Accept(StaffCommands.SetMode(other, SymbolMode.SoftHalt));
        var result = _venue.Accept(Buy(100, 5));
        Assert.Equal((OrderStatus.Filled, 6ul), (result.Status, result.Sequence));
        Assert.True(_venue.IsOpen(new OrderId(resting.Id)));
    }

    [Fact]
    [Trait("Covers", "CORE-24")]
    public void Each_command_brings_its_events_in_order()
    {
        Sell(100, 3);
        Assert.Equal([EventKind.OrderAccepted, EventKind.BookDelta], Kinds());
        var order = _venue.Place(Buy(100, 5));
        Assert.Equal(
            [EventKind.OrderAccepted, EventKind.TradeExecuted, EventKind.BookDelta, EventKind.BookDelta], Kinds());
        _venue.Accept(Commands.Amend(Venue.Alice, Venue.Market, order, 4));
        Assert.Equal([EventKind.OrderAmended, EventKind.BookDelta], Kinds());
        _venue.Accept(Commands.Replace(Venue.Alice, Venue.Market, order, price: 99));
        Assert.Equal([EventKind.BookDelta, EventKind.OrderReplaced, EventKind.BookDelta], Kinds());
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        Assert.Equal([EventKind.OrderCancelled, EventKind.BookDelta], Kinds());
        _venue.Refuse(RejectCode.UnknownOrder, Commands.Cancel(Venue.Alice, Venue.Market, order));
        Assert.Equal([EventKind.OrderRejected], Kinds());
    }

    private IEnumerable<EventKind> Kinds() => _venue.Events.Select(happened => happened.Kind);

    private (Side Side, long Price, long Visible) LastDelta()
    {
        var last = _venue.Events.Last(happened => happened.Kind == EventKind.BookDelta);
        ref readonly var delta = ref last.As<BookDelta>();
        return (delta.Side, delta.Price.Ticks, delta.Quantity.Lots);
    }

    private List<(OrderId Maker, long Price, long Lots)> Trades() =>
    [
        .. _venue.Events.Where(happened => happened.Kind == EventKind.TradeExecuted)
            .Select(happened => happened.As<TradeExecuted>())
            .Select(trade => (trade.MakerOrderId, trade.Price.Ticks, trade.Quantity.Lots)),
    ];

    private OrderId Sell(long price, long quantity) => _venue.Rest(Venue.Bob, Side.Sell, price, quantity);

    private static Command Buy(long price, long quantity) =>
        Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, price, quantity);
}
