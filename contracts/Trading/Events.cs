using System.Runtime.InteropServices;

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

    /// <summary>Deposits, withdrawals and adjustments.</summary>
    public const uint Ledger = uint.MaxValue;
}

/// <summary>
/// The first 16 bytes of every event. With the <see cref="EntryFrame"/> and <see cref="CauseFrame"/> before it, it
/// makes the full envelope.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public struct EventHeader
{
    /// <summary>The version of every event layout in this build.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Bytes of the whole event, header included.</summary>
    public ushort Length;

    /// <summary>Which event.</summary>
    public EventKind Kind;

    /// <summary>Layout version.</summary>
    public byte Version;

    /// <summary>The stream: an instrument's number, or one of <see cref="EventStream"/>. In a frame: see there.</summary>
    public uint Stream;

    /// <summary>The event's number in its stream: 1, 2, 3… without gaps. In a frame: see there.</summary>
    public ulong Sequence;
}

/// <summary>Opens the events of one log entry. Stream = cluster epoch, sequence = log index.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct EntryFrame
{
    /// <summary>Stream holds the cluster epoch, sequence the log index.</summary>
    public EventHeader Header;

    /// <summary>The entry's term.</summary>
    public ulong Term;

    /// <summary>The entry's log time, nanoseconds: `occurred_at` of all its events.</summary>
    public long Timestamp;
}

/// <summary>Opens the events of one command, or of one timer. Stream = the command's offset in its entry, or 2^32 − 1 for a timer.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 48)]
public struct CauseFrame
{
    /// <summary>The stream value of a timer's frame.</summary>
    public const uint TimerOffset = uint.MaxValue;

    /// <summary>Stream holds the offset; sequence the command's stamp, or the timer's deadline.</summary>
    public EventHeader Header;

    /// <summary>
    /// `causation_id`: with a key the command id (<see cref="CommandIdentity"/>), in a session session × 2^64 + number,
    /// without either log index × 2^64 + offset, for a timer kind × 2^64 + the id of what it watches.
    /// </summary>
    public UInt128 Causation;

    /// <summary>`correlation_id`: the command's; zero for a timer.</summary>
    public UInt128 Correlation;
}

/// <summary>An order entered. Its funds are held. Carries the receipt: the policy and the values that decided.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 168)]
public struct OrderAccepted
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>Side.</summary>
    public Side Side;

    /// <summary>Type.</summary>
    public OrderType Type;

    /// <summary>Time in force.</summary>
    public TimeInForce TimeInForce;

    /// <summary>Bit 0 post-only; bits 4-6 the <see cref="SelfTradePrevention"/>.</summary>
    public byte Flags;

    /// <summary>The assigned id.</summary>
    public OrderId OrderId;

    /// <summary>The client's id or zero.</summary>
    public UInt128 ClientOrderId;

    /// <summary>The worst price it may trade at: the limit, or the collar.</summary>
    public Price Price;

    /// <summary>Lots; zero for an order by budget.</summary>
    public Quantity Quantity;

    /// <summary>Budget in quote minor units, or zero.</summary>
    public Amount QuoteBudget;

    /// <summary>Stop price or zero.</summary>
    public Price StopPrice;

    /// <summary>Lots shown, or zero.</summary>
    public Quantity DisplayQuantity;

    /// <summary>Expiry or zero.</summary>
    public long ExpiresAt;

    /// <summary>Receipt: what was moved from available to held; quote units for a buy, base units for a sell.</summary>
    public Amount Hold;

    /// <summary>Receipt: what stayed available of that asset.</summary>
    public Amount Available;

    /// <summary>Receipt: the policy in force, <see cref="PolicyHash"/>.</summary>
    public ulong PolicyHash;

    /// <summary>Receipt: the reference price, or zero.</summary>
    public Price ReferencePrice;

    /// <summary>Fixed maker rate, parts per million.</summary>
    public int MakerRate;

    /// <summary>Fixed taker rate, parts per million.</summary>
    public int TakerRate;

    /// <summary>Who placed it.</summary>
    public UserId User;

    /// <summary>Zero.</summary>
    public uint Reserved0;
}

/// <summary>A command was refused by a committed decision, with the receipt: the values compared.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 96)]
public struct CommandRejected
{
    /// <summary>Envelope; the instrument's stream where it exists, else the system's.</summary>
    public EventHeader Header;

    /// <summary>The account or zero.</summary>
    public AccountId Account;

    /// <summary>Why.</summary>
    public RejectCode Code;

    /// <summary>Which command.</summary>
    public CommandKind Kind;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>The order or other target the command named, or zero.</summary>
    public ulong Target;

    /// <summary>The client order id the command carried, or zero.</summary>
    public UInt128 ClientOrderId;

    /// <summary>Receipt: the policy in force, <see cref="PolicyHash"/>.</summary>
    public ulong PolicyHash;

