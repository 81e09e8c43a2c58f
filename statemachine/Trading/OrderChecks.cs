using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>The checks that orders share, one line for each reason; callers make them in order of code.</summary>
internal sealed class OrderChecks(ExchangeState state)
{
    private TimeWindow _rateWindow;
    private TimeWindow _throttleWindow;

    // The number of a window of time, kept from command to command: within an entry time stands still.
    private struct TimeWindow
    {
        private long _now;
        private long _length;
        private long _number;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Of(long now, long length)
        {
            if (now != _now || length != _length)
            {
                (_now, _length, _number) = (now, length, now / length);
            }

            return _number;
        }
    }

    /// <summary>
    /// Whether it is a limit order without any frill and its numbers are in range: then <see cref="Combination"/> and
    /// <see cref="Fields"/> have nothing to say.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPlain(in PlaceOrder order)
    {
        var frills = order.StopPrice.Ticks | order.DisplayQuantity.Lots | order.ExpiresAt | order.Flags;
        return frills == 0
            && order.Type == OrderType.Limit
            && order.QuoteBudget.Units == 0
            && order.TimeInForce != TimeInForce.GoodTillDate
            && IsPrice(order.Price.Ticks)
            && IsQuantity(order.Quantity.Lots);
    }

    /// <summary>Whether the fields fit type and time in force. They are known to be defined values.</summary>
    public static RejectCode Combination(in PlaceOrder order)
    {
        var isPostOnly = (order.Flags & PlaceOrder.PostOnlyFlag) != 0;
        var hasBudget = order.QuoteBudget.Units != 0;
        var isValid = OrderRules.Allows(order.Type, order.TimeInForce)
            && (!(isPostOnly || order.DisplayQuantity.Lots != 0) || OrderRules.MayRest(order.Type, order.TimeInForce))
            && (order.Price.Ticks == 0 || OrderRules.HasLimit(order.Type))
            && (order.StopPrice.Ticks == 0 || OrderRules.Waits(order.Type))
            && (!hasBudget || IsBudgetAllowed(in order))
            && (order.ExpiresAt == 0 || order.TimeInForce == TimeInForce.GoodTillDate);
        return isValid ? RejectCode.None : RejectCode.InvalidCombination;
    }

    /// <summary>Whether the fields are in range. The receipt is the field.</summary>
    public static RejectCode Fields(in PlaceOrder order, long now, out Int128 actual)
    {
        actual = order.Price.Ticks;
        if (OrderRules.HasLimit(order.Type) && !IsPrice(order.Price.Ticks))
        {
            return RejectCode.InvalidPrice;
        }

        actual = order.Quantity.Lots;
        if (order.QuoteBudget.Units == 0 && !IsQuantity(order.Quantity.Lots))
        {
            return RejectCode.InvalidQuantity;
        }

        actual = order.StopPrice.Ticks;
        if (OrderRules.Waits(order.Type) && !IsPrice(order.StopPrice.Ticks))
        {
            return RejectCode.InvalidStopPrice;
        }

        actual = order.DisplayQuantity.Lots;
        if (!IsDisplay(order.DisplayQuantity.Lots, order.Quantity.Lots))
        {
            return RejectCode.InvalidDisplayQuantity;
        }

        actual = order.QuoteBudget.Units;
        if (order.QuoteBudget.Units < 0 || order.QuoteBudget.Units > Amount.Max.Units)
        {
            return RejectCode.InvalidBudget;
        }

        actual = order.ExpiresAt;
        return order.TimeInForce == TimeInForce.GoodTillDate && order.ExpiresAt <= now
            ? RejectCode.InvalidExpiry
            : RejectCode.None;
    }

    // Bounded parts: each is a trade of its own in one command, and a command's events must fit in memory.
    private static bool IsDisplay(long display, long quantity) =>
        display == 0
        || (display > 0 && display <= quantity && quantity <= display * PlaceOrder.IcebergPartsMax);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPrice(long ticks) => ticks is >= 1 and <= Price.Max;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsQuantity(long lots) => lots is >= 1 and <= Quantity.Max;

