using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// An order entered. Its funds are held. Carries the receipt: the policy and the values that decided.
/// </summary>
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