    /// <summary>Receipt: who acted.</summary>
    public UserId User;

    /// <summary>Zero.</summary>
    public uint Reserved1;

    /// <summary>Receipt: the value found, by code (table "Receipts" in the README).</summary>
    public Int128 Actual;

    /// <summary>Receipt: the value it was held against, by code.</summary>
    public Int128 Limit;
}

/// <summary>A trade. Its id is (cluster epoch, instrument, sequence): never reused.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 144)]
public struct TradeExecuted
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>Price.</summary>
    public Price Price;

    /// <summary>Lots.</summary>
    public Quantity Quantity;

    /// <summary>The resting order.</summary>
    public OrderId MakerOrderId;

    /// <summary>The incoming order.</summary>
    public OrderId TakerOrderId;

    /// <summary>Account of the maker.</summary>
    public AccountId Maker;

    /// <summary>Account of the taker.</summary>
    public AccountId Taker;

    /// <summary>Side of the taker.</summary>
    public Side TakerSide;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Zero.</summary>
    public uint Reserved2;

    /// <summary>Quote minor units exchanged: price × quantity × notional units.</summary>
    public Amount Notional;

    /// <summary>Maker's fee in quote minor units; negative is a rebate.</summary>
    public Amount MakerFee;

    /// <summary>Taker's fee in quote minor units.</summary>
    public Amount TakerFee;

    /// <summary>What remains held for the maker's order.</summary>
    public Amount MakerHold;

    /// <summary>What remains held for the taker's order.</summary>
    public Amount TakerHold;
}

/// <summary>An order's rest was cancelled; its hold is released in full.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct OrderCancelled
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>Side.</summary>
    public Side Side;

    /// <summary>Why.</summary>
    public CancelReason Reason;

    /// <summary>Zero.</summary>
    public ushort Reserved0;

    /// <summary>The order.</summary>
    public OrderId OrderId;

    /// <summary>Its price: limit or collar.</summary>
    public Price Price;

    /// <summary>Lots cancelled; zero for an order by budget.</summary>
    public Quantity Remaining;

    /// <summary>What was moved from held to available.</summary>
    public Amount Released;
}

/// <summary>An order's terms changed in place (amended) or by cancel-replace (replaced).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 104)]
public struct OrderChanged
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>Side.</summary>
    public Side Side;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>The order.</summary>
    public OrderId OrderId;

    /// <summary>Price now.</summary>
    public Price Price;

    /// <summary>Total lots now.</summary>
    public Quantity Quantity;

    /// <summary>Open lots now, before any matching that follows.</summary>
    public Quantity Remaining;

    /// <summary>Receipt: what is held for it now, before any matching that follows.</summary>
    public Amount Hold;

    /// <summary>Receipt: what stayed available of that asset.</summary>
    public Amount Available;

    /// <summary>Receipt: the policy in force, <see cref="PolicyHash"/>.</summary>
    public ulong PolicyHash;

    /// <summary>Receipt: the reference price, or zero.</summary>
    public Price ReferencePrice;
}

/// <summary>A waiting order's stop was reached. It now enters the book.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 48)]
public struct OrderTriggered
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The order.</summary>
    public OrderId OrderId;

    /// <summary>Its stop price.</summary>
    public Price StopPrice;

    /// <summary>The last trade price that reached it.</summary>
    public Price LastPrice;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>Zero.</summary>
    public uint Reserved0;
}

/// <summary>A price level of the book changed: its visible state now.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public struct BookDelta
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The level's price.</summary>
    public Price Price;

    /// <summary>Visible lots at the level; zero: the level is gone.</summary>
    public Quantity Quantity;

    /// <summary>Orders at the level.</summary>
    public uint Orders;

    /// <summary>Side.</summary>
    public Side Side;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;
}

/// <summary>Two orders of one account group met and did not trade.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct SelfTradePrevented
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>Price at which they met.</summary>
    public Price Price;

    /// <summary>Lots both lost by decrement; else zero.</summary>
    public Quantity Quantity;

    /// <summary>The resting order.</summary>
    public OrderId MakerOrderId;

    /// <summary>The incoming order.</summary>
    public OrderId TakerOrderId;

    /// <summary>What remains held for the maker's order, in every mode; a cancel that follows releases it.</summary>
    public Amount MakerHold;

    /// <summary>What remains held for the taker's order, in every mode; a cancel that follows releases it.</summary>
    public Amount TakerHold;
}

/// <summary>An iceberg showed its next part and went to the end of its level.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public struct OrderReplenished
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The order.</summary>
    public OrderId OrderId;

    /// <summary>Lots shown now.</summary>
    public Quantity Visible;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>Zero.</summary>
    public uint Reserved0;
}

/// <summary>What changed a mode or reference price.</summary>
public enum ChangeCause : byte
{
    /// <summary>A command.</summary>
    Operator = 0,

