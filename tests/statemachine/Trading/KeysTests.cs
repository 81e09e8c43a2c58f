using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Commands by key happen once, for as long as the key is remembered; after that they are refused.</summary>
public sealed class KeysTests
{
    private static readonly UInt128 Key = UInt128.MaxValue - 5;

    private readonly Venue _venue = new();

    [Fact]
    [Trait("Covers", "CORE-06")]
    [Trait("Covers", "H-14")]
    public void The_same_scope_and_key_gets_the_same_bytes_and_no_second_effect()
    {
        var first = Send(Order());
        Assert.Equal(RejectCode.None, first.Code);
        Assert.Equal(first, Send(Order(), stampOffset: -3));
        Assert.Empty(_venue.Events);
        Assert.Equal(1, _venue.State.OrderSlots.Count);
        Assert.NotEqual(unchecked((ulong)Key), first.Id);
    }

    [Fact]
    [Trait("Covers", "CORE-06")]
    public void The_same_key_in_another_scope_is_another_command()
    {
        var other = new InstrumentId((uint)_venue.Accept(
            StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin)).Id);
        var ids = new HashSet<ulong>
        {
            Send(Order()).Id,
            Send(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 90, 1)).Id,
            Send(Commands.Limit(Venue.Alice, other, Side.Buy, 90, 1)).Id,
        };
        Assert.Equal(3, ids.Count);
        Assert.Equal(RejectCode.None, Send(Commands.CancelAll(Venue.Alice, Venue.Market)).Code);
        Assert.Equal(2, _venue.State.OrderSlots.Count);
    }

    [Fact]
    [Trait("Covers", "H-17")]
    public void The_same_key_with_another_content_is_a_conflict()
    {
        Send(Order());
        Assert.Equal(RejectCode.KeyReused, Send(Order(quantity: 2)).Code);
        Assert.Empty(_venue.Events);
        Assert.Equal(1, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void A_repeat_of_a_rejection_is_the_rejection_even_where_it_would_now_succeed()
    {
        var order = Commands.Market(Venue.Alice, Venue.Market, Side.Buy, 1);
        var first = Send(order);
        Assert.Equal(RejectCode.NoLiquidity, first.Code);
        _venue.Rest(Venue.Bob, Side.Sell, 100, 1);
        Assert.Equal(first, Send(Commands.Market(Venue.Alice, Venue.Market, Side.Buy, 1)));
    }

    [Fact]
    [Trait("Covers", "CORE-07")]
    [Trait("Covers", "H-18")]
    public void A_key_is_remembered_by_log_time_and_then_stale_for_ever()
    {
        var retention = _venue.State.Globals.Policy.KeyRetention;
        var first = Send(Order(), stampOffset: 1);
        var stamp = _venue.Now;
        _venue.Pass(retention - 2);
        Assert.Equal(first, Repeat(stamp, after: 1));

        // At the nanosecond of its deadline it is forgotten, and its stamp is below the floor from then on.
        Assert.Equal(RejectCode.StaleCommand, Repeat(stamp, after: 1).Code);
        _venue.SetGlobalPolicy(policy => policy with { KeyRetention = retention * 2 });
        Assert.Equal(RejectCode.StaleCommand, Repeat(stamp, after: 1).Code);
        Assert.Equal(1, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void An_old_stamp_is_stale_and_one_too_far_ahead_is_refused()
    {
        var policy = _venue.State.Globals.Policy;
        _venue.Pass(policy.KeyRetention * 2);
        var now = _venue.Now + 1;
        Assert.Equal(RejectCode.StaleCommand, SendAt(now - policy.KeyRetention - 1, 1).Code);
        Assert.Equal(RejectCode.None, SendAt(now - policy.KeyRetention + 1, 2).Code);
        now = _venue.Now + 1;
        Assert.Equal(RejectCode.CreatedInFuture, SendAt(now + policy.ClockLeadMax + 1, 3).Code);
        Assert.Equal(RejectCode.None, SendAt(_venue.Now + 1 + policy.ClockLeadMax, 4).Code);
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_the_cap_of_an_account_the_command_is_refused_and_nothing_live_is_evicted()
    {
        _venue.SetGlobalPolicy(policy => policy with { KeysMax = 3 });
        var known = _venue.State.Accounts.At((int)Venue.Alice.Value).Keys;
        var first = Send(Order());
        while (++known < 3)
        {
            _venue.Accept(Order());
        }

        _venue.Refuse(RejectCode.IdempotencyFull, Order());
        Assert.Equal(first, Send(Order()));
        Assert.Equal(RejectCode.None, Send(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 90, 1)).Code);
    }

    [Fact]
    public void A_command_that_needs_an_identity_is_refused_without_one()
    {
        Assert.Equal(RejectCode.IdentityRequired, _venue.Send(Order()).Code);
        Assert.Equal(RejectCode.NotCanonical, _venue.Send(Commands.Test(Order()).Keyed(Key, _venue.Now)).Code);
    }

    [Fact]
    [Trait("Covers", "H-20")]
    public void A_fence_answers_with_the_stored_reply_or_keeps_the_command_out_for_ever()
    {
        var entered = Order().Keyed(Key, _venue.Now);
        var reply = _venue.Send(entered);
        Assert.Equal(reply, _venue.Send(ServiceCommands.Fence(entered)));

        var late = Order().Keyed(Key + 1, _venue.Now);
        Assert.Equal(RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(late)).Code);
        Assert.Empty(_venue.Events);
        Assert.Equal(RejectCode.CommandFenced, _venue.Send(late).Code);
        Assert.Equal(RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(late)).Code);
        Assert.Equal(1, _venue.State.OrderSlots.Count);
    }

    [Fact]
    public void A_fence_holds_for_its_scope_alone()
    {
        var fenced = Order().Keyed(Key, _venue.Now);
        _venue.Send(ServiceCommands.Fence(fenced));
        Assert.Equal(RejectCode.CommandFenced, _venue.Send(fenced).Code);
        Assert.Equal(
            RejectCode.None,
            _venue.Send(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 90, 1).Keyed(Key, _venue.Now)).Code);
        Assert.Equal(
            RejectCode.None, _venue.Send(Commands.CancelAll(Venue.Alice, Venue.Market).Keyed(Key, _venue.Now)).Code);
    }

    [Fact]
    public void A_fence_comes_from_a_service_or_from_the_owner_of_the_account()
    {
        var owner = _venue.AddUser(Roles.Trader);
        var theirs = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(owner)).Id);
        var service = _venue.AddUser(Roles.Service);
        var nobody = _venue.AddUser(Roles.Operator);
        var target = Commands.CancelAll(theirs).Keyed(Key, _venue.Now);
        Assert.Equal(RejectCode.NotAuthorized, _venue.Send(ServiceCommands.Fence(target).By(nobody)).Code);
        Assert.Equal(
            RejectCode.NotOwner,
            _venue.Send(ServiceCommands.Fence(Order().Keyed(Key, _venue.Now)).By(owner)).Code);
        Assert.Equal(RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(target).By(owner)).Code);
        Assert.Equal(RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(target).By(service)).Code);
    }

    [Fact]
    public void A_fence_counts_as_a_key_and_follows_the_rules_of_stamps()
    {
        var policy = _venue.State.Globals.Policy;
        _venue.Pass(policy.KeyRetention * 2);
        var stale = Order().Keyed(Key, _venue.Now - policy.KeyRetention - 10);
        Assert.Equal(RejectCode.StaleCommand, _venue.Send(ServiceCommands.Fence(stale)).Code);
        var future = Order().Keyed(Key, _venue.Now + policy.ClockLeadMax + 10);
        Assert.Equal(RejectCode.CreatedInFuture, _venue.Send(ServiceCommands.Fence(future)).Code);

        _venue.SetGlobalPolicy(one => one with { KeysMax = 1 });
        Assert.Equal(
            RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(Order().Keyed(Key, _venue.Now))).Code);
        Assert.Equal(
            RejectCode.IdempotencyFull, _venue.Send(ServiceCommands.Fence(Order().Keyed(Key + 1, _venue.Now))).Code);
        Assert.Equal(1u, _venue.State.Accounts.At((int)Venue.Alice.Value).Keys);
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void An_owner_who_uses_up_his_keys_cannot_keep_officers_out()
    {
        var owner = _venue.AddUser(Roles.Trader);
        var theirs = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(owner)).Id);
        _venue.SetGlobalPolicy(policy => policy with { KeysMax = 200 });
        for (var i = 0; i < 200; i++)
        {
            var fenced = Commands.CancelAll(theirs).Keyed(Key - (UInt128)i, _venue.Now);
            Assert.Equal(RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(fenced).By(owner)).Code);
        }

        Assert.Equal(RejectCode.IdempotencyFull, _venue.Do(Commands.CancelAll(theirs).By(owner)).Code);
        _venue.Accept(StaffCommands.SetAccount(theirs, AccountFreeze.Trading));
        ref var account = ref _venue.State.Accounts.At((int)theirs.Value);
        Assert.Equal((200u, 1u), (account.Keys, account.StaffKeys));
        _venue.Pass(_venue.State.Globals.Policy.KeyRetention * 2);
        _venue.Pass(1);
        _venue.Pass(1);
        _venue.Pass(1);
        Assert.Equal((0u, 0u), (account.Keys, account.StaffKeys));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void One_of_the_staff_who_uses_up_his_keys_keeps_no_other_from_halting_the_market()
    {
        var service = _venue.AddUser(Roles.Service);
        var officer = _venue.AddUser(Roles.Operator);
        _venue.State.Caps = TableCaps.Full with { StaffKeys = 3 };
        _venue.SetGlobalPolicy(policy => policy with { KeysMax = 3 });
        for (var i = 0; i < 3; i++)
        {
            _venue.Refuse(RejectCode.InvalidValue, ServiceCommands.ClaimDrain(0).By(service));
        }

        _venue.Refuse(RejectCode.IdempotencyFull, ServiceCommands.ClaimDrain(1).By(service));
        _venue.Accept(StaffCommands.SetMode(Venue.Market, SymbolMode.HardHalt).By(officer));
        Assert.Equal(3u, _venue.State.Users.At((int)service.Value).Keys);
        _venue.Pass(_venue.State.Globals.Policy.KeyRetention * 2);
        Assert.Equal(0u, _venue.State.Users.At((int)service.Value).Keys);
    }

    [Fact]
    public void No_policy_locks_out_those_who_would_undo_it()
    {
        for (var i = 0; i < 3; i++)
        {
            _venue.SetGlobalPolicy(policy => policy with { KeysMax = 1, KeyRetention = 1 });
        }

        var policy = _venue.State.Globals.Policy;
        _venue.Refuse(
            RejectCode.InvalidValue,
            StaffCommands.SetPolicy(policy with { ClockLeadMax = GlobalPolicy.StampWindowMin - 2 }));
        _venue.Accept(StaffCommands.SetPolicy(policy with { ClockLeadMax = GlobalPolicy.StampWindowMin - 1 }));
        _venue.Accept(StaffCommands.SetPolicy(policy));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void Owners_leave_places_for_the_keys_of_staff()
    {
        _venue.State.Caps = TableCaps.Full with { TraderKeys = _venue.State.KeySlots.Count };
        _venue.Refuse(RejectCode.IdempotencyFull, Order());
        _venue.Accept(StaffCommands.SetAccount(Venue.Alice, AccountFreeze.Trading));
        _venue.Accept(StaffCommands.SetMode(Venue.Market, SymbolMode.HardHalt));
    }

    [Fact]
    [Trait("Covers", "H-47")]
    public void Commands_of_officers_happen_once_and_without_an_identity_not_at_all()
    {
        var deposit = StaffCommands.Deposit(Venue.Alice, Venue.Cash, 500);
        var before = _venue.Available(Venue.Alice, Venue.Cash);
        var first = Send(deposit);
        Assert.Equal(first, _venue.Send(deposit));
        Assert.Equal(before + 500, _venue.Available(Venue.Alice, Venue.Cash));
        var halt = StaffCommands.HaltWithdrawals(true);
        Assert.Equal(RejectCode.IdentityRequired, _venue.Send(halt).Code);
        Assert.Equal(0u, _venue.State.Globals.WithdrawalsHalted);
    }

    [Fact]
    public void An_owner_fences_a_traders_kinds_only()
    {
        var owner = _venue.AddUser(Roles.Trader);
        var theirs = new AccountId((uint)_venue.Accept(StaffCommands.OpenAccount(owner)).Id);
        var freeze = StaffCommands.SetAccount(theirs, AccountFreeze.Trading).Keyed(Key, _venue.Now);
        Assert.Equal(RejectCode.NotAuthorized, _venue.Send(ServiceCommands.Fence(freeze).By(owner)).Code);
        Assert.Equal(RejectCode.None, _venue.Send(freeze).Code);
        var service = _venue.AddUser(Roles.Service);
        var other = StaffCommands.SetAccount(theirs, AccountFreeze.None).Keyed(Key - 1, _venue.Now);
        Assert.Equal(RejectCode.NeverEntered, _venue.Send(ServiceCommands.Fence(other).By(service)).Code);
        Assert.Equal(RejectCode.CommandFenced, _venue.Send(other).Code);
    }

    private CommandResult Send(Command command, long stampOffset = 0) =>
        _venue.Send(command.Keyed(Key, _venue.Now + stampOffset));

    private CommandResult Repeat(long stamp, long after) => _venue.Send(Order().Keyed(Key, stamp), after);

    private CommandResult SendAt(long stamp, UInt128 key) => _venue.Send(Order().Keyed((Key / 2) + key, stamp));

    private static Command Order(long quantity = 1) =>
        Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, quantity);
}
