using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Enters an order for <see cref="CommandHeader.Account"/> on <see cref="CommandHeader.Instrument"/>. The same layout
/// serves <see cref="CommandKind.TestOrder"/>. Which fields a type needs, and every reject, are listed in the README.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 144)]
public struct PlaceOrder
{
    /// <summary>
    /// Most parts an iceberg shows one after the other: each is a trade and an event of its own in one command.
    /// </summary>
    public const long IcebergPartsMax = 1_000;

    /// <summary>Bit of <see cref="Flags"/>: reject rather than trade at once.</summary>
    public const byte PostOnlyFlag = 1;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>Limit price in ticks; zero for types without one.</summary>
    public Price Price;

    /// <summary>Lots to trade; zero for a market order by quote budget.</summary>
    public Quantity Quantity;

    /// <summary>A market order's budget in quote minor units, fees on top; zero for any other.</summary>
    public Amount QuoteBudget;

    /// <summary>Trigger price in ticks of the stop and take-profit types; else zero.</summary>
    public Price StopPrice;

    /// <summary>
    /// Lots shown at a time of an iceberg, at most <see cref="Quantity"/> and at least one
    /// <see cref="IcebergPartsMax"/>th of it; zero shows all.
    /// </summary>
    public Quantity DisplayQuantity;

    /// <summary>Good-till-date's expiry, nanoseconds of log time; else zero.</summary>
    public long ExpiresAt;

    /// <summary>The client's own id, unique in the account for the policy's retention; zero for none.</summary>
    public UInt128 ClientOrderId;

    /// <summary>Buy or sell.</summary>
    public Side Side;

    /// <summary>Kind of order.</summary>
    public OrderType Type;

    /// <summary>How long it lives.</summary>
    public TimeInForce TimeInForce;

    /// <summary>Self-trade prevention.</summary>
    public SelfTradePrevention SelfTradePrevention;

    /// <summary><see cref="PostOnlyFlag"/> or zero.</summary>
    public byte Flags;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;
}

/// <summary>
/// Cancels the order named by <see cref="OrderId"/> or, where that is zero, by <see cref="ClientOrderId"/>. The order
/// must belong to the header's account and instrument, else <see cref="RejectCode.UnknownOrder"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 88)]
public struct CancelOrder
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The order, or zero.</summary>
    public OrderId OrderId;

    /// <summary>The client's id of the order; must be zero where <see cref="OrderId"/> is given.</summary>
    public UInt128 ClientOrderId;
}

/// <summary>
/// Lowers an open order's total quantity. It keeps its place in the queue. Named as in <see cref="CancelOrder"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 96)]
public struct AmendOrder
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The order, or zero.</summary>
    public OrderId OrderId;

    /// <summary>The client's id of the order; must be zero where <see cref="OrderId"/> is given.</summary>
    public UInt128 ClientOrderId;

    /// <summary>
    /// The new total in lots, executed part included: more than executed, less than the present total.
    /// </summary>
    public Quantity Quantity;
}

/// <summary>
/// Cancels a resting limit order and enters it anew under the same order id with another price or quantity, behind all
/// orders of its new price, in one step: it may trade at once, and where it is rejected the old order stands untouched.
/// Named as in <see cref="CancelOrder"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 104)]
public struct ReplaceOrder
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The order, or zero.</summary>
    public OrderId OrderId;

    /// <summary>The client's id of the order; must be zero where <see cref="OrderId"/> is given.</summary>
    public UInt128 ClientOrderId;

    /// <summary>The new limit price in ticks, or zero to keep the price.</summary>
    public Price Price;

    /// <summary>The new total in lots, executed part included, more than executed; or zero to keep the total.</summary>
    public Quantity Quantity;
}

/// <summary>
/// Cancels every open order of the header's account (on the header's instrument, or on all where that is zero) in order
/// of acceptance; or, by an operator with account zero, every order of the instrument.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct CancelAll
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;
}

/// <summary>Arms the account's dead-man switch: unless set again in time, all its orders are cancelled.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct SetDeadManSwitch
{
    /// <summary>The longest timeout: one day.</summary>
    public const long TimeoutMax = 86_400_000_000_000;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>Nanoseconds of log time from now, at most <see cref="TimeoutMax"/>; zero disarms.</summary>
    public long Timeout;
}
