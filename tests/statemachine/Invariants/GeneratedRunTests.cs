using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Invariants;

/// <summary>What must hold after every entry of any history.</summary>
public sealed class GeneratedRunTests
{
    private const int Steps = 6_000;

    [Theory]
    [Trait("Covers", "RISK-01")]
    [Trait("Covers", "RISK-02")]
    [Trait("Covers", "INV-05")]
    [Trait("Covers", "H-05")]
    [Trait("Covers", "H-15")]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(105)]
    [InlineData(104)]
    public void Money_is_neither_made_nor_lost_and_holds_are_what_open_orders_need(ulong seed)
    {
        var replica = new Replica();
        var watch = new MoneyWatch(replica.Machine.State);
        foreach (var _ in GeneratedRun.Of(replica, seed, Steps))
        {
            watch.Observe(Happened.In(replica.Events));
        }

        Assert.True(watch.Trades > 100);
        Assert.True(watch.Rebates > 0);
    }

    [Theory]
    [InlineData(111)]
    [InlineData(113)]
    [InlineData(114)]
    public void Books_are_the_sum_of_their_orders_and_what_the_events_told(ulong seed)
    {
        var replica = new Replica();
        var watch = new BookWatch(replica.Machine.State);
        foreach (var _ in GeneratedRun.Of(replica, seed, Steps))
        {
            watch.Observe(Happened.In(replica.Events));
        }

        Assert.True(watch.LevelsMax > 20);
    }

    [Theory]
    [Trait("Covers", "CORE-16")]
    [Trait("Covers", "EVT-01")]
    [Trait("Covers", "INV-05")]
    [InlineData(121)]
    [InlineData(122)]
    [InlineData(123)]
    public void Every_event_has_its_whole_envelope_and_streams_have_no_gaps(ulong seed)
    {
        var replica = new Replica();
        var watch = new EventWatch(replica.Machine.State);
        foreach (var entry in GeneratedRun.Of(replica, seed, Steps))
        {
            watch.Observe(entry, Happened.In(replica.Events));
        }

        Assert.True(watch.Trades > 100);
    }

    [Theory]
    [Trait("Covers", "CORE-14")]
    [InlineData(131)]
    [InlineData(132)]
    [InlineData(133)]
    public void An_order_lives_once_from_acceptance_to_its_end(ulong seed)
    {
        var replica = new Replica();
        var watch = new LifeWatch(replica.Machine.State);
        foreach (var _ in GeneratedRun.Of(replica, seed, Steps))
        {
            watch.Observe(Happened.In(replica.Events));
        }

        Assert.True(watch.Orders > 1_000);
    }

    [Theory]
    [Trait("Covers", "CORE-15")]
    [InlineData(141)]
    [InlineData(142)]
    [InlineData(143)]
    public void A_reply_shows_a_status_of_its_command_and_the_numbers_that_go_with_it(ulong seed)
    {
        var replica = new Replica();
        var watch = new ResultWatch();
        foreach (var _ in GeneratedRun.Of(replica, seed, Steps))
        {
            watch.Observe(replica);
        }

        Assert.Equal(Enum.GetValues<OrderStatus>().Length, watch.Seen.Count);
    }
}
