using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

public sealed class SessionsTests
{
    private readonly Venue _venue = new();
    private readonly SessionId _session;

    public SessionsTests() => _session = _venue.OpenSession(Venue.Alice);

    [Fact]
    public void Numbers_are_admitted_one_after_the_other_without_gaps()
    {
        Assert.Equal(RejectCode.SessionGap, Send(2).Code);
        Assert.Equal(RejectCode.None, Send(1).Code);
        Assert.Equal(RejectCode.SessionGap, Send(3).Code);
        Assert.Equal(RejectCode.None, Send(2).Code);
        Assert.Equal(RejectCode.SessionGap, Send(ulong.MaxValue).Code);
    }

    [Fact]
    public void A_repeat_within_the_window_gets_the_stored_reply_bit_for_bit_and_changes_nothing()
    {
        var replies = Enumerable.Range(1, 64).Select(number => Send((ulong)number)).ToList();
        var held = _venue.Held(Venue.Alice, Venue.Cash);
        for (var number = 1; number <= 64; number++)
        {
            Assert.Equal(replies[number - 1], Send((ulong)number));
            Assert.Empty(_venue.Events);
        }

        Assert.Equal(held, _venue.Held(Venue.Alice, Venue.Cash));
        Assert.Equal(64, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void What_an_entry_changes_about_a_session_counts_for_its_next_command()
    {
        // The lookahead finds the session while it is there; when the command comes, another has its place.
        var results = _venue.Together(
        [
            Order(quantity: 1).InSession(_session, 1), Commands.CloseSession(Venue.Alice, _session),
            Commands.OpenSession(Venue.Alice), Order(quantity: 1).InSession(_session, 2),
            Order(quantity: 1).InSession(_session, 1),
        ]);
        Assert.Equal(
            [
                RejectCode.None, RejectCode.None, RejectCode.None, RejectCode.UnknownSession, RejectCode.UnknownSession,
            ],
            results.Select(result => result.Code));
        Assert.NotEqual(_session.Value, (uint)results[2].Id);
    }

    [Fact]
    public void A_user_disabled_between_two_orders_of_a_session_is_unknown_until_enabled()
    {
        var trader = _venue.AddUser(Roles.Trader);
        var account = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(trader)).Id);
        var session = new SessionId((uint)_venue.Accept(Commands.OpenSession(account).By(trader)).Id);
        var results = _venue.Together(
        [
            By(1), StaffCommands.SetUser(trader, Roles.Trader, enabled: false), By(2),
            StaffCommands.SetUser(trader, Roles.Trader), By(2),
        ]);
        Assert.Equal(
            [
                RejectCode.InsufficientFunds, RejectCode.None, RejectCode.UnknownUser, RejectCode.None,
                RejectCode.InsufficientFunds,
            ],
            results.Select(result => result.Code));

        Command By(ulong number) => Commands.Limit(account, Venue.Market, Side.Buy, 100, 1).By(trader)
            .InSession(session, number);
    }

    [Fact]
    public void The_window_holds_64_replies()
    {
        for (var number = 1ul; number <= 65; number++)
        {
            Assert.Equal(RejectCode.None, Send(number).Code);
        }

        Assert.Equal(RejectCode.SessionWindowPassed, Send(1).Code);
        Assert.Equal(RejectCode.None, Send(2).Code);
    }

    [Fact]
    public void No_session_number_that_a_client_may_write_is_searched_for_through_all_sessions()
    {
        const int Count = 1_000;
        const int Places = 2_048;
        _venue.SetGlobalPolicy(policy => policy with { SessionsMax = Count });
        _venue.Together([.. Enumerable.Range(1, Count - 1).Select(_ => Commands.OpenSession(Venue.Alice))]);
        Assert.Equal(Count, _venue.State.SessionSlots.Count);
        for (var absent = (uint)Count + 1; absent < 20 * Places; absent++)
        {
            // Ids in a row would stand in a row, and 1 + 2,048 be compared with all of them.
            var hash = ExchangeState.SessionHash(absent);
            Assert.Equal(-1, _venue.State.SessionIndex.First(hash, out var end));
            Assert.InRange((end - (int)(hash % Places) + Places) % Places, 0, 64);
        }
    }

