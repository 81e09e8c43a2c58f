using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>
/// Each thing that is derived, in the state where losing it would show: a machine restored then goes on as the
/// original.
/// </summary>
public sealed class StateRebuildTests
{
    private readonly Venue _venue = new();

    [Fact]
    public void Cancels_that_wait_for_the_end_of_a_halt_still_wait()
    {
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 5_000);
        _venue.Rest(Venue.Bob, Side.Buy, 91, 1, expiresAt: _venue.Now + 1_000);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 1_000));
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Pass(2_000);
        GoOn(
            () => _venue.Pass(10_000),
            () => _venue.SetMode(SymbolMode.Normal));
        Assert.Equal(0, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void Timers_of_every_kind_still_run()
    {
        BreakUntil(_venue.Now + 40_000);
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 10_000);
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Rest(Venue.Bob, Side.Buy, 90, 1);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 20_000));
        var session = _venue.OpenSession(Venue.Bob, grace: 30_000);
        _venue.Accept(ServiceCommands.SetConnection(session, connected: false));
        GoOn(
            () => _venue.Pass(15_000),
            () => _venue.Pass(10_000),
            () => _venue.Pass(10_000),
            () => _venue.Pass(10_000));
        Assert.Equal(0, _venue.State.OrderSlots.Count);
        Assert.Equal(SymbolMode.Normal, _venue.State.Instruments.At(1).Mode);
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void The_outage_still_counts()
    {
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 5_000));
        _venue.ChangeTerm(1_000_000);
        GoOn(() => _venue.Pass(4_000), () => _venue.ChangeTerm(1_000_000), () => _venue.Pass(1_000));
        Assert.Equal(0, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void Orders_of_a_level_keep_their_places_whatever_slots_they_are_in()
    {
        var early = _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        var orders = Enumerable.Range(0, 5).Select(_ => _venue.Rest(Venue.Bob, Side.Sell, 100, 2)).ToList();
        _venue.Accept(Commands.Cancel(Venue.Bob, Venue.Market, early));
        _venue.Place(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 100, 9, display: 2));
        _venue.Accept(Commands.Replace(Venue.Bob, Venue.Market, orders[1], quantity: 3));
        GoOn(
            () => _venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 100, 7)),
            () => _venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 100, 13)));
    }

    [Fact]
    public void Stops_at_one_price_keep_their_places_whatever_slots_they_are_in()
    {
        var early = _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        for (var i = 1; i <= 4; i++)
        {
            _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, OrderType.Stop, 100, i));
        }

        _venue.Accept(Commands.Cancel(Venue.Bob, Venue.Market, early));
        _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, OrderType.Stop, 100, 5));
        _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Sell, OrderType.TakeProfit, 100, 6));
        _venue.Rest(Venue.Bob, Side.Sell, 100, 20);
        GoOn(() => _venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 100, 1)));
        Assert.Equal(6, _venue.Count(EventKind.OrderTriggered));
    }

    [Fact]
    public void An_accounts_orders_are_cancelled_in_order_of_id_whatever_slots_they_are_in()
    {
        var early = _venue.Rest(Venue.Alice, Side.Buy, 80, 1);
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Rest(Venue.Alice, Side.Buy, 85, 1);
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, early));
        var late = _venue.Rest(Venue.Alice, Side.Buy, 81, 1);
        Assert.Equal(early.Slot, late.Slot);
        GoOn(() => _venue.Accept(Commands.CancelAll(Venue.Alice)));
    }

    [Fact]
    public void Keys_and_client_order_ids_are_forgotten_in_the_order_they_came()
    {
        _venue.SetGlobalPolicy(policy => policy with { KeyRetention = 10_000, ClientOrderIdRetention = 10_000 });
        _venue.Pass(DefaultPolicy.Global.KeyRetention * 2);
        _venue.Pass(1);
        for (var i = 1u; i <= 100; i++)
        {
            var order = _venue.Place(
                Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1, clientOrderId: i));
            if (i % 3 != 0)
            {
                _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
            }

            // Forgotten places are used again: the order of the queue is then not that of the slots.
            _venue.Pass(i % 10 == 0 ? 3_000 : 1);
        }

        Action[] steps = [.. Enumerable.Range(0, 40).Select(_ => (Action)(() => _venue.Pass(400)))];
        GoOn(steps);
        Assert.Equal(0, _venue.State.KeySlots.Count);
        Assert.Equal(33, _venue.State.ClientOrderIdSlots.Count);
    }

    [Fact]
    public void What_a_key_or_session_answered_is_answered_again()
    {
        var keyed = Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1).Keyed(777, _venue.Now);
        var fenced = Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1).Keyed(778, _venue.Now);
        var session = _venue.OpenSession(Venue.Alice);
        var inSession = Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1).InSession(session, 1);
        var closed = _venue.OpenSession(Venue.Bob);
        _venue.Accept(Commands.CloseSession(Venue.Bob, closed));
        _venue.Send(keyed);
        _venue.Send(ServiceCommands.Fence(fenced));
        _venue.Send(inSession);
        GoOn(
            () => _venue.Send(keyed),
            () => _venue.Send(fenced),
            () => _venue.Send(inSession),
            () => _venue.Send(Commands.CancelAll(Venue.Bob).InSession(closed, 1)),
            () => _venue.OpenSession(Venue.Bob));
        Assert.Equal(2, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void Receipts_name_the_same_policies()
    {
        _venue.SetPolicy(policy => policy with { QuantityMax = new Quantity(5) });
        _venue.SetGlobalPolicy(policy => policy with { SessionsMax = 3 });
        _venue.Accept(StaffCommands.SetFees(schedule: 0, tier: 4, maker: 7, taker: 9));
        _venue.Accept(StaffCommands.HaltWithdrawals(halted: true));
        GoOn(
            () => _venue.Rest(Venue.Alice, Side.Buy, 90, 1),
            () => _venue.Refuse(RejectCode.QuantityLimit, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 6)),
            () => _venue.Accept(StaffCommands.CreateAsset("NEW", 0)));
    }

    // Restores the present state into a new machine and takes it through the same steps.
    private void GoOn(params Action[] steps)
    {
        var parts = SnapshotImage.Split(SnapshotImage.Read(_venue.Machine.BeginSnapshot(SnapshotScope.All)));
        var restored = new Replica();
        Assert.True(SnapshotImage.TryRestore(restored.Machine, parts, _venue.Machine.StateHash));
        Replica.AssertSameState(_venue.Replica, restored);
        foreach (var step in steps)
        {
            var done = _venue.Log.Count;
            step();
            foreach (var entry in _venue.Log.Skip(done))
            {
                restored.Apply(entry);
            }

            Replica.AssertSame(_venue.Replica, restored);
        }

        Assert.Equal(_venue.Machine.StateHash, restored.Machine.RecomputeStateHash());
    }

    private void BreakUntil(long deadline)
    {
        _venue.SetPolicy(policy => policy with
        {
            BandBasisPoints = 100,
            BreakerViolations = 1,
            ViolationWindow = Venue.Second,
            BreakerMode = SymbolMode.Auction,
        });
        _venue.Accept(StaffCommands.SetReference(Venue.Market, 1_000));
        var duration = deadline - _venue.Now - 2;
        _venue.SetPolicy(policy => policy with { BreakerDuration = duration });
        _venue.Refuse(RejectCode.PriceBand, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 1_011, 1));
        _venue.SetPolicy(policy => policy with { BandBasisPoints = 0 });
    }
}