    /// <summary>The account's rate limit. Counts the command where it passes and is not a test.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsWithinRate(ref Account account, bool counts, out uint found)
    {
        ref var policy = ref state.Globals.Policy;
        found = 0;
        if (policy.RateWindow == 0)
        {
            return true;
        }

        var window = _rateWindow.Of(state.Globals.Timestamp, policy.RateWindow);
        var used = account.RateWindow == window ? account.RateCount : 0;
        found = used;
        if (used >= policy.RateCount)
        {
            return false;
        }

        if (counts)
        {
            account.RateWindow = window;
            account.RateCount = used + 1;
        }

        return true;
    }

    /// <summary>The instrument's throttle. Counts the command where it passes and is not a test.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsWithinThrottle(
        ref Instrument instrument, in InstrumentPolicy policy, bool counts, out uint found)
    {
        found = 0;
        if (policy.ThrottleWindow == 0 || policy.ThrottleCount == 0)
        {
            return true;
        }

        var window = _throttleWindow.Of(state.Globals.Timestamp, policy.ThrottleWindow);
        var used = instrument.ThrottleWindow == window ? instrument.ThrottleCount : 0;
        found = used;
        if (used >= policy.ThrottleCount)
        {
            return false;
        }

        if (counts)
        {
            instrument.ThrottleWindow = window;
            instrument.ThrottleCount = used + 1;
        }

        return true;
    }

    /// <summary>Size limits of one order. Where it has a budget only the notional counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RejectCode Size(in InstrumentPolicy policy, long lots, bool hasLots, Int128 notional, bool hasNotional)
    {
        if (hasLots && policy.QuantityMax.Lots != 0 && lots > policy.QuantityMax.Lots)
        {
            return state.Refusal.Of(RejectCode.QuantityLimit, lots, policy.QuantityMax.Lots);
        }

        if (hasLots && policy.QuantityMin.Lots != 0 && lots < policy.QuantityMin.Lots)
        {
            return state.Refusal.Of(RejectCode.QuantityTooSmall, lots, policy.QuantityMin.Lots);
        }

        if (hasNotional && policy.NotionalMax.Units != 0 && notional > policy.NotionalMax.Units)
        {
            return state.Refusal.Of(RejectCode.NotionalLimit, notional, policy.NotionalMax.Units);
        }

        return hasNotional && policy.NotionalMin.Units != 0 && notional < policy.NotionalMin.Units
            ? state.Refusal.Of(RejectCode.NotionalTooSmall, notional, policy.NotionalMin.Units)
            : RejectCode.None;
    }

    /// <summary>Whether a limit price is inside the band around the reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsInBand(in InstrumentPolicy policy, long reference, long price, out long bound)
    {
        bound = 0;
        if (policy.BandBasisPoints == 0 || reference == 0)
        {
            return true;
        }

        var width = Share(reference, policy.BandBasisPoints);
        bound = price < reference ? reference - width : reference + width;
        return price < reference ? price >= bound : price <= bound;
    }

    /// <summary>The worst price a market or triggered order may trade at, from a base price.</summary>
    public static long Collar(in InstrumentPolicy policy, Side side, long basePrice)
    {
        var width = Share(basePrice, policy.CollarBasisPoints);
        return side == Side.Buy ? Math.Min(basePrice + width, Price.Max) : Math.Max(basePrice - width, 1);
    }

    private static long Share(long price, uint basisPoints) => price * basisPoints / InstrumentPolicy.BasisPoints;

    private static bool IsBudgetAllowed(in PlaceOrder order) =>
        order.Type == OrderType.Market
        && order.TimeInForce != TimeInForce.FillOrKill
        && order.Quantity.Lots == 0;
}
