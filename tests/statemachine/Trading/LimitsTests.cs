using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Every limit at its edge: the last that passes, the first that does not, and what frees the place.</summary>
public sealed class LimitsTests
{
    private readonly Venue _venue = new();

    [Fact]
    [Trait("Covers", "RISK-04")]
    [Trait("Covers", "H-16")]
    public void Open_orders_of_an_account_are_limited_and_a_cancel_or_fill_frees_the_place()
    {
        _venue.SetGlobalPolicy(policy => policy with { OpenOrdersMax = 2 });
        var first = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Sell, OrderType.Stop, 50, 1));
        RefuseWithReceipt(RejectCode.OpenOrderLimit, Buy(1), 2, 2);
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 80, 1));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, first));
        _venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 91, 1));
        _venue.Refuse(RejectCode.OpenOrderLimit, Buy(1));
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 91, 1));
        _venue.Accept(Buy(1));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void Open_orders_of_an_instrument_are_limited()
    {
        _venue.SetPolicy(policy => policy with { OpenOrdersMax = 2 });
        _venue.Accept(Buy(1));
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 80, 1));
        RefuseWithReceipt(RejectCode.InstrumentFull, Buy(1), 2, 2);
        _venue.SetPolicy(policy => policy with { OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit });
        _venue.Accept(Buy(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(InstrumentPolicy.OpenOrdersLimit + 1)]
    [InlineData(uint.MaxValue)]
    public void An_instruments_open_orders_are_always_limited(uint most) => _venue.Refuse(
        RejectCode.InvalidValue,
        StaffCommands.SetPolicy(Venue.Market, DefaultPolicy.Instrument with { OpenOrdersMax = most }));

    [Fact]
    [Trait("Covers", "H-16")]
    public void Waiting_orders_of_an_instrument_are_limited_and_zero_admits_none()
    {
        var stop = Commands.Waiting(Venue.Alice, Venue.Market, Side.Sell, OrderType.Stop, 50, 1);
        _venue.SetPolicy(policy => policy with { StopOrdersMax = 1 });
        var first = _venue.Place(stop.Copy());
        RefuseWithReceipt(RejectCode.StopOrderLimit, stop.Copy(), 1, 1);
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, first));
        _venue.SetPolicy(policy => policy with { StopOrdersMax = 0 });
        RefuseWithReceipt(RejectCode.StopOrderLimit, stop.Copy(), 0, 0);
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void Sessions_of_an_account_are_limited()
    {
        _venue.SetGlobalPolicy(policy => policy with { SessionsMax = 2 });
        var first = _venue.OpenSession(Venue.Alice);
        _venue.OpenSession(Venue.Alice);
        _venue.Refuse(RejectCode.CapacityExhausted, Commands.OpenSession(Venue.Alice));
        _venue.OpenSession(Venue.Bob);
        _venue.Accept(Commands.CloseSession(Venue.Alice, first));
        _venue.OpenSession(Venue.Alice);
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void A_full_order_table_refuses_new_orders()
    {
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 2);
        for (var slot = 1; slot < 1 << OrderId.SlotBits; slot++)
        {
            _venue.State.OrderSlots.Occupy(slot);
        }

        _venue.Refuse(RejectCode.CapacityExhausted, Buy(1));
        _venue.Accept(Commands.Replace(Venue.Alice, Venue.Market, order, price: 91));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        Assert.Equal(0, _venue.Rest(Venue.Alice, Side.Buy, 90, 1).Slot);
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void Users_and_accounts_are_numbered_up_to_24_bits()
    {
        _venue.State.GlobalsTable.Write(0).Users = TableLimits.UsersMax;
        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.CreateUser(Roles.None));
        _venue.State.GlobalsTable.Write(0).Accounts = TableLimits.AccountsMax;
        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.OpenAccount(UserId.Root));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void Tables_of_all_accounts_together_are_full_at_their_caps_and_say_so()
    {
        var state = _venue.State;
        var first = Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1, clientOrderId: 1);
        _venue.Accept(first);
        state.Caps = TableCaps.Full with { ClientOrderIds = state.ClientOrderIdSlots.Count };
        RefuseWithReceipt(
            RejectCode.ClientOrderIdsFull,
            Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 90, 1, clientOrderId: 1), 1, 1);
        _venue.Accept(Buy(1));

        state.Caps = TableCaps.Full with { Keys = state.KeySlots.Count, TraderKeys = state.KeySlots.Count };
        _venue.Refuse(RejectCode.IdempotencyFull, Buy(1));
        _venue.Refuse(RejectCode.IdempotencyFull, StaffCommands.SetAccount(Venue.Alice, AccountFreeze.Trading));

        state.Caps = TableCaps.Full with { Sessions = state.SessionSlots.Count };
        _venue.Refuse(RejectCode.CapacityExhausted, Commands.OpenSession(Venue.Alice));
        state.Caps = TableCaps.Full with { ApiKeys = state.ApiKeySlots.Count };
        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.CreateApiKey(Venue.Alice, 100));

        var proposal = _venue.Accept(StaffCommands.ProposeAdjustment(Venue.Alice, Venue.Cash, 1)).Id;
        var approver = _venue.AddUser(Roles.Approver);
        state.Caps = TableCaps.Full with { Balances = state.BalanceSlots.Count };
        _venue.Refuse(RejectCode.CapacityExhausted, Buy(1));
        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.Deposit(Venue.Alice, Venue.Cash, 1));
        _venue.Refuse(
            RejectCode.CapacityExhausted, StaffCommands.DecideAdjustment((uint)proposal, approve: true).By(approver));
        _venue.Accept(StaffCommands.Withdraw(Venue.Alice, Venue.Cash, 1));
    }

    [Fact]
    [Trait("Covers", "RISK-03")]
    public void The_rate_of_an_account_is_counted_in_windows_of_log_time()
    {
        _venue.SetGlobalPolicy(policy => policy with { RateWindow = Venue.Second, RateCount = 3 });
        StartWindow();
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 5);
        _venue.Accept(Buy(1));
        _venue.Accept(Commands.Replace(Venue.Alice, Venue.Market, order, price: 91));
        RefuseWithReceipt(RejectCode.RateLimited, Buy(1), 3, 3);
        _venue.Refuse(RejectCode.RateLimited, Commands.Replace(Venue.Alice, Venue.Market, order, price: 92));
        Assert.Equal(RejectCode.RateLimited, _venue.Do(Commands.Test(Buy(1))).Code);
        _venue.Accept(Commands.Amend(Venue.Alice, Venue.Market, order, 4));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 80, 1));

        StartWindow();
        _venue.Accept(Buy(1));
    }

    [Fact]
    public void A_test_is_refused_by_the_rate_but_does_not_count()
    {
        _venue.SetGlobalPolicy(policy => policy with { RateWindow = Venue.Second, RateCount = 1 });
        StartWindow();
        for (var i = 0; i < 3; i++)
        {
            _venue.Accept(Commands.Test(Buy(1)));
        }

        _venue.Accept(Buy(1));
        Assert.Equal(RejectCode.RateLimited, _venue.Do(Commands.Test(Buy(1))).Code);
    }

    [Fact]
    [Trait("Covers", "CORE-19")]
    public void New_orders_of_a_symbol_can_be_throttled_and_cancels_are_not()
    {
        _venue.SetPolicy(policy => policy with { ThrottleWindow = Venue.Second, ThrottleCount = 2 });
        StartWindow();
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 5);
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Buy, 80, 1));
        RefuseWithReceipt(RejectCode.SymbolThrottled, Buy(1), 2, 2);
        _venue.Refuse(RejectCode.SymbolThrottled, Commands.Replace(Venue.Alice, Venue.Market, order, price: 91));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        StartWindow();
        _venue.Accept(Buy(1));
    }

    [Theory]
    [Trait("Covers", "RISK-05")]
    [InlineData(1_010, RejectCode.None)]
    [InlineData(1_011, RejectCode.PriceBand)]
    [InlineData(990, RejectCode.None)]
    [InlineData(989, RejectCode.PriceBand)]
    public void A_price_beyond_the_band_around_the_reference_is_refused(long price, RejectCode expected)
    {
        _venue.SetPolicy(policy => policy with { BandBasisPoints = 100 });
        _venue.Accept(StaffCommands.SetReference(Venue.Market, 1_009));
        _venue.Accept(StaffCommands.SetReference(Venue.Market, 1_000));
        var result = _venue.Do(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, price, 1));
        Assert.Equal(expected, result.Code);
        if (expected == RejectCode.PriceBand)
        {
            ref readonly var rejected = ref _venue.Single(EventKind.OrderRejected).As<CommandRejected>();
            Assert.Equal((price, price > 1_000 ? 1_010 : 990), (rejected.Actual, rejected.Limit));
        }
    }

    [Fact]
    [Trait("Covers", "RISK-06")]
    public void Repeated_band_violations_in_one_window_trip_the_breaker()
    {
        _venue.SetPolicy(policy => policy with
        {
            BandBasisPoints = 100,
            BreakerViolations = 3,
            ViolationWindow = Venue.Second,
            BreakerMode = SymbolMode.Auction,
        });
        _venue.Accept(StaffCommands.SetReference(Venue.Market, 1_000));
        StartWindow();
        Violate();
        Violate();
        StartWindow();
        Violate();
        Violate();
        Assert.Equal(SymbolMode.Normal, _venue.State.Instruments.At(1).Mode);
        Violate();
        ref readonly var changed = ref _venue.Single(EventKind.ModeChanged).As<ModeChanged>();
        Assert.Equal((SymbolMode.Auction, ChangeCause.Violations), (changed.To, changed.Cause));
    }

    [Fact]
    [Trait("Covers", "RISK-06")]
    public void A_trade_too_far_from_the_reference_trips_the_breaker()
    {
        _venue.SetPolicy(policy => policy with { BreakerBasisPoints = 100 });
        _venue.Accept(StaffCommands.SetReference(Venue.Market, 1_000));
        Trade(1_010);
        Assert.Equal(SymbolMode.Normal, _venue.State.Instruments.At(1).Mode);
        Trade(1_011);
        ref readonly var changed = ref _venue.Single(EventKind.ModeChanged).As<ModeChanged>();
        Assert.Equal((SymbolMode.CancelOnly, ChangeCause.Shock), (changed.To, changed.Cause));
        Assert.Equal(1_011, _venue.State.Instruments.At(1).ReferencePrice);
    }

    [Fact]
    [Trait("Covers", "RISK-07")]
    public void A_limit_is_in_force_from_the_entry_that_sets_it_and_named_by_its_hash()
    {
        _venue.Accept(Buy(1));
        var before = _venue.Single(EventKind.OrderAccepted).As<OrderAccepted>().PolicyHash;
        var results = _venue.Together(
        [
            Buy(10),
            StaffCommands.SetPolicy(Venue.Market, DefaultPolicy.Instrument with { QuantityMax = new Quantity(9) }),
            Buy(10),
            Buy(9),
        ]);
        Assert.Equal(
            [RejectCode.None, RejectCode.None, RejectCode.QuantityLimit, RejectCode.None],
            results.Select(result => result.Code));
        var rejected = _venue.Single(EventKind.OrderRejected).As<CommandRejected>();
        Assert.NotEqual(before, rejected.PolicyHash);
        Assert.Equal((10, 9), (rejected.Actual, rejected.Limit));
    }

    private static Command Buy(long quantity) => Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, quantity);

    private void Violate() => _venue.Refuse(
        RejectCode.PriceBand, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 1_011, 1));

    private void Trade(long price)
    {
        _venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, price, 1));
        _venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, price, 1));
    }

    private void StartWindow() => _venue.Pass(Venue.Second - (_venue.Now % Venue.Second));

    private void RefuseWithReceipt(RejectCode code, Command command, long actual, long limit)
    {
        _venue.Refuse(code, command);
        ref readonly var rejected = ref _venue.Single(EventKind.OrderRejected).As<CommandRejected>();
        Assert.Equal((actual, limit), (rejected.Actual, rejected.Limit));
    }
}