    /// <summary>The breaker: the last price is too far from the reference.</summary>
    Shock = 1,

    /// <summary>The breaker: too many band violations.</summary>
    Violations = 2,

    /// <summary>The end of the breaker's duration.</summary>
    Timer = 3,

    /// <summary>A trade (reference prices only).</summary>
    Trade = 4,
}

/// <summary>An instrument's mode changed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 48)]
public struct ModeChanged
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>Last trade price or zero.</summary>
    public Price LastPrice;

    /// <summary>Reference price before the change, or zero.</summary>
    public Price ReferencePrice;

    /// <summary>Receipt: the policy in force.</summary>
    public ulong PolicyHash;

    /// <summary>Mode before.</summary>
    public SymbolMode From;

    /// <summary>Mode now.</summary>
    public SymbolMode To;

    /// <summary>What changed it.</summary>
    public ChangeCause Cause;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>The operator's reason code, or zero.</summary>
    public ushort Reason;

    /// <summary>Zero.</summary>
    public ushort Reserved1;
}

/// <summary>An instrument's reference price changed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct ReferencePriceChanged
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The price now.</summary>
    public Price Price;

    /// <summary>What changed it.</summary>
    public ChangeCause Cause;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Zero.</summary>
    public uint Reserved2;
}

/// <summary>A crossed book was matched at one price. The trades follow.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public struct AuctionUncrossed
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The price of all the trades.</summary>
    public Price Price;

    /// <summary>Lots matched.</summary>
    public Quantity Volume;

    /// <summary>Lots willing to buy minus lots willing to sell at the price.</summary>
    public long Surplus;
}

/// <summary>An instrument exists. Carries what a ledger needs to value its trades.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct InstrumentCreated
{
    /// <summary>Envelope: the first event of the instrument's stream.</summary>
    public EventHeader Header;

    /// <summary>Symbol, as in <see cref="CreateInstrument.Symbol"/>.</summary>
    public UInt128 Symbol;

    /// <summary>Base asset.</summary>
    public AssetId BaseAsset;

    /// <summary>Quote asset.</summary>
    public AssetId QuoteAsset;

    /// <summary>Base minor units of one lot.</summary>
    public long LotUnits;

    /// <summary>Quote minor units of one tick on one lot.</summary>
    public long NotionalUnits;

    /// <summary>Mode it starts in.</summary>
    public SymbolMode Mode;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Zero.</summary>
    public uint Reserved2;
}

/// <summary>A balance changed against the asset's deposits, withdrawals or adjustments counter-account.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct BalanceChanged
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>The asset.</summary>
    public AssetId Asset;

    /// <summary>What was added to available; negative for a withdrawal or a downward adjustment.</summary>
    public Amount Amount;

    /// <summary>Available afterwards.</summary>
    public Amount Available;

    /// <summary>The outside reference.</summary>
    public UInt128 Reference;

    /// <summary>Who booked or proposed it.</summary>
    public UserId User;

    /// <summary>Who approved it; zero where nobody had to.</summary>
    public UserId Approver;
}

/// <summary>An administrative command took effect.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 56)]
public struct Administered
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The kind.</summary>
    public CommandKind Kind;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Who.</summary>
    public UserId User;

    /// <summary>The header's account.</summary>
    public AccountId Account;

    /// <summary>The header's instrument.</summary>
    public InstrumentId Instrument;

    /// <summary>The reply's id.</summary>
    public ulong Id;

    /// <summary>The policy hash afterwards: of the instrument, where the header names one, else the global one.</summary>
    public ulong PolicyHash;

    /// <summary>First 8 bytes of the kind's subject, for the reader's eye; zero where it has none.</summary>
    public ulong Subject;
}

/// <summary>What a timer watches. The order of the numbers breaks ties between equal deadlines.</summary>
public enum TimerKind : byte
{
    /// <summary>A good-till-date order; id = order id.</summary>
    OrderExpiry = 1,

    /// <summary>A dead-man switch; id = account.</summary>
    DeadMan = 2,

    /// <summary>A disconnected session's grace; id = session.</summary>
    SessionGrace = 3,

    /// <summary>The end of a breaker's duration; id = instrument.</summary>
    BreakerEnd = 4,
}

/// <summary>A timer fired. What it did follows.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public struct TimerFired
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>What it watched.</summary>
    public ulong Id;

    /// <summary>Its deadline, nanoseconds of log time.</summary>
    public long Deadline;

    /// <summary>Kind.</summary>
    public TimerKind Kind;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Zero.</summary>
    public uint Reserved2;
}

/// <summary>The state hash and event-chain hash at this log index, for comparison between replicas and replays.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct Checkpoint
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>State hash before this event took its number.</summary>
    public ulong StateHash;

    /// <summary>Event-chain hash at the end of the entry before.</summary>
    public ulong EventChainHash;
}
