using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Forgetting is bounded an entry, and never touches what is still needed.</summary>
public sealed class KeyMemoryTests
{
    private readonly Venue _venue = new();

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_64_keys_are_forgotten_in_one_entry()
    {
        for (var i = 0; i < 200; i++)
        {
            _venue.Refuse(RejectCode.InvalidQuantity, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 0));
        }

        var keys = _venue.State.KeySlots.Count;
        _venue.Pass(_venue.State.Globals.Policy.KeyRetention * 2);
        for (var left = keys - 64; left > 0; left -= 64)
        {
            Assert.Equal(left, _venue.State.KeySlots.Count);
            _venue.Pass(1);
        }

        Assert.Equal(0, _venue.State.KeySlots.Count);
        Assert.Equal(0u, _venue.State.Accounts.At((int)Venue.Alice.Value).Keys);
        Assert.Equal(0u, _venue.State.Accounts.At(0).Keys);
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_64_client_order_ids_are_forgotten_in_one_entry()
    {
        for (var i = 1u; i <= 150; i++)
        {
            var order = _venue.Place(Order(i));
            _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        }

        _venue.Pass(_venue.State.Globals.Policy.ClientOrderIdRetention * 2);
        Assert.Equal(86, _venue.State.ClientOrderIdSlots.Count);
        _venue.Pass(1);
        Assert.Equal(22, _venue.State.ClientOrderIdSlots.Count);
        _venue.Pass(1);
        Assert.Equal(0, _venue.State.ClientOrderIdSlots.Count);
        Assert.Equal(0u, _venue.State.Accounts.At((int)Venue.Alice.Value).ClientOrderIds);
    }

    [Fact]
    public void The_client_order_id_of_an_open_order_goes_back_to_the_tail()
    {
        var retention = _venue.State.Globals.Policy.ClientOrderIdRetention;
        var order = _venue.Place(Order(7));
        _venue.Pass(retention);
        _venue.Refuse(RejectCode.DuplicateClientOrderId, Order(7));
        _venue.Accept(Commands.CancelByClientId(Venue.Alice, Venue.Market, 7));
        Assert.False(_venue.IsOpen(order));

        // Taken for a whole retention from when it was looked at last, though its order is gone.
        _venue.Refuse(RejectCode.DuplicateClientOrderId, Order(7), after: retention - 4);
        _venue.Accept(Order(7), after: 10);
    }

    [Fact]
    public void Open_orders_count_among_the_64_that_are_looked_at()
    {
        var retention = _venue.State.Globals.Policy.ClientOrderIdRetention;
        for (var i = 1u; i <= 64; i++)
        {
            _venue.Place(Order(i));
        }

        var last = _venue.Place(Order(65));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, last));
        _venue.Pass(retention);
        Assert.Equal(65, _venue.State.ClientOrderIdSlots.Count);
        _venue.Pass(1);
        Assert.Equal(64, _venue.State.ClientOrderIdSlots.Count);
    }

    [Fact]
    public void A_client_order_id_is_unique_in_its_account_alone()
    {
        _venue.Accept(Order(7));
        _venue.Refuse(RejectCode.DuplicateClientOrderId, Order(7));
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 90, 1, clientOrderId: 7));
    }

    [Fact]
    public void A_rejected_order_does_not_take_its_client_order_id()
    {
        _venue.Refuse(
            RejectCode.InsufficientFunds,
            Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1L << 38, clientOrderId: 7));
        _venue.Accept(Order(7));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_the_cap_of_client_order_ids_the_order_is_refused()
    {
        _venue.SetGlobalPolicy(policy => policy with { ClientOrderIdsMax = 2 });
        _venue.Accept(Order(1));
        _venue.Accept(Order(2));
        _venue.Refuse(RejectCode.ClientOrderIdsFull, Order(3));
        ref readonly var rejected = ref _venue.Single(EventKind.OrderRejected).As<CommandRejected>();
        Assert.Equal((2, 2), (rejected.Actual, rejected.Limit));
        _venue.Refuse(RejectCode.DuplicateClientOrderId, Order(2));
        _venue.Accept(Order(0));
    }

    private static Command Order(uint clientOrderId) =>
        Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1, clientOrderId: clientOrderId);
}
