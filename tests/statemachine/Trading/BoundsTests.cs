using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>What one command can do is bounded, at the real bound too: 10,000 steps of each part.</summary>
public sealed class BoundsTests
{
    private const int StepsMax = (int)EffectLimits.StepsMax;

    private readonly Venue _venue = new(funds: (Int128)1 << 60);

    [Fact]
    public void An_order_meets_ten_thousand_parts_and_the_rest_is_cancelled()
    {
        Icebergs(11);
        var swept = _venue.Accept(Buy(10_500));
        Assert.Equal((OrderStatus.Cancelled, (long)StepsMax), (swept.Status, swept.Executed.Lots));
        Assert.Equal(StepsMax, _venue.Count(EventKind.TradeExecuted));
        Assert.Equal(CancelReason.StepsMax, _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>().Reason);
        AssertWithinCause();
        Assert.False(_venue.State.Books[1].IsCrossed);
        Assert.Equal(0, _venue.Held(Venue.Alice, Venue.Cash));
    }

    [Fact]
    public void The_last_meeting_allowed_fills_an_order_as_any_other()
    {
        Icebergs(10);
        var swept = _venue.Accept(Buy(StepsMax));
        Assert.Equal((OrderStatus.Filled, (long)StepsMax), (swept.Status, swept.Executed.Lots));
    }

    [Fact]
    public void A_fill_or_kill_that_needs_more_meetings_is_refused_and_one_that_needs_no_more_fills()
    {
        Icebergs(11);
        _venue.Refuse(RejectCode.FillOrKillUnfillable, Buy(StepsMax + 1, TimeInForce.FillOrKill));
        Assert.Equal(StepsMax, (int)_venue.Single(EventKind.OrderRejected).As<CommandRejected>().Actual);
        Assert.Equal(OrderStatus.Filled, _venue.Accept(Buy(StepsMax, TimeInForce.FillOrKill)).Status);
    }

