using System.Numerics;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>The largest numbers there are, and the smallest fills: nothing overflows and nothing is lost.</summary>
public sealed class MoneyTests
{
    [Theory]
    [Trait("Covers", "H-33")]
    [InlineData(0, 0)]
    [InlineData(SetFeeSchedule.RateMax, SetFeeSchedule.RateMax)]
    [InlineData(-SetFeeSchedule.RateMax, SetFeeSchedule.RateMax)]
    public void The_largest_order_at_the_largest_rates_trades_exactly(int maker, int taker)
    {
        var venue = LargestVenue(maker, taker);
        var notional = (BigInteger)Price.Max * Quantity.Max * CreateInstrument.UnitsMax;
        Assert.True(notional * 11 / 10 < (BigInteger)Amount.Max.Units);
        venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, Price.Max, Quantity.Max));
        Assert.Equal(
            (BigInteger)Quantity.Max * CreateInstrument.UnitsMax, (BigInteger)venue.Held(Venue.Bob, Venue.Coin));
        var result = venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, Price.Max, Quantity.Max));
        Assert.Equal((OrderStatus.Filled, Quantity.Max), (result.Status, result.Executed.Lots));
        Assert.Equal(notional, (BigInteger)result.Notional.Units);

        var takerFee = RoundUp(notional * taker);
        var makerFee = maker >= 0 ? RoundUp(notional * maker) : notional * maker / 1_000_000;
        ref readonly var trade = ref venue.Single(EventKind.TradeExecuted).As<TradeExecuted>();
        Assert.Equal((takerFee, makerFee), ((BigInteger)trade.TakerFee.Units, (BigInteger)trade.MakerFee.Units));
        Assert.Equal(Half - notional - takerFee, (BigInteger)venue.Available(Venue.Alice, Venue.Cash));
        Assert.Equal(Half + notional - makerFee, (BigInteger)venue.Available(Venue.Bob, Venue.Cash));
        Assert.Equal(takerFee + makerFee, (BigInteger)venue.Available(AccountId.House, Venue.Cash));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(SetFeeSchedule.RateMax, SetFeeSchedule.RateMax)]
    public void The_largest_resting_buy_holds_its_worst_cost_and_gets_all_of_it_back(int maker, int taker)
    {
        var venue = LargestVenue(maker, taker);
        var notional = (BigInteger)Price.Max * Quantity.Max * CreateInstrument.UnitsMax;
        var order = venue.Rest(Venue.Alice, Side.Buy, Price.Max, Quantity.Max);
        var hold = notional + RoundUp(notional * taker);
        Assert.Equal(hold, (BigInteger)venue.Held(Venue.Alice, Venue.Cash));
        venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        Assert.Equal(Half, (BigInteger)venue.Available(Venue.Alice, Venue.Cash));
    }

    [Fact]
    [Trait("Covers", "RISK-08")]
    public void Rebates_never_exceed_fees_however_the_schedule_changes_under_open_orders()
    {
        var venue = LargestVenue(-SetFeeSchedule.RateMax, SetFeeSchedule.RateMax);
        int[] takers = [SetFeeSchedule.RateMax, 70_001, 33, 0];
        foreach (var _ in takers)
        {
            venue.Rest(Venue.Bob, Side.Sell, 7, 1_001);
        }

        foreach (var taker in takers)
        {
            venue.Accept(StaffCommands.SetFees(schedule: 0, tier: 0, maker: 0, taker));
            venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 7, 1_001));
            ref readonly var trade = ref venue.Single(EventKind.TradeExecuted).As<TradeExecuted>();
            Assert.InRange(trade.MakerFee.Units + trade.TakerFee.Units, 0, 1);
            Assert.Equal(taker == 0, trade.MakerFee.Units == 0);
        }
    }

    [Fact]
    public void A_house_that_owes_more_than_any_sum_could_bear_stops_the_machine()
    {
        // No trade makes it owe that: a rebate is paid out of the taker's fee. So it is put there.
        var venue = LargestVenue(0, SetFeeSchedule.RateMax);
        venue.Rest(Venue.Bob, Side.Sell, 10, 1_000);
        var house = venue.State.FindOrAddBalance(AccountId.House.Value, Venue.Cash.Value);
        venue.State.Balances.Write(house).Available = -2 * Balance.HouseDebtMax;
        Assert.Throws<InvariantViolationException>(
            () => venue.Do(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 10, 1_000)));
    }

    [Fact]
    public void The_largest_budgets_are_taken_or_refused_but_never_overflow()
    {
        var venue = LargestVenue(SetFeeSchedule.RateMax, SetFeeSchedule.RateMax);
        venue.Accept(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 1, Quantity.Max));
        var budget = Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, Amount.Max.Units);
        venue.Refuse(RejectCode.InsufficientFunds, budget);
        budget = Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, Amount.Max.Units + 1);
        venue.Refuse(RejectCode.InvalidBudget, budget);
        budget = Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, -1);
        venue.Refuse(RejectCode.InvalidBudget, budget);
        budget = Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, Int128.MaxValue);
        venue.Refuse(RejectCode.InvalidBudget, budget);
        var result = venue.Accept(Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, Amount.Max.Units / 4));
        Assert.Equal((Quantity.Max, OrderStatus.Cancelled), (result.Executed.Lots, result.Status));
    }

    [Theory]
    [InlineData(0, RejectCode.InvalidPrice)]
    [InlineData(-1, RejectCode.InvalidPrice)]
    [InlineData(Price.Max, RejectCode.None)]
    [InlineData(Price.Max + 1, RejectCode.InvalidPrice)]
    [InlineData(long.MaxValue, RejectCode.InvalidPrice)]
    [InlineData(long.MinValue, RejectCode.InvalidPrice)]
    public void A_price_is_in_its_range(long price, RejectCode expected)
    {
        var venue = LargestVenue(0, 0);
        Assert.Equal(expected, venue.Do(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, price, 1)).Code);
    }

    [Theory]
    [InlineData(0, RejectCode.InvalidQuantity)]
    [InlineData(-1, RejectCode.InvalidQuantity)]
    [InlineData(Quantity.Max, RejectCode.None)]
    [InlineData(Quantity.Max + 1, RejectCode.InvalidQuantity)]
    [InlineData(long.MaxValue, RejectCode.InvalidQuantity)]
    [InlineData(long.MinValue, RejectCode.InvalidQuantity)]
    public void A_quantity_is_in_its_range(long quantity, RejectCode expected)
    {
        var venue = LargestVenue(0, 0);
        Assert.Equal(expected, venue.Do(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 1, quantity)).Code);
    }

    [Fact]
    [Trait("Covers", "H-33")]
    public void An_asset_never_holds_more_than_the_largest_amount()
    {
        var venue = new Venue(funds: 1);
        var room = Amount.Max.Units - 2;
        venue.Refuse(RejectCode.InvalidValue, StaffCommands.Deposit(Venue.Alice, Venue.Cash, Amount.Max.Units + 1));
        venue.Refuse(RejectCode.InvalidValue, StaffCommands.Deposit(Venue.Alice, Venue.Cash, 0));
        venue.Refuse(RejectCode.InvalidValue, StaffCommands.Deposit(Venue.Alice, Venue.Cash, Int128.MinValue));
        venue.Refuse(RejectCode.AmountOverflow, StaffCommands.Deposit(Venue.Alice, Venue.Cash, Amount.Max.Units));
        venue.Refuse(RejectCode.AmountOverflow, StaffCommands.Deposit(Venue.Alice, Venue.Cash, room + 1));
        venue.Accept(StaffCommands.Deposit(Venue.Alice, Venue.Cash, room));
        venue.Refuse(RejectCode.AmountOverflow, StaffCommands.Deposit(Venue.Bob, Venue.Cash, 1));
        venue.Accept(StaffCommands.Withdraw(Venue.Bob, Venue.Cash, 1));
        venue.Accept(StaffCommands.Deposit(Venue.Bob, Venue.Cash, 1));
    }

    [Fact]
    [Trait("Covers", "H-33")]
    public void Turnover_is_bounded_so_that_no_sum_leaves_its_range()
    {
        var venue = new Venue(funds: 1);
        var approver = venue.AddUser(Roles.Approver);
        var most = Amount.Max.Units - 2;
        var times = (int)((Int128.One << 120) / most);
        for (var i = 0; i < times; i++)
        {
            venue.Accept(StaffCommands.Deposit(Venue.Alice, Venue.Cash, most));
            venue.Accept(StaffCommands.Withdraw(Venue.Alice, Venue.Cash, most));
        }

        venue.Refuse(RejectCode.AmountOverflow, StaffCommands.Deposit(Venue.Alice, Venue.Cash, most));
        var proposal = (uint)venue.Accept(StaffCommands.ProposeAdjustment(Venue.Alice, Venue.Cash, most)).Id;
        venue.Accept(StaffCommands.DecideAdjustment(proposal, approve: true).By(approver));
        Assert.Equal(most + 1, venue.Available(Venue.Alice, Venue.Cash));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 333, 1_700)]
    [InlineData(1, 99_999, 100_000)]
    [InlineData(999, 1, 3)]
    [Trait("Covers", "RISK-08")]
    public void Fees_of_a_thousand_one_lot_fills_are_exactly_the_fee_of_the_whole(long price, int maker, int taker)
    {
        var venue = new Venue();
        venue.Accept(StaffCommands.SetFees(schedule: 0, tier: 0, maker, taker));
        var sellers = Enumerable.Range(0, 1_000).Select(_ => venue.Rest(Venue.Bob, Side.Sell, price, 1)).ToList();
        venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, price, 1_000));
        var trades = venue.Events.Where(happened => happened.Kind == EventKind.TradeExecuted).ToList();
        Assert.Equal(sellers, trades.Select(trade => trade.As<TradeExecuted>().MakerOrderId));
        Assert.Equal(RoundUp((BigInteger)price * 1_000 * taker), Sum(trades, trade => trade.TakerFee));
        Assert.Equal(RoundUp((BigInteger)price * maker) * 1_000, Sum(trades, trade => trade.MakerFee));

        // The other way round: one maker filled by a thousand takers pays the fee of the whole as well.
        venue.Rest(Venue.Bob, Side.Sell, price, 1_000);
        BigInteger paid = 0;
        for (var i = 0; i < 1_000; i++)
        {
            venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, price, 1));
            paid += venue.Single(EventKind.TradeExecuted).As<TradeExecuted>().MakerFee.Units;
        }

        Assert.Equal(RoundUp((BigInteger)price * 1_000 * maker), paid);
        Assert.Equal(0, venue.Held(Venue.Alice, Venue.Cash) + venue.Held(Venue.Bob, Venue.Coin));
    }

    [Fact]
    [Trait("Covers", "RISK-08")]
    public void Rebates_of_a_thousand_one_lot_fills_are_the_rebate_of_the_whole_rounded_down()
    {
        var venue = new Venue();
        for (var tier = 0u; tier <= OpenAccount.TierMax; tier++)
        {
            venue.Accept(StaffCommands.SetFees(schedule: 0, tier, maker: 0, taker: 1_000));
        }

        venue.Accept(StaffCommands.SetFees(schedule: 0, tier: 0, maker: -777, taker: 1_000));
        venue.Rest(Venue.Bob, Side.Sell, 7, 1_000);
        BigInteger paid = 0;
        for (var i = 0; i < 1_000; i++)
        {
            venue.Accept(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 7, 1));
            paid -= venue.Single(EventKind.TradeExecuted).As<TradeExecuted>().MakerFee.Units;
        }

        Assert.Equal((BigInteger)7 * 1_000 * 777 / 1_000_000, paid);
    }

    private static BigInteger Half => (BigInteger)Amount.Max.Units / 2;

    private static BigInteger RoundUp(BigInteger millionths) => (millionths + 999_999) / 1_000_000;

    private static BigInteger Sum(IEnumerable<Happened> trades, Func<TradeExecuted, Amount> fee) =>
        trades.Aggregate(BigInteger.Zero, (sum, trade) => sum + fee(trade.As<TradeExecuted>()).Units);

    private static Venue LargestVenue(int maker, int taker)
    {
        var venue = new Venue(CreateInstrument.UnitsMax, CreateInstrument.UnitsMax, Amount.Max.Units / 2);
        for (var tier = 0u; tier <= OpenAccount.TierMax; tier++)
        {
            venue.Accept(StaffCommands.SetFees(schedule: 0, tier, maker: 0, taker));
        }

        venue.Accept(StaffCommands.SetFees(schedule: 0, tier: 0, maker, taker));
        return venue;
    }
}
