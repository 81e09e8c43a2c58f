using System.Runtime.CompilerServices;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>The exact arithmetic of notionals, fees and holds. No result is rounded but the fee, and that by its rule.</summary>
internal static class Money
{
    private const ulong Million = 1_000_000;

    /// <summary>Price × lots × units. At most 2^107: never overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Notional(long price, long lots, long units)
    {
        var high = Math.BigMul((ulong)price, (ulong)lots, out var low);
        var carry = Math.BigMul(low, (ulong)units, out var product);
        return new Int128((high * (ulong)units) + carry, product);
    }

    /// <summary>A non-negative amount over a million, rounded up: a fee due so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 RoundUp(Int128 accrued)
    {
        if (accrued <= ulong.MaxValue - Million)
        {
            return ((ulong)accrued + Million - 1) / Million;
        }

        return (accrued + (Million - 1)) / Million;
    }

    /// <summary>A non-negative amount over a million, rounded down: a rebate due so far.</summary>
    public static Int128 RoundDown(Int128 accrued) =>
        accrued <= ulong.MaxValue ? (ulong)accrued / Million : accrued / Million;

    /// <summary>What a buy must hold for a worst notional still to trade, after what has accrued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 BuyHold(Int128 worstNotional, int worstRate, Int128 feeAccrued)
    {
        if (worstRate == 0)
        {
            return worstNotional;
        }

        return worstNotional + RoundUp(feeAccrued + (worstNotional * worstRate)) - RoundUp(feeAccrued);
    }

    /// <summary>
    /// Charges one trade: adds to what has accrued and gives the difference due, rounded as <see cref="RoundUp"/> and
    /// <see cref="RoundDown"/> say. Negative is a rebate.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Charge(Int128 notional, int rate, ref Int128 feeAccrued, ref Int128 rebateAccrued)
    {
        if (rate == 0)
        {
            return 0;
        }

        if (rate > 0)
        {
            var before = feeAccrued;
            feeAccrued += notional * rate;
            return RoundUp(feeAccrued) - RoundUp(before);
        }

        var rebateBefore = rebateAccrued;
        rebateAccrued -= notional * rate;
        return RoundDown(rebateBefore) - RoundDown(rebateAccrued);
    }
}
