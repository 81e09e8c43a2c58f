using Exchange.Rsm.Contracts.Trading;
using Code = Exchange.Rsm.Contracts.Trading.RejectCode;
using Kind = Exchange.Rsm.Contracts.Trading.CommandKind;
using Life = Exchange.Rsm.Contracts.Trading.TimeInForce;
using Mode = Exchange.Rsm.Contracts.Trading.SymbolMode;
using Type = Exchange.Rsm.Contracts.Trading.OrderType;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>The published matrices once more, typed by hand and not computed from what they are held against.</summary>
public class OrderRulesTests
{
    // type, time in force, may it be, may it be post-only (or an iceberg)
    public static TheoryData<Type, Life, bool, bool> Types => new()
    {
        { Type.Limit, Life.GoodTillCancel, true, true },
        { Type.Limit, Life.GoodTillDate, true, true },
        { Type.Limit, Life.ImmediateOrCancel, true, false },
        { Type.Limit, Life.FillOrKill, true, false },
        { Type.Market, Life.GoodTillCancel, false, false },
        { Type.Market, Life.GoodTillDate, false, false },
        { Type.Market, Life.ImmediateOrCancel, true, false },
        { Type.Market, Life.FillOrKill, true, false },
        { Type.Stop, Life.GoodTillCancel, true, false },
        { Type.Stop, Life.GoodTillDate, true, false },
        { Type.Stop, Life.ImmediateOrCancel, false, false },
        { Type.Stop, Life.FillOrKill, false, false },
        { Type.StopLimit, Life.GoodTillCancel, true, true },
        { Type.StopLimit, Life.GoodTillDate, true, true },
        { Type.StopLimit, Life.ImmediateOrCancel, true, false },
        { Type.StopLimit, Life.FillOrKill, true, false },
        { Type.TakeProfit, Life.GoodTillCancel, true, false },
        { Type.TakeProfit, Life.GoodTillDate, true, false },
        { Type.TakeProfit, Life.ImmediateOrCancel, false, false },
        { Type.TakeProfit, Life.FillOrKill, false, false },
        { Type.TakeProfitLimit, Life.GoodTillCancel, true, true },
        { Type.TakeProfitLimit, Life.GoodTillDate, true, true },
        { Type.TakeProfitLimit, Life.ImmediateOrCancel, true, false },
        { Type.TakeProfitLimit, Life.FillOrKill, true, false },
    };

