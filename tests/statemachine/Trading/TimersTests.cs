using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

public sealed class TimersTests
{
    private readonly Venue _venue = new();

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_64_timers_fire_in_one_entry_and_the_rest_in_the_next()
    {
        var deadline = _venue.Now + Venue.Second;
        var orders = Enumerable.Range(0, 150)
            .Select(_ => _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: deadline))
            .ToList();
        foreach (var fired in (int[])[64, 64, 22])
        {
            Assert.True(_venue.Machine.NextDeadline <= deadline);
            _venue.Pass(_venue.Now < deadline ? deadline - _venue.Now : 1);
            Assert.Equal(fired, _venue.Count(EventKind.TimerFired));
            Assert.Equal(orders.Take(fired).Select(order => order.Value), FiredIds());
            orders.RemoveRange(0, fired);
        }

        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void Timers_of_one_deadline_fire_by_kind_and_then_by_id()
    {
        var deadline = _venue.Now + 100;
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: deadline);
        _venue.Rest(Venue.Bob, Side.Buy, 90, 1, expiresAt: deadline);
        var session = _venue.OpenSession(Venue.Bob, grace: 50);
        Arm(Venue.Bob, deadline);
        Arm(Venue.Alice, deadline);
        _venue.Pass(deadline - _venue.Now - 50 - 1);
        _venue.Accept(ServiceCommands.SetConnection(session, connected: false));
        _venue.Pass(Venue.Second);
        Assert.Equal(
            [
                TimerKind.OrderExpiry, TimerKind.OrderExpiry, TimerKind.DeadMan, TimerKind.DeadMan,
                TimerKind.SessionGrace,
            ],
            Fired().Select(fired => fired.As<TimerFired>().Kind));
        Assert.Equal([Venue.Alice.Value, Venue.Bob.Value], FiredIds().Skip(2).Take(2).Select(id => (uint)id));
        Assert.All(Fired(), fired => Assert.Equal(deadline, fired.As<TimerFired>().Deadline));
    }

    [Fact]
    public void An_order_that_a_timer_cancelled_does_not_expire_as_well()
    {
        var deadline = _venue.Now + 100;
        _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: deadline);
        Arm(Venue.Alice, deadline - 1);
        _venue.Pass(Venue.Second);
        Assert.Equal(TimerKind.DeadMan, _venue.Single(EventKind.TimerFired).As<TimerFired>().Kind);
        Assert.Equal(1, _venue.Count(EventKind.OrderCancelled));
    }

    [Fact]
    public void Timers_fire_before_the_commands_of_their_entry()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 100);
        _venue.Refuse(RejectCode.UnknownOrder, Commands.Cancel(Venue.Alice, Venue.Market, order), after: 100);
        Assert.Equal(
            [EventKind.TimerFired, EventKind.OrderCancelled, EventKind.BookDelta, EventKind.OrderRejected],
            _venue.Events.Select(happened => happened.Kind));
    }

    [Fact]
    public void A_deadline_is_due_at_its_nanosecond_and_not_before()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + 100);
        _venue.Pass(98);
        Assert.True(_venue.IsOpen(order));
        Assert.Empty(_venue.Events);
        _venue.Pass(1);
        Assert.False(_venue.IsOpen(order));
    }

    [Fact]
    public void A_dead_man_switch_renewed_in_time_does_not_fire_and_disarmed_never()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        for (var i = 0; i < 5; i++)
        {
            _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, Venue.Second), after: Venue.Second - 1);
        }

        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 0));
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
        _venue.Pass(100 * Venue.Second);
        Assert.True(_venue.IsOpen(order));
    }

    [Fact]
    public void A_dead_man_switch_cancels_in_order_of_id_and_is_then_disarmed()
    {
        var orders = new List<OrderId>
        {
            _venue.Rest(Venue.Alice, Side.Buy, 90, 1),
            _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Sell, OrderType.Stop, 50, 1)),
            _venue.Rest(Venue.Alice, Side.Sell, 110, 1),
        };
        var other = _venue.Rest(Venue.Bob, Side.Buy, 90, 1);
        Arm(Venue.Alice, _venue.Now + 100);
        _venue.Pass(Venue.Second);
        Assert.Equal(
            orders,
            _venue.Events.Where(happened => happened.Kind == EventKind.OrderCancelled)
                .Select(happened => happened.As<OrderCancelled>().OrderId));
        Assert.True(_venue.IsOpen(other));
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Theory]
    [InlineData(-1, RejectCode.InvalidValue)]
    [InlineData(0, RejectCode.None)]
    [InlineData(SetDeadManSwitch.TimeoutMax, RejectCode.None)]
    [InlineData(SetDeadManSwitch.TimeoutMax + 1, RejectCode.InvalidValue)]
    public void A_dead_man_timeout_is_at_most_a_day(long timeout, RejectCode expected) =>
        Assert.Equal(expected, _venue.Do(Commands.SetDeadManSwitch(Venue.Alice, timeout)).Code);

    [Fact]
    public void Replacing_a_good_till_date_order_keeps_its_expiry()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 5, expiresAt: _venue.Now + 1_000);
        var deadline = _venue.Machine.NextDeadline;
        _venue.Accept(Commands.Replace(Venue.Alice, Venue.Market, order, price: 91));
        Assert.Equal(deadline, _venue.Machine.NextDeadline);
        _venue.Pass(Venue.Second);
        Assert.False(_venue.IsOpen(order));
    }

    // Arms a switch so that its deadline is at a given log time.
    private void Arm(AccountId account, long deadline) =>
        _venue.Accept(Commands.SetDeadManSwitch(account, deadline - _venue.Now - 1));

    private IEnumerable<Happened> Fired() => _venue.Events.Where(happened => happened.Kind == EventKind.TimerFired);

    private IEnumerable<ulong> FiredIds() => Fired().Select(happened => happened.As<TimerFired>().Id);
}
