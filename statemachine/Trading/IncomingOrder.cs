using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// The order being entered, replaced or triggered, while it matches. It gets records in the tables only when it rests:
/// most takers never do.
/// </summary>
internal struct IncomingOrder
{
    public uint Instrument;
    public uint Account;
    public int Slot;
    public ulong Id;
    public Side Side;
    public OrderType Type;
    public TimeInForce TimeInForce;
    public SelfTradePrevention Prevention;
    public bool PostOnly;

    /// <summary>Whether the tables hold it already: it was replaced or triggered.</summary>
    public bool HasRecords;

    /// <summary>Whether it trades for a budget, not a quantity.</summary>
    public bool HasBudget;

    public uint Group;
    public long Price;

    /// <summary>Total lots, and those not yet traded. With a budget open is the most that could trade.</summary>
    public long Quantity;
    public long Open;
    public long Display;
    public long ExpiresAt;
    public UInt128 ClientOrderId;

    /// <summary>What is left of the budget.</summary>
    public Int128 Budget;
    public Int128 Hold;
    public Int128 FeeAccrued;
    public Int128 RebateAccrued;
    public int MakerRate;
    public int TakerRate;
    public int BaseBalance;
    public int QuoteBalance;

    /// <summary>What it traded since it entered: lots, notional, price of the last trade.</summary>
    public long Executed;
    public Int128 Notional;
    public long LastPrice;

    /// <summary>Makers it may still meet at once.</summary>
    public int StepsLeft;

    /// <summary>Why its rest is to be cancelled, once decided.</summary>
    public CancelReason Ending;

    /// <summary>Whether that has been told and its hold released.</summary>
    public bool IsCancelled;

    public readonly int WorstRate => Math.Max(Math.Max(MakerRate, TakerRate), 0);
}