    [Fact]
    public void A_cascade_at_the_bound_stays_within_the_bytes_of_one_cause()
    {
        // The first stop meets all but one of the steps, so the second still fires and meets as many as it may.
        Icebergs(32);
        _venue.SetPolicy(policy => policy with { CollarBasisPoints = 0 });
        _venue.Rest(Venue.Bob, Side.Sell, 99, 1);
        foreach (var lots in (int[])[StepsMax - 2, 15_000, 100])
        {
            _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, OrderType.Stop, 100, lots));
        }

        // 9,999 parts and one lot at 99.
        var taker = _venue.Accept(Buy(StepsMax));
        Assert.Equal(OrderStatus.Filled, taker.Status);
        Assert.Equal(2, _venue.Count(EventKind.OrderTriggered));
        Assert.Equal((3 * StepsMax) - 2, _venue.Count(EventKind.TradeExecuted));
        AssertWithinCause();
        Assert.Equal(_venue.Now, _venue.Machine.NextDeadline);
        _venue.Pass(1);
        Assert.Equal(1, _venue.Count(EventKind.OrderTriggered));
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void An_uncross_at_the_bound_goes_on_by_itself_until_nothing_crosses()
    {
        _venue.SetMode(SymbolMode.Auction);
        Icebergs(25);
        _venue.Place(Buy(25_000));
        _venue.SetMode(SymbolMode.Normal);
        Assert.Equal(StepsMax, _venue.Count(EventKind.TradeExecuted));
        Assert.Equal(SymbolMode.Auction, _venue.State.Instruments.At(1).Mode);
        AssertWithinCause();
        _venue.Pass(1);
        Assert.Equal(15_000, _venue.Count(EventKind.TradeExecuted));
        Assert.Equal(2, _venue.Count(EventKind.TimerFired));
        Assert.Equal(SymbolMode.Normal, _venue.State.Instruments.At(1).Mode);
        Assert.False(_venue.State.Books[1].IsCrossed);
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void A_continuation_survives_a_restore()
    {
        _venue.SetMode(SymbolMode.Auction);
        Icebergs(25);
        _venue.Place(Buy(25_000));
        _venue.SetMode(SymbolMode.Normal);
        var image = SnapshotImage.Split(SnapshotImage.Read(_venue.Machine.BeginSnapshot(SnapshotScope.All)));
        var restored = new Replica();
        Assert.True(SnapshotImage.TryRestore(restored.Machine, image, _venue.Machine.StateHash));
        Replica.AssertSameState(_venue.Replica, restored);
        _venue.Pass(1);
        restored.Apply(_venue.Log[^1]);
        Replica.AssertSame(_venue.Replica, restored);
    }

    [Fact]
    public void An_operators_mode_during_a_continuation_replaces_it()
    {
        _venue.SetGlobalPolicy(policy => policy with { StepsMax = 1 });
        _venue.SetMode(SymbolMode.Auction);
        _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        _venue.Rest(Venue.Alice, Side.Buy, 100, 2);
        _venue.Together(
        [
            StaffCommands.SetMode(Venue.Market, SymbolMode.Normal),
            StaffCommands.SetMode(Venue.Market, SymbolMode.SoftHalt),
        ]);
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
        _venue.Pass(1);
        Assert.Equal(SymbolMode.SoftHalt, _venue.State.Instruments.At(1).Mode);
        Assert.True(_venue.State.Books[1].IsCrossed);
    }

    [Fact]
    public void A_full_entry_refuses_further_commands_without_a_trace()
    {
        _venue.SetGlobalPolicy(policy => policy with { EntryBytesMax = EffectLimits.EntryBytesMin });
        var orders = Enumerable.Range(0, 12).Select(_ => Buy(1)).ToArray();
        var results = _venue.Together(orders);
        var accepted = results.TakeWhile(result => result.Code == RejectCode.None).Count();
        Assert.InRange(accepted, 2, 11);
        Assert.All(results.Skip(accepted), result =>
            Assert.Equal((RejectCode.EntryFull, 0UL, 0UL), (result.Code, result.Id, result.Sequence)));
        Assert.Equal(accepted, _venue.Count(EventKind.OrderAccepted));

        // Sent again, word for word, it is not a repeat: it had not entered.
        Assert.Equal(RejectCode.None, _venue.Send(orders[^1]).Code);
    }

    [Fact]
    public void A_full_entry_uses_up_no_number_of_a_session_and_loses_none()
    {
        _venue.SetGlobalPolicy(policy => policy with { EntryBytesMax = EffectLimits.EntryBytesMin });
        var session = _venue.OpenSession(Venue.Alice);
        var orders = Enumerable.Range(1, 12).Select(number => Buy(1).InSession(session, (ulong)number)).ToArray();
        var results = _venue.Together(orders);
        var accepted = results.TakeWhile(result => result.Code == RejectCode.None).Count();
        Assert.All(results.Skip(accepted), result => Assert.Equal(RejectCode.EntryFull, result.Code));

        // What was already on its way behind the refused ones waits for them.
        Assert.Equal(RejectCode.SessionGap, _venue.Send(Buy(1).InSession(session, 13)).Code);
        foreach (var order in orders.Skip(accepted))
        {
            Assert.Equal(RejectCode.None, _venue.Send(order).Code);
        }

        // Every one of them entered once, and its answer is kept.
        Assert.Equal(12, _venue.State.OrderSlots.Count);
        for (var i = 0; i < orders.Length; i++)
        {
            var stored = _venue.Send(orders[i]);
            Assert.Equal(RejectCode.None, stored.Code);
            Assert.True(stored.Index < _venue.Index, $"number {i + 1} was decided again");
        }

        Assert.Equal(12, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void An_operators_cancel_all_takes_the_oldest_first_and_says_how_many()
    {
        _venue.SetGlobalPolicy(policy => policy with { StepsMax = 3 });
        OrderId[] orders =
        [
            _venue.Rest(Venue.Bob, Side.Sell, 110, 1), _venue.Rest(Venue.Alice, Side.Buy, 90, 1),
            _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, OrderType.Stop, 105, 1)),
            _venue.Rest(Venue.Bob, Side.Sell, 109, 1),
        ];
        Assert.Equal(3UL, _venue.Accept(Commands.CancelAll(instrument: Venue.Market)).Id);
        Assert.Equal([false, false, false, true], orders.Select(_venue.IsOpen));
        Assert.Equal(1UL, _venue.Accept(Commands.CancelAll(instrument: Venue.Market)).Id);
    }

    [Fact]
    public void Cancel_alls_that_only_pass_over_orders_fill_an_entry()
    {
        RestSixty();
        var other = new InstrumentId((uint)_venue.Accept(
            StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin)).Id);
        AssertFillsAnEntry(() => Commands.CancelAll(Venue.Bob, other));
        Assert.Equal(60u, _venue.State.Accounts.At((int)Venue.Bob.Value).OpenOrders);
    }

    [Fact]
    public void Fill_or_kill_tests_that_only_look_fill_an_entry()
    {
        RestSixty();
        AssertFillsAnEntry(() => Commands.Test(Buy(60, TimeInForce.FillOrKill)));
    }

    [Fact]
    public void A_cascade_ends_by_what_its_fill_or_kills_look_at()
    {
        RestSixty();
        _venue.SetGlobalPolicy(policy => policy with { StepsMax = 60 });
        _venue.Rest(Venue.Bob, Side.Sell, 99, 1);
        for (var i = 0; i < 3; i++)
        {
            _venue.Place(Commands.Waiting(
                Venue.Alice, Venue.Market, Side.Buy, OrderType.StopLimit, 99, 61, 100, TimeInForce.FillOrKill));
        }

        _venue.Accept(Buy(1));
        Assert.Equal(1, _venue.Count(EventKind.OrderTriggered));
        Assert.Equal(CancelReason.FillOrKill, _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>().Reason);
        _venue.Pass(1);
        Assert.Equal(2, _venue.Count(EventKind.OrderTriggered));
    }

    [Fact]
    public void An_uncross_that_reads_a_large_book_goes_on_in_the_next_entry()
    {
        _venue.SetMode(SymbolMode.Auction);
        RestSixty();
        _venue.Place(Buy(60));
        _venue.SetGlobalPolicy(policy => policy with { StepsMax = 1, EntryBytesMax = 60 * EffectLimits.LookBytes });
        _venue.SetMode(SymbolMode.Normal);
        _venue.Pass(1);
        Assert.Equal(1, _venue.Count(EventKind.TradeExecuted));
    }

    private void RestSixty()
    {
        for (var i = 0; i < 60; i++)
        {
            _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        }
    }

    // Each looks at sixty orders: with the third the entry has looked at more than 128.
    private void AssertFillsAnEntry(Func<Command> command)
    {
        _venue.SetGlobalPolicy(policy => policy with { EntryBytesMax = 128 * EffectLimits.LookBytes });
        var results = _venue.Together([command(), command(), command(), command()]);
        Assert.Equal(
            [RejectCode.None, RejectCode.None, RejectCode.None, RejectCode.EntryFull],
            results.Select(result => result.Code));
    }

    private static Command Buy(long lots, TimeInForce life = TimeInForce.GoodTillCancel) =>
        Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 100, lots, life);

    // Each shows a thousand parts of one lot.
    private void Icebergs(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _venue.Place(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 100, 1_000, display: 1));
        }
    }

    private void AssertWithinCause() =>
        Assert.InRange(_venue.Replica.Events.Length, 1_000_000, EffectLimits.CauseBytesMax);
}
