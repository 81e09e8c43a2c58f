using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Records;

/// <summary>
/// An open order. What matching needs of it stands in its first cache line. One record, not two: what an entry wrote is
/// noted, hashed and asked for once.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 192)]
internal struct Order : IRecord<Order>
{
    public const byte WaitingFlag = 1;

    /// <summary>Lots shown. Open lots = visible + hidden.</summary>
    public long Visible;

    /// <summary>Lots an iceberg does not show.</summary>
    public long Hidden;

    /// <summary>Limit or collar price in ticks.</summary>
    public long Price;

    public ulong Id;

    /// <summary>
    /// Place in time of its level: lower is earlier. Set when it joins the level's end; never reused.
    /// </summary>
    public ulong Priority;

    // Derived: the level's queue, and the level. Moved by OrderBook alone.
    public int Next;
    public int Previous;
    public int Level;

    /// <summary>Orders of equal group do not trade with each other where the taker asks for it.</summary>
    public uint Group;

    public uint Account;
    public ushort Instrument;
    public Side Side;
    public byte Flags;

    public OrderTerms Terms;

    public static ushort Kind => 10;

    public readonly long Open => Visible + Hidden;

    public readonly bool IsWaiting => (Flags & WaitingFlag) != 0;

    public static bool IsEmpty(in Order record) => record.Id == 0;

    public static void ClearDerived(ref Order record)
    {
        record.Next = 0;
        record.Previous = 0;
        record.Level = 0;
        record.Terms.AccountNext = 0;
        record.Terms.AccountPrevious = 0;
        record.Terms.BaseBalance = 0;
        record.Terms.QuoteBalance = 0;
    }
}

/// <summary>What settlement and an order's later life need: two cache lines of its record.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 128)]
internal struct OrderTerms
{
    /// <summary>
    /// Held for it: quote units of a buy, base units of a sell. Zero only where the slot is empty, or nothing is due.
    /// </summary>
    public Int128 Hold;

    /// <summary>Σ rate × notional charged so far: the fee paid is this over a million, rounded up.</summary>
    public Int128 FeeAccrued;

    /// <summary>Σ |rate| × notional of rebates so far: the rebate paid is this over a million, rounded down.</summary>
    public Int128 RebateAccrued;

    /// <summary>Total lots: executed + open.</summary>
    public long Quantity;

    public long DisplayQuantity;
    public long ExpiresAt;
    public long StopPrice;
    public UInt128 ClientOrderId;
    public int MakerRate;
    public int TakerRate;

    // Derived: the account's orders in order of acceptance, and its balances of the two assets (−1: not looked for
    // yet).
    public int AccountNext;
    public int AccountPrevious;
    public int BaseBalance;
    public int QuoteBalance;

    public OrderType Type;
    public TimeInForce TimeInForce;
    public SelfTradePrevention SelfTradePrevention;
    public byte PostOnly;

    /// <summary>A timer's cancel that waits for the end of a hard halt; none otherwise.</summary>
    public CancelReason PendingCancel;
    public byte Reserved0;
    public ushort Reserved1;
}
