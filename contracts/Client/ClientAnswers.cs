using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Client;

/// <summary>An open or waiting order, 112 bytes. A finished one is not in the state: its events tell of it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 112)]
public struct OrderAnswer
{
    /// <summary>Its id.</summary>
    public OrderId Order;

    /// <summary>Limit price, or the collar of a market order that waits; ticks.</summary>
    public Price Price;

    /// <summary>Trigger price; zero without one.</summary>
    public Price StopPrice;

    /// <summary>All lots: traded and open.</summary>
    public Quantity Quantity;

    /// <summary>Lots still open, shown and hidden.</summary>
    public Quantity Remaining;

    /// <summary>Lots that the book shows.</summary>
    public Quantity Visible;

    /// <summary>When it expires, log time; zero for never.</summary>
    public long ExpiresAt;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved0;

    /// <summary>What is held for it: quote units of a buy, base units of a sell.</summary>
    public Amount Hold;

    /// <summary>The client's own id; zero for none.</summary>
    public UInt128 ClientOrderId;

    /// <summary>Whose it is.</summary>
    public AccountId Account;

    /// <summary>On what.</summary>
    public InstrumentId Instrument;

    /// <summary>Buy or sell.</summary>
    public Side Side;

    /// <summary>Type.</summary>
    public OrderType Type;

    /// <summary>Time in force.</summary>
    public TimeInForce TimeInForce;

    /// <summary>Self-trade prevention.</summary>
    public SelfTradePrevention SelfTradePrevention;

    /// <summary>1 for post-only.</summary>
    public byte PostOnly;

    /// <summary>1 where it waits for its trigger and is not in the book.</summary>
    public byte Waiting;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;
}

/// <summary>What an account has of an asset, 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 48)]
public struct BalanceAnswer
{
    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>The asset.</summary>
    public AssetId Asset;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved0;

    /// <summary>Free to use.</summary>
    public Amount Available;

    /// <summary>Held for open orders.</summary>
    public Amount Held;
}

/// <summary>A price level of a book, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 24)]
public struct LevelAnswer
{
    /// <summary>Its price.</summary>
    public Price Price;

    /// <summary>Lots shown there.</summary>
    public Quantity Visible;

    /// <summary>Orders there.</summary>
    public uint Orders;

    /// <summary>Bids or asks.</summary>
    public Side Side;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;
}

/// <summary>An instrument, 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct InstrumentAnswer
{
    /// <summary>Its number.</summary>
    public InstrumentId Instrument;

    /// <summary>What is traded.</summary>
    public AssetId BaseAsset;

    /// <summary>What is paid with.</summary>
    public AssetId QuoteAsset;

    /// <summary>Its mode.</summary>
    public SymbolMode Mode;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>BASE-QUOTE in 16 bytes.</summary>
    public UInt128 Symbol;

    /// <summary>Base minor units of a lot.</summary>
    public long LotUnits;

    /// <summary>Quote minor units of one lot at one tick.</summary>
    public long NotionalUnits;

    /// <summary>Last trade's price; zero for none.</summary>
    public Price LastPrice;

    /// <summary>Reference price; zero for none.</summary>
    public Price ReferencePrice;

    /// <summary>Last number of its event stream.</summary>
    public ulong Sequence;

    /// <summary>Orders open or waiting.</summary>
    public uint OpenOrders;

    /// <summary>Of them those that wait for a trigger.</summary>
    public uint StopOrders;
}

/// <summary>An asset, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct AssetAnswer
{
    /// <summary>Its number.</summary>
    public AssetId Asset;

    /// <summary>Decimal places of the major unit.</summary>
    public uint Scale;

    /// <summary>Its code in 8 bytes.</summary>
    public ulong Code;

    /// <summary>All deposits.</summary>
    public Amount Deposits;

    /// <summary>All withdrawals.</summary>
    public Amount Withdrawals;

    /// <summary>All adjustments: deposits − withdrawals + adjustments is what all accounts have.</summary>
    public Amount Adjustments;
}

/// <summary>A session, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 24)]
public struct SessionAnswer
{
    /// <summary>Its number.</summary>
    public SessionId Session;

    /// <summary>Whose account.</summary>
    public AccountId Account;

    /// <summary>Who acts.</summary>
    public UserId User;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;

    /// <summary>The number of its next command.</summary>
    public ulong Next;
}

/// <summary>Where the state stands, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 56)]
public struct StateAnswer
{
    /// <summary>Last entry applied.</summary>
    public ulong Index;

    /// <summary>Its term.</summary>
    public ulong Term;

    /// <summary>Its log time, nanoseconds.</summary>
    public long Timestamp;

    /// <summary>Hash of the whole replicated state.</summary>
    public ulong StateHash;

    /// <summary>Hash of all events so far.</summary>
    public ulong EventChainHash;

    /// <summary>Orders accepted so far.</summary>
    public ulong OrdersAccepted;

    /// <summary>The behaviour version in force.</summary>
    public uint BehaviourVersion;

    /// <summary>The cluster's epoch.</summary>
    public uint Epoch;
}
