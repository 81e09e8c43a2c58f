using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>Bounds that keep every table finite.</summary>
/// <param name="BalancesMax">Rows: accounts × assets × kinds.</param>
/// <param name="OrdersMax">Orders that hold something.</param>
/// <param name="ReversalsMax">Reversals, ever.</param>
internal readonly record struct LedgerCapacity(int BalancesMax, int OrdersMax, int ReversalsMax)
{
    /// <summary>
    /// More rows than the core's tables can make: of each balance what is available and what is held, and the
    /// exchange's own kinds of each asset; as many orders as the core's table has places; and reversals are made by
    /// hand, two persons each.
    /// </summary>
    public static LedgerCapacity Default => new(RowsMax, 1 << OrderId.SlotBits, 1 << 20);

    private const int RowsMax = 4 * TableLimits.BalancesMax;
}

/// <summary>Bounds that keep every sum of the ledger inside 128 bits.</summary>
internal static class LedgerLimits
{
    /// <summary>
    /// The largest leg. A trade's is notional + fee ≤ 2 × (2^36 × 2^40 × 2^31) = 2^108; a hold's or deposit's is at
    /// most <see cref="Amount.Max"/> = 2^110; a reversal nets a few of these.
    /// </summary>
    public static readonly Int128 PostingMax = Int128.One << 114;

    /// <summary>The largest balance and the largest sum of a kind. The core admits 2^110 of an asset in all.</summary>
    public static readonly Int128 BalanceMax = Int128.One << 120;

    /// <summary>
    /// Legs of one entry. BalanceMax + 64 × PostingMax = 2^120 + 2^120, so posting first and checking then is safe.
    /// </summary>
    public const int PostingsMax = 64;
}