    // command, whether it is a plain resting limit order, mode, answer
    public static TheoryData<Kind, bool, Mode, Code> Modes => new()
    {
        { Kind.PlaceOrder, true, Mode.Normal, Code.None },
        { Kind.PlaceOrder, true, Mode.CancelOnly, Code.CancelOnly },
        { Kind.PlaceOrder, true, Mode.SoftHalt, Code.MarketHalted },
        { Kind.PlaceOrder, true, Mode.Auction, Code.None },
        { Kind.PlaceOrder, true, Mode.HardHalt, Code.HardHalted },
        { Kind.PlaceOrder, false, Mode.Normal, Code.None },
        { Kind.PlaceOrder, false, Mode.CancelOnly, Code.CancelOnly },
        { Kind.PlaceOrder, false, Mode.SoftHalt, Code.MarketHalted },
        { Kind.PlaceOrder, false, Mode.Auction, Code.AuctionOnly },
        { Kind.PlaceOrder, false, Mode.HardHalt, Code.HardHalted },
        { Kind.TestOrder, true, Mode.Normal, Code.None },
        { Kind.TestOrder, true, Mode.CancelOnly, Code.CancelOnly },
        { Kind.TestOrder, true, Mode.SoftHalt, Code.MarketHalted },
        { Kind.TestOrder, true, Mode.Auction, Code.None },
        { Kind.TestOrder, true, Mode.HardHalt, Code.HardHalted },
        { Kind.TestOrder, false, Mode.Normal, Code.None },
        { Kind.TestOrder, false, Mode.CancelOnly, Code.CancelOnly },
        { Kind.TestOrder, false, Mode.SoftHalt, Code.MarketHalted },
        { Kind.TestOrder, false, Mode.Auction, Code.AuctionOnly },
        { Kind.TestOrder, false, Mode.HardHalt, Code.HardHalted },
        { Kind.CancelOrder, false, Mode.Normal, Code.None },
        { Kind.CancelOrder, false, Mode.CancelOnly, Code.None },
        { Kind.CancelOrder, false, Mode.SoftHalt, Code.None },
        { Kind.CancelOrder, false, Mode.Auction, Code.None },
        { Kind.CancelOrder, false, Mode.HardHalt, Code.HardHalted },
        { Kind.AmendOrder, false, Mode.Normal, Code.None },
        { Kind.AmendOrder, false, Mode.CancelOnly, Code.None },
        { Kind.AmendOrder, false, Mode.SoftHalt, Code.None },
        { Kind.AmendOrder, false, Mode.Auction, Code.None },
        { Kind.AmendOrder, false, Mode.HardHalt, Code.HardHalted },
        { Kind.ReplaceOrder, true, Mode.Normal, Code.None },
        { Kind.ReplaceOrder, true, Mode.CancelOnly, Code.CancelOnly },
        { Kind.ReplaceOrder, true, Mode.SoftHalt, Code.MarketHalted },
        { Kind.ReplaceOrder, true, Mode.Auction, Code.None },
        { Kind.ReplaceOrder, true, Mode.HardHalt, Code.HardHalted },
        { Kind.ReplaceOrder, false, Mode.Normal, Code.None },
        { Kind.ReplaceOrder, false, Mode.CancelOnly, Code.CancelOnly },
        { Kind.ReplaceOrder, false, Mode.SoftHalt, Code.MarketHalted },
        { Kind.ReplaceOrder, false, Mode.Auction, Code.None },
        { Kind.ReplaceOrder, false, Mode.HardHalt, Code.HardHalted },
        { Kind.CancelAll, false, Mode.Normal, Code.None },
        { Kind.CancelAll, false, Mode.CancelOnly, Code.None },
        { Kind.CancelAll, false, Mode.SoftHalt, Code.None },
        { Kind.CancelAll, false, Mode.Auction, Code.None },
        { Kind.CancelAll, false, Mode.HardHalt, Code.HardHalted },
        { Kind.SetSymbolMode, false, Mode.Normal, Code.None },
        { Kind.SetSymbolMode, false, Mode.CancelOnly, Code.None },
        { Kind.SetSymbolMode, false, Mode.SoftHalt, Code.None },
        { Kind.SetSymbolMode, false, Mode.Auction, Code.None },
        { Kind.SetSymbolMode, false, Mode.HardHalt, Code.None },
        { Kind.SetReferencePrice, false, Mode.Normal, Code.None },
        { Kind.SetReferencePrice, false, Mode.CancelOnly, Code.None },
        { Kind.SetReferencePrice, false, Mode.SoftHalt, Code.None },
        { Kind.SetReferencePrice, false, Mode.Auction, Code.None },
        { Kind.SetReferencePrice, false, Mode.HardHalt, Code.None },
        { Kind.SetInstrumentPolicy, false, Mode.Normal, Code.None },
        { Kind.SetInstrumentPolicy, false, Mode.CancelOnly, Code.None },
        { Kind.SetInstrumentPolicy, false, Mode.SoftHalt, Code.None },
        { Kind.SetInstrumentPolicy, false, Mode.Auction, Code.None },
        { Kind.SetInstrumentPolicy, false, Mode.HardHalt, Code.None },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Type_takes_the_time_in_force_as_published(Type type, Life life, bool allowed, bool postOnly)
    {
        Assert.Equal(allowed, OrderRules.Allows(type, life));
        Assert.Equal(postOnly, OrderRules.MayRest(type, life));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Mode_answers_the_command_as_published(Kind kind, bool rests, Mode mode, Code answer) =>
        Assert.Equal(answer, ModeRules.Refusal(mode, kind, rests));

    [Fact]
    public void No_cell_of_the_hand_written_tables_is_missing()
    {
        var cells = Types.Select(row => (row.Data.Item1, row.Data.Item2)).ToHashSet();
        Assert.Equal(6 * 4, cells.Count);
        Assert.Equal(6 * 4, Types.Count);
        Assert.Equal(Enum.GetValues<Type>().Length * Enum.GetValues<Life>().Length, cells.Count);
        var modes = Modes.GroupBy(row => (row.Data.Item1, row.Data.Item2)).ToList();
        Assert.All(modes, rows => Assert.Equal(Enum.GetValues<Mode>(), rows.Select(row => row.Data.Item3)));
        Assert.Equal(12, modes.Count);
    }

    [Fact]
    public void Commands_that_no_mode_refuses_are_all_but_the_six_of_order_entry()
    {
        Kind[] refusable =
            [Kind.PlaceOrder, Kind.TestOrder, Kind.CancelOrder, Kind.AmendOrder, Kind.ReplaceOrder, Kind.CancelAll];
        foreach (var kind in Enum.GetValues<Kind>().Except(refusable))
        {
            foreach (var mode in Enum.GetValues<Mode>())
            {
                Assert.Equal(Code.None, ModeRules.Refusal(mode, kind, rests: false));
            }
        }
    }

    [Theory]
    [InlineData(Type.Limit, true, false)]
    [InlineData(Type.Market, false, false)]
    [InlineData(Type.Stop, false, true)]
    [InlineData(Type.StopLimit, true, true)]
    [InlineData(Type.TakeProfit, false, true)]
    [InlineData(Type.TakeProfitLimit, true, true)]
    public void Type_has_a_limit_and_waits_as_published(Type type, bool hasLimit, bool waits)
    {
        Assert.Equal(hasLimit, OrderRules.HasLimit(type));
        Assert.Equal(waits, OrderRules.Waits(type));
    }

    [Theory]
    [InlineData(Type.Stop, Side.Buy, true)]
    [InlineData(Type.Stop, Side.Sell, false)]
    [InlineData(Type.StopLimit, Side.Buy, true)]
    [InlineData(Type.StopLimit, Side.Sell, false)]
    [InlineData(Type.TakeProfit, Side.Buy, false)]
    [InlineData(Type.TakeProfit, Side.Sell, true)]
    [InlineData(Type.TakeProfitLimit, Side.Buy, false)]
    [InlineData(Type.TakeProfitLimit, Side.Sell, true)]
    public void Stop_waits_for_the_price_to_go_against_and_take_profit_for_it_to_go_with_the_order(
        Type type,
        Side side,
        bool rises) => Assert.Equal(rises, OrderRules.TriggersOnRise(type, side));
}
