using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Records;

/// <summary>
/// What matching needs of an open order: one cache line. Its <see cref="OrderTerms"/> have the same slot.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
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

    public static ushort Kind => 10;

    public readonly long Open => Visible + Hidden;

    public readonly bool IsWaiting => (Flags & WaitingFlag) != 0;

    public static bool IsEmpty(in Order record) => record.Id == 0;

    public static void ClearDerived(ref Order record)
    {
        record.Next = 0;
        record.Previous = 0;
        record.Level = 0;
    }
}

/// <summary>What settlement and the order's later life need.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 128)]
internal struct OrderTerms : IRecord<OrderTerms>
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

    /// <summary>1 where the slot is in use.</summary>
    public byte Exists;

    public ushort Reserved0;

    public static ushort Kind => 11;

    public static bool IsEmpty(in OrderTerms record) => record.Exists == 0;

    public static void ClearDerived(ref OrderTerms record)
    {
        record.AccountNext = 0;
        record.AccountPrevious = 0;
        record.BaseBalance = 0;
        record.QuoteBalance = 0;
    }
}
