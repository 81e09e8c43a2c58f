using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>In a hard halt timers fire, but their cancels wait until it ends.</summary>
public sealed class HardHaltTests
{
    private readonly Venue _venue = new();

    [Fact]
    public void A_timers_cancel_waits_for_the_end_of_the_halt_and_keeps_its_reason()
    {
        var expiring = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 1_000);
        var guarded = _venue.Rest(Venue.Bob, Side.Buy, 91, 1);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Bob, 1_000));
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Pass(2_000);
        Assert.Equal(2, _venue.Count(EventKind.TimerFired));
        Assert.Equal(0, _venue.Count(EventKind.OrderCancelled));
        Assert.True(_venue.IsOpen(expiring) && _venue.IsOpen(guarded));

        _venue.SetMode(SymbolMode.CancelOnly);
        Assert.Equal(
            [(expiring, CancelReason.Expired), (guarded, CancelReason.DeadMan)],
            Cancelled());
        Assert.Equal(EventKind.ModeChanged, _venue.Events[^1].Kind);
        Assert.Equal(0, _venue.Held(Venue.Alice, Venue.Cash) + _venue.Held(Venue.Bob, Venue.Cash));
    }

    [Fact]
    public void A_marked_order_keeps_the_first_reason_and_does_not_expire_any_more()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 5_000);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 1_000));
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Pass(2_000);
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
        _venue.Pass(Venue.Second);
        Assert.Empty(_venue.Events);
        _venue.SetMode(SymbolMode.Normal);
        Assert.Equal([(order, CancelReason.DeadMan)], Cancelled());
    }

    [Fact]
    public void An_operators_cancel_all_in_between_takes_marked_orders_and_nothing_is_cancelled_twice()
    {
        var marked = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 1_000);
        _venue.Rest(Venue.Bob, Side.Buy, 91, 1);
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Pass(2_000);
        Assert.Equal(2ul, _venue.Accept(Commands.CancelAll(instrument: Venue.Market)).Id);
        Assert.All(Cancelled(), one => Assert.Equal(CancelReason.CancelAll, one.Reason));
        Assert.False(_venue.IsOpen(marked));

        // The slot of the marked order is used again: the mark must not stick to it.
        _venue.SetMode(SymbolMode.Auction);
        Assert.Empty(Cancelled());
        var next = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        Assert.Equal(marked.Slot, next.Slot);
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.SetMode(SymbolMode.Normal);
        Assert.True(_venue.IsOpen(next));
    }

    [Fact]
    public void Leaving_the_halt_of_one_market_does_not_carry_out_the_cancels_of_another()
    {
        var other = new InstrumentId((uint)_venue.Accept(
            StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin)).Id);
        var here = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        var there = _venue.Place(Commands.Limit(Venue.Alice, other, Side.Buy, 9, 1));
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 1_000));
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Accept(StaffCommands.SetMode(other, SymbolMode.HardHalt));
        _venue.Pass(2_000);
        _venue.SetMode(SymbolMode.Normal);
        Assert.Equal([(here, CancelReason.DeadMan)], Cancelled());
        Assert.True(_venue.IsOpen(there));
        _venue.Accept(StaffCommands.SetMode(other, SymbolMode.Normal));
        Assert.Equal([(there, CancelReason.DeadMan)], Cancelled());
    }

    [Fact]
    public void Marked_orders_are_cancelled_before_the_book_is_uncrossed()
    {
        _venue.SetMode(SymbolMode.Auction);
        _venue.Rest(Venue.Alice, Side.Buy, 110, 1, expiresAt: _venue.Now + 1_000);
        _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Pass(2_000);
        _venue.SetMode(SymbolMode.Normal);
        Assert.Equal(0, _venue.Count(EventKind.AuctionUncrossed));
        Assert.Equal(0, _venue.Count(EventKind.TradeExecuted));
    }

    [Fact]
    public void Setting_the_mode_that_is_set_makes_no_event()
    {
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.SetMode(SymbolMode.HardHalt);
        Assert.Empty(_venue.Events);
    }

    [Fact]
    public void A_halt_that_is_confirmed_in_the_entry_that_began_to_leave_it_stays()
    {
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 1_000);
        var second = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 1_000);
        _venue.SetGlobalPolicy(policy => policy with { StepsMax = 1 });
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Pass(2_000);
        _venue.Together(
        [
            StaffCommands.SetMode(Venue.Market, SymbolMode.Normal),
            StaffCommands.SetMode(Venue.Market, SymbolMode.HardHalt),
        ]);
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
        _venue.Pass(1);
        Assert.True(_venue.IsOpen(second));
        Assert.Equal(SymbolMode.HardHalt, _venue.State.Instruments.At(1).Mode);
        _venue.SetMode(SymbolMode.Normal);
        Assert.Equal([(second, CancelReason.Expired)], Cancelled());
    }

    [Fact]
    public void A_cascade_goes_on_where_the_normal_mode_is_confirmed()
    {
        _venue.SetGlobalPolicy(policy => policy with { StepsMax = 1 });
        _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        for (var i = 0; i < 2; i++)
        {
            _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, OrderType.Stop, 100, 1));
        }

        _venue.Together(
        [
            Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 100, 1),
            StaffCommands.SetMode(Venue.Market, SymbolMode.Normal),
        ]);
        Assert.Equal(1, _venue.Count(EventKind.OrderTriggered));
        _venue.Pass(1);
        Assert.Equal(1, _venue.Count(EventKind.OrderTriggered));
    }

    private List<(OrderId Order, CancelReason Reason)> Cancelled() =>
    [
        .. _venue.Events.Where(happened => happened.Kind == EventKind.OrderCancelled)
            .Select(happened => happened.As<OrderCancelled>())
            .Select(cancelled => (cancelled.OrderId, cancelled.Reason)),
    ];
}
