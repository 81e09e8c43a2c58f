namespace Exchange.Rsm.Contracts.Trading;

/// <summary>The events and frames. Numbers are frozen: they stand in journals.</summary>
public enum EventKind : byte
{
    /// <summary>Not an event.</summary>
    None = 0,

    /// <summary>Frame: what follows comes from one log entry (<see cref="EntryFrame"/>).</summary>
    Entry = 1,

    /// <summary>Frame: what follows comes from one command or timer (<see cref="CauseFrame"/>).</summary>
    Cause = 2,

    /// <summary><see cref="Trading.OrderAccepted"/>.</summary>
    OrderAccepted = 10,

    /// <summary><see cref="CommandRejected"/> of an order command.</summary>
    OrderRejected = 11,

    /// <summary><see cref="Trading.CommandRejected"/> of any other command.</summary>
    CommandRejected = 12,

    /// <summary><see cref="Trading.TradeExecuted"/>.</summary>
    TradeExecuted = 13,

    /// <summary><see cref="Trading.OrderCancelled"/>.</summary>
    OrderCancelled = 14,

    /// <summary><see cref="OrderChanged"/> by an amendment.</summary>
    OrderAmended = 15,

    /// <summary><see cref="OrderChanged"/> by a cancel-replace.</summary>
    OrderReplaced = 16,

    /// <summary><see cref="Trading.OrderTriggered"/>.</summary>
    OrderTriggered = 17,

    /// <summary><see cref="Trading.BookDelta"/>.</summary>
    BookDelta = 18,

    /// <summary><see cref="Trading.SelfTradePrevented"/>.</summary>
    SelfTradePrevented = 19,

    /// <summary><see cref="Trading.OrderReplenished"/>.</summary>
    OrderReplenished = 20,

    /// <summary><see cref="Trading.ModeChanged"/>.</summary>
    ModeChanged = 21,

    /// <summary><see cref="Trading.ReferencePriceChanged"/>.</summary>
    ReferencePriceChanged = 22,

    /// <summary><see cref="Trading.AuctionUncrossed"/>.</summary>
    AuctionUncrossed = 23,

    /// <summary><see cref="Trading.InstrumentCreated"/>.</summary>
    InstrumentCreated = 24,

    /// <summary><see cref="BalanceChanged"/> by a deposit.</summary>
    Deposited = 30,

    /// <summary><see cref="BalanceChanged"/> by a withdrawal.</summary>
    Withdrawn = 31,

    /// <summary><see cref="BalanceChanged"/> by an approved adjustment.</summary>
    Adjusted = 32,

    /// <summary><see cref="Trading.AssetCreated"/>.</summary>
    AssetCreated = 33,

    /// <summary><see cref="Trading.Administered"/>.</summary>
    Administered = 40,

    /// <summary><see cref="Trading.TimerFired"/>.</summary>
    TimerFired = 41,

    /// <summary><see cref="Trading.Checkpoint"/>.</summary>
    Checkpoint = 42,
}

/// <summary>The streams that are not an instrument's.</summary>
public static class EventStream
{
    /// <summary>Administration, timers, checkpoints, and rejects that name no instrument.</summary>
    public const uint System = 0;

    /// <summary>Assets, and their deposits, withdrawals and adjustments.</summary>
    public const uint Ledger = uint.MaxValue;
}
