using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Between the last entry of one term and the first of the next nobody could renew anything.</summary>
public sealed class OutageTests
{
    private const long Hour = 3_600 * Venue.Second;

    private readonly Venue _venue = new();

    [Fact]
    public void A_dead_man_switch_does_not_run_down_between_two_terms()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 10 * Venue.Second));
        var deadline = _venue.Machine.NextDeadline;
        _venue.Pass(6 * Venue.Second);
        _venue.ChangeTerm(Hour);
        Assert.True(_venue.IsOpen(order));
        Assert.Equal(deadline + Hour, _venue.Machine.NextDeadline);

        _venue.Pass((4 * Venue.Second) - 1);
        Assert.True(_venue.IsOpen(order));
        _venue.Pass(1);
        Assert.False(_venue.IsOpen(order));
        Assert.Equal(CancelReason.DeadMan, _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>().Reason);
        Assert.Equal(_venue.Now, _venue.Single(EventKind.TimerFired).As<TimerFired>().Deadline);
    }

    [Fact]
    public void A_dead_man_switch_that_was_due_before_the_gap_fires_after_it()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, Venue.Second));
        _venue.ChangeTerm(Hour);
        Assert.True(_venue.IsOpen(order));
        _venue.Pass(Venue.Second);
        Assert.False(_venue.IsOpen(order));
    }

    [Fact]
    public void A_gap_of_every_new_term_counts()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Accept(Commands.SetDeadManSwitch(Venue.Alice, 10 * Venue.Second));
        for (var term = 0; term < 5; term++)
        {
            _venue.ChangeTerm(Hour);
            _venue.Pass(Venue.Second);
        }

        Assert.True(_venue.IsOpen(order));
        _venue.Pass(5 * Venue.Second);
        Assert.False(_venue.IsOpen(order));
    }

    [Fact]
    public void A_sessions_grace_does_not_run_down_between_two_terms()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        var session = _venue.OpenSession(Venue.Alice, grace: 10 * Venue.Second);
        _venue.Accept(ServiceCommands.SetConnection(session, connected: false));
        _venue.ChangeTerm(Hour);
        _venue.Pass((10 * Venue.Second) - 1);
        Assert.True(_venue.IsOpen(order));
        _venue.Pass(1);
        Assert.Equal(CancelReason.Disconnected, _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>().Reason);
    }

    [Fact]
    public void An_order_expires_by_log_time_in_the_gap_as_well()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1, expiresAt: _venue.Now + Venue.Second);
        _venue.ChangeTerm(Hour);
        Assert.False(_venue.IsOpen(order));
        Assert.Equal(CancelReason.Expired, _venue.Single(EventKind.OrderCancelled).As<OrderCancelled>().Reason);
    }

    [Fact]
    public void A_breaker_ends_by_log_time_in_the_gap_as_well()
    {
        _venue.SetPolicy(policy => policy with
        {
            BandBasisPoints = 100,
            BreakerViolations = 1,
            ViolationWindow = Venue.Second,
            BreakerDuration = Venue.Second,
        });
        _venue.Accept(StaffCommands.SetReference(Venue.Market, 1_000));
        _venue.Refuse(RejectCode.PriceBand, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 1_011, 1));
        Assert.Equal(SymbolMode.CancelOnly, _venue.State.Instruments.At(1).Mode);
        _venue.ChangeTerm(Hour);
        Assert.Equal(SymbolMode.Normal, _venue.State.Instruments.At(1).Mode);
        Assert.Equal(ChangeCause.Timer, _venue.Single(EventKind.ModeChanged).As<ModeChanged>().Cause);
    }

    [Fact]
    public void The_first_entry_of_the_log_is_no_gap()
    {
        var replica = new Replica();
        var builder = new EntryBuilder();
        builder.StartTerm();
        replica.Apply(builder.NoOperation(EntryBuilder.Start + Hour));
        Assert.Equal(0, replica.Machine.State.Globals.Outage);
    }
}
