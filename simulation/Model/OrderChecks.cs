using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>The checks that several order commands share.</summary>
internal sealed class OrderChecks(ModelState state)
{
    public static bool IsPrice(long ticks) => ticks is >= 1 and <= Price.Max;

    public static bool IsQuantity(long lots) => lots is >= 1 and <= Quantity.Max;

    /// <summary>Type, time in force and the ranges of the fields.</summary>
    public void AddForm(Refusals refusals, in PlaceOrder order)
    {
        var price = order.Price.Ticks;
        var quantity = order.Quantity.Lots;
        var budget = order.QuoteBudget.Units;
        var display = order.DisplayQuantity.Lots;
        var stopPrice = order.StopPrice.Ticks;
        var hasLimit = OrderRules.HasLimit(order.Type);
        var waits = OrderRules.Waits(order.Type);
        var isGoodTillDate = order.TimeInForce == TimeInForce.GoodTillDate;

        refusals.Add(RejectCode.InvalidCombination, !OrderRules.Allows(order.Type, order.TimeInForce));
        refusals.Add(
            RejectCode.InvalidCombination,
            (order.Flags != 0 || display != 0) && !OrderRules.MayRest(order.Type, order.TimeInForce));
        refusals.Add(RejectCode.InvalidCombination, price != 0 && !hasLimit);
        refusals.Add(RejectCode.InvalidCombination, stopPrice != 0 && !waits);
        refusals.Add(
            RejectCode.InvalidCombination,
            budget != 0
                && (order.Type != OrderType.Market || order.TimeInForce == TimeInForce.FillOrKill || quantity != 0));
        refusals.Add(RejectCode.InvalidCombination, order.ExpiresAt != 0 && !isGoodTillDate);

        refusals.Add(RejectCode.InvalidPrice, hasLimit && !IsPrice(price), price);
        refusals.Add(RejectCode.InvalidQuantity, budget == 0 && !IsQuantity(quantity), quantity);
        refusals.Add(RejectCode.InvalidStopPrice, waits && !IsPrice(stopPrice), stopPrice);
        refusals.Add(RejectCode.InvalidDisplayQuantity, display < 0 || display > quantity, display);
        refusals.Add(
            RejectCode.InvalidDisplayQuantity,
            display > 0 && quantity > (Int128)display * PlaceOrder.IcebergPartsMax,
            display);
        refusals.Add(RejectCode.InvalidBudget, budget < 0 || budget > Amount.Max.Units, budget);
        refusals.Add(RejectCode.InvalidExpiry, isGoodTillDate && order.ExpiresAt <= state.Now, order.ExpiresAt);
    }

    public static void AddMode(Refusals refusals, ModelInstrument instrument, CommandKind kind, bool rests)
    {
        var code = ModeRules.Refusal(instrument.Mode, kind, rests);
        refusals.Add(code, code != RejectCode.None);
    }

    public void AddRates(Refusals refusals, ModelInstrument instrument, ModelAccount account)
    {
        refusals.Add(RejectCode.AccountFrozen, (account.Freeze & AccountFreeze.Trading) != 0);
        if (state.Policy.RateWindow != 0)
        {
            var count = account.Rate.At(state.Now, state.Policy.RateWindow);
            refusals.Add(RejectCode.RateLimited, count >= state.Policy.RateCount, count, state.Policy.RateCount);
        }

        var policy = instrument.Policy;
        if (IsThrottled(policy))
        {
            var count = instrument.Throttle.At(state.Now, policy.ThrottleWindow);
            refusals.Add(RejectCode.SymbolThrottled, count >= policy.ThrottleCount, count, policy.ThrottleCount);
        }
    }

    /// <summary>Counts a place or replace at each rate check that it came past.</summary>
    public void CountRates(Refusals refusals, ModelInstrument instrument, ModelAccount account)
    {
        if (state.Policy.RateWindow != 0 && refusals.PassesUpTo(RejectCode.RateLimited))
        {
            account.Rate.Add(state.Now, state.Policy.RateWindow);
        }

        if (IsThrottled(instrument.Policy) && refusals.PassesUpTo(RejectCode.SymbolThrottled))
        {
            instrument.Throttle.Add(state.Now, instrument.Policy.ThrottleWindow);
        }
    }

    public static void AddQuantityLimits(Refusals refusals, InstrumentPolicy policy, long lots)
    {
        var max = policy.QuantityMax.Lots;
        var min = policy.QuantityMin.Lots;
        refusals.Add(RejectCode.QuantityLimit, max != 0 && lots > max, lots, max);
        refusals.Add(RejectCode.QuantityTooSmall, min != 0 && lots < min, lots, min);
    }

    public static void AddNotionalLimits(Refusals refusals, InstrumentPolicy policy, Int128 worst)
    {
        var max = policy.NotionalMax.Units;
        var min = policy.NotionalMin.Units;
        refusals.Add(RejectCode.NotionalLimit, max != 0 && worst > max, worst, max);
        refusals.Add(RejectCode.NotionalTooSmall, min != 0 && worst < min, worst, min);
    }

    public static void AddBand(Refusals refusals, ModelInstrument instrument, long price)
    {
        var reference = instrument.ReferencePrice;
        if (instrument.Policy.BandBasisPoints == 0 || reference == 0)
        {
            return;
        }

        var reach = reference * instrument.Policy.BandBasisPoints / InstrumentPolicy.BasisPoints;
        refusals.Add(RejectCode.PriceBand, price > reference + reach, price, reference + reach);
        refusals.Add(RejectCode.PriceBand, price < reference - reach, price, reference - reach);
    }

    public static void AddPostOnly(Refusals refusals, ModelInstrument instrument, Side side, long price)
    {
        var best = instrument.BestOppositePrice(side);
        refusals.Add(RejectCode.PostOnlyWouldCross, WouldCross(side, price, best), price, best);
    }

    public static bool WouldCross(Side side, long price, long bestOpposite) =>
        bestOpposite != 0 && (side == Side.Buy ? bestOpposite <= price : bestOpposite >= price);

    private static bool IsThrottled(in InstrumentPolicy policy) =>
        policy.ThrottleWindow != 0 && policy.ThrottleCount != 0;
}
