using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

public sealed class OrderIdsTests
{
    private readonly Venue _venue = new();

    [Fact]
    [Trait("Covers", "H-14")]
    [Trait("Covers", "H-19")]
    public void An_id_is_the_count_of_acceptances_over_the_lowest_free_slot_and_never_given_again()
    {
        var orders = Enumerable.Range(0, 5).Select(_ => _venue.Rest(Venue.Alice, Side.Buy, 90, 1)).ToList();
        Assert.Equal([0, 1, 2, 3, 4], orders.Select(order => order.Slot));
        Assert.Equal([1ul, 2, 3, 4, 5], orders.Select(order => order.Count));

        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, orders[3]));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, orders[1]));
        var sixth = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        Assert.Equal((6ul, 1), (sixth.Count, sixth.Slot));
        var seventh = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        Assert.Equal((7ul, 3), (seventh.Count, seventh.Slot));
    }

    [Fact]
    public void An_order_that_is_gone_is_unknown_though_its_slot_is_used_again()
    {
        var gone = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, gone));
        var next = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        Assert.Equal(gone.Slot, next.Slot);
        _venue.Refuse(RejectCode.UnknownOrder, Commands.Cancel(Venue.Alice, Venue.Market, gone));
        _venue.Refuse(RejectCode.UnknownOrder, Commands.Amend(Venue.Alice, Venue.Market, gone, 1));
        _venue.Refuse(RejectCode.UnknownOrder, Commands.Replace(Venue.Alice, Venue.Market, gone, price: 91));
        Assert.True(_venue.IsOpen(next));
    }

    [Fact]
    public void An_order_that_never_rests_takes_a_slot_for_the_moment()
    {
        _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        var taker = _venue.Place(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 100, 1));
        Assert.Equal((2ul, 1), (taker.Count, taker.Slot));
        var next = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        Assert.Equal((3ul, 0), (next.Count, next.Slot));
    }

    [Fact]
    public void A_rejected_order_uses_up_no_id()
    {
        _venue.Refuse(RejectCode.NoLiquidity, Commands.Market(Venue.Alice, Venue.Market, Side.Buy, 1));
        _venue.Do(Commands.Test(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1)));
        Assert.Equal(1ul, _venue.Rest(Venue.Alice, Side.Buy, 90, 1).Count);
    }

    [Fact]
    [Trait("Covers", "H-13")]
    public void A_foreign_order_is_unknown_and_stays()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 5);
        var other = new InstrumentId((uint)_venue.Accept(
            StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin)).Id);
        foreach (var (account, instrument) in ((AccountId, InstrumentId)[])
            [(Venue.Bob, Venue.Market), (Venue.Alice, other), (Venue.Bob, other)])
        {
            _venue.Refuse(RejectCode.UnknownOrder, Commands.Cancel(account, instrument, order));
            _venue.Refuse(RejectCode.UnknownOrder, Commands.Amend(account, instrument, order, 1));
            _venue.Refuse(RejectCode.UnknownOrder, Commands.Replace(account, instrument, order, price: 91));
        }

        Assert.Equal(5, _venue.State.Orders.At(order.Slot).Open);
    }

    [Theory]
    [Trait("Covers", "CORE-03")]
    [InlineData(1ul)]
    [InlineData(1ul << 24)]
    [InlineData((1ul << 24) | 5)]
    [InlineData((1ul << 24) | 0xFF_FFFF)]
    [InlineData(ulong.MaxValue)]
    public void Any_number_that_is_no_open_order_is_unknown(ulong number) => _venue.Refuse(
        RejectCode.UnknownOrder, Commands.Cancel(Venue.Alice, Venue.Market, new OrderId(number)));

    [Fact]
    [Trait("Covers", "CORE-03")]
    public void A_cancel_frees_the_hold_and_says_so()
    {
        var before = _venue.Available(Venue.Alice, Venue.Cash);
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 5);
        AssertCash(before - 450, 450);
        var result = _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        Assert.Equal((order.Value, OrderStatus.Cancelled), (result.Id, result.Status));
        AssertCash(before, 0);
        Assert.Equal(450, _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>().Released.Units);
    }

    [Fact]
    public void The_last_number_of_an_epoch_is_given_and_then_no_more()
    {
        _venue.State.GlobalsTable.Write(0).OrdersAccepted = OrderId.CountMax - 1;
        Assert.Equal(OrderId.CountMax, _venue.Rest(Venue.Alice, Side.Buy, 90, 1).Count);
        _venue.Refuse(RejectCode.CapacityExhausted, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1));
    }

    private void AssertCash(Int128 available, Int128 held) => Assert.Equal(
        (available, held), (_venue.Available(Venue.Alice, Venue.Cash), _venue.Held(Venue.Alice, Venue.Cash)));
}
