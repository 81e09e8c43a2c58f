using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// The exact arithmetic of notionals, fees and holds. No result is rounded but the fee, and that by its rule.
/// </summary>
internal static class Money
{
    private const ulong Million = 1_000_000;

    /// <summary>Price × lots × units. At most 2^107: never overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Notional(long price, long lots, long units)
    {
        var (high, low) = Multiply((ulong)price, (ulong)lots);
        var (carry, product) = Multiply(low, (ulong)units);
        return new Int128((high * (ulong)units) + carry, product);
    }

    /// <summary>Lots × units, both not negative: one multiplication where the 128-bit operator takes three.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Product(long lots, long units)
    {
        var (high, low) = Multiply((ulong)lots, (ulong)units);
        return new Int128(high, low);
    }

    /// <summary>A non-negative amount over a million, rounded up: a fee due so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 RoundUp(Int128 accrued)
    {
        var low = Words.Low(accrued);
        return Words.High(accrued) == 0 && low <= ulong.MaxValue - Million
            ? unchecked(low + Million - 1) / Million
            : RoundUpWide(accrued);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Int128 RoundUpWide(Int128 accrued) => (accrued + (Million - 1)) / Million;

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

        // What has accrued and what may still are shares of one notional below 2^107: the sums stay below 2^126.
        var hold = Words.Plus(worstNotional, RoundUp(Words.Plus(feeAccrued, Times(worstNotional, worstRate))));
        return feeAccrued == 0 ? hold : Words.Minus(hold, RoundUp(feeAccrued));
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
            feeAccrued = Words.Plus(before, Times(notional, rate));
            return Words.Minus(RoundUp(feeAccrued), RoundUp(before));
        }

        var rebateBefore = rebateAccrued;
        rebateAccrued += Times(notional, -rate);
        return RoundDown(rebateBefore) - RoundDown(rebateAccrued);
    }

    // Both halves of a product. Asking for them at once goes through memory; two multiplications do not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong High, ulong Low) Multiply(ulong left, ulong right)
    {
        var high = Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(left, right) : Math.BigMul(left, right, out _);
        return (high, unchecked(left * right));
    }

    // A notional below 2^107 times a rate below 2^17, both not negative.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Int128 Times(Int128 notional, int rate)
    {
        var (carry, product) = Multiply(Words.Low(notional), (ulong)rate);
        return new Int128((Words.High(notional) * (ulong)rate) + carry, product);
    }
}