    [Fact]
    public void What_a_session_knows_of_its_user_ends_when_the_user_is_changed()
    {
        var user = _venue.AddUser(Roles.Trader);
        var account = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(user)).Id);
        _venue.Accept(StaffCommands.Deposit(account, Venue.Cash, 1_000));
        var session = new SessionId((uint)_venue.Accept(Commands.OpenSession(account).By(user)).Id);
        Assert.Equal(RejectCode.None, Order(1).Code);
        _venue.Accept(StaffCommands.SetUser(user, Roles.Trader, enabled: false));
        Assert.Equal(RejectCode.UnknownUser, Order(2).Code);
        _venue.Accept(StaffCommands.SetUser(user, Roles.Service));
        Assert.Equal(RejectCode.NotAuthorized, Order(2).Code);
        _venue.Accept(StaffCommands.SetUser(user, Roles.Trader));
        Assert.Equal(RejectCode.None, Order(2).Code);

        CommandResult Order(ulong number) => _venue.Send(
            Commands.Limit(account, Venue.Market, Side.Buy, 90, 1).By(user).InSession(session, number));
    }

    [Fact]
    public void A_repeat_of_a_rejection_is_the_rejection()
    {
        var first = _venue.Send(Order(quantity: 0).InSession(_session, 1));
        Assert.Equal(RejectCode.InvalidQuantity, first.Code);

        // The content of a repeat is not compared: the number is the command.
        Assert.Equal(first, Send(1));
    }

    [Fact]
    public void A_repeat_within_one_entry_gets_the_reply_of_the_first()
    {
        var results = _venue.Together([Order().InSession(_session, 1), Order().InSession(_session, 1)]);
        Assert.Equal(results[0], results[1]);
        Assert.Equal(1, _venue.Count(EventKind.OrderAccepted));
    }

    [Fact]
    public void A_session_belongs_to_its_account_and_user()
    {
        var stranger = _venue.AddUser(Roles.All);
        var theirs = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(stranger)).Id);
        Assert.Equal(
            RejectCode.UnknownSession,
            _venue.Send(Commands.CancelAll(Venue.Bob).InSession(_session, 1)).Code);
        Assert.Equal(
            RejectCode.UnknownSession,
            _venue.Send(Commands.CancelAll(theirs).By(stranger).InSession(_session, 1)).Code);
        Assert.Equal(
            RejectCode.UnknownSession,
            _venue.Send(Commands.CancelAll(Venue.Alice).InSession(new SessionId(99), 1)).Code);
        Assert.Equal(RejectCode.None, Send(1).Code);
    }

    [Fact]
    public void A_session_can_close_itself_and_its_slot_starts_clean()
    {
        Send(1);
        Assert.Equal(
            RejectCode.None,
            _venue.Send(Commands.CloseSession(Venue.Alice, _session).InSession(_session, 2)).Code);
        foreach (var number in (ulong[])[1, 2, 3])
        {
            Assert.Equal(RejectCode.UnknownSession, Send(number).Code);
        }

        // Another session in the same place answers for itself alone.
        var next = _venue.OpenSession(Venue.Alice);
        Assert.NotEqual(_session, next);
        Assert.Equal(1, _venue.State.SessionSlots.Count);
        Assert.Equal(RejectCode.SessionGap, _venue.Send(Order().InSession(next, 2)).Code);
        Assert.Equal(RejectCode.None, _venue.Send(Order().InSession(next, 1)).Code);
        Assert.Equal(_venue.Machine.StateHash, _venue.Machine.RecomputeStateHash());
    }

    [Fact]
    public void Closing_anothers_session_is_refused()
    {
        var stranger = _venue.AddUser(Roles.All);
        var theirs = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(stranger)).Id);
        _venue.Refuse(RejectCode.UnknownTarget, Commands.CloseSession(theirs, _session).By(stranger));
        _venue.Refuse(RejectCode.UnknownTarget, Commands.CloseSession(Venue.Bob, _session));
        Assert.Equal(RejectCode.None, Send(1).Code);
    }

    [Fact]
    public void A_break_starts_the_grace_once_until_the_next_sign_of_life()
    {
        var order = _venue.Rest(Venue.Bob, Side.Buy, 90, 1);
        var session = _venue.OpenSession(Venue.Bob, grace: 1_000);
        Disconnect(session);
        var deadline = _venue.Machine.NextDeadline;
        Disconnect(session);
        Assert.Equal(deadline, _venue.Machine.NextDeadline);
        _venue.Pass(2_000);
        Assert.False(_venue.IsOpen(order));

        // The grace has fired; the break told again is the same break.
        Disconnect(session);
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void A_command_or_a_notice_ends_the_grace()
    {
        var session = _venue.OpenSession(Venue.Bob, grace: 1_000);
        Disconnect(session);
        Assert.NotEqual(long.MaxValue, _venue.Machine.NextDeadline);
        _venue.Send(Commands.CancelAll(Venue.Bob).InSession(session, 1));
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);

        Disconnect(session);
        _venue.Accept(ServiceCommands.SetConnection(session, connected: true));
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void A_repeat_is_no_sign_of_life()
    {
        var session = _venue.OpenSession(Venue.Bob, grace: 1_000);
        _venue.Send(Commands.CancelAll(Venue.Bob).InSession(session, 1));
        Disconnect(session);
        _venue.Send(Commands.CancelAll(Venue.Bob).InSession(session, 1));
        Assert.NotEqual(long.MaxValue, _venue.Machine.NextDeadline);
    }

    [Fact]
    public void Without_a_grace_orders_stay_when_the_connection_breaks()
    {
        var order = new OrderId(Send(1).Id);
        Disconnect(_session);
        _venue.Pass(1_000 * Venue.Second);
        Assert.True(_venue.IsOpen(order));
    }

    [Fact]
    public void A_closed_sessions_grace_is_gone()
    {
        var session = _venue.OpenSession(Venue.Bob, grace: 1_000);
        Disconnect(session);
        _venue.Accept(Commands.CloseSession(Venue.Bob, session));
        Assert.Equal(long.MaxValue, _venue.Machine.NextDeadline);
        Assert.Equal(RejectCode.UnknownTarget, _venue.Do(ServiceCommands.SetConnection(session, true)).Code);
    }

    [Theory]
    [InlineData(-1, RejectCode.InvalidValue)]
    [InlineData(OpenSession.GraceMax, RejectCode.None)]
    [InlineData(OpenSession.GraceMax + 1, RejectCode.InvalidValue)]
    public void A_grace_is_at_most_a_day(long grace, RejectCode expected) =>
        Assert.Equal(expected, _venue.Do(Commands.OpenSession(Venue.Bob, grace)).Code);

    private void Disconnect(SessionId session) =>
        _venue.Accept(ServiceCommands.SetConnection(session, connected: false));

    private CommandResult Send(ulong number) => _venue.Send(Order().InSession(_session, number));

    private static Command Order(long quantity = 1) =>
        Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, quantity);
}
