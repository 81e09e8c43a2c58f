using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

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

/// <summary>What changed a mode or reference price.</summary>
public enum ChangeCause : byte
{
    /// <summary>A command.</summary>
    Operator = 0,

    /// <summary>The breaker: the last price is too far from the reference.</summary>
    Shock = 1,

    /// <summary>The breaker: too many band violations.</summary>
    Violations = 2,

    /// <summary>The end of the breaker's duration, or the continuation of a mode change.</summary>
    Timer = 3,

    /// <summary>A trade (reference prices only).</summary>
    Trade = 4,

    /// <summary>An uncross left the book crossed (modes only): back to auction until it goes on, at once.</summary>
    Unfinished = 5,
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

    /// <summary>Scale of the base asset, so that the stream alone says what its quantities are.</summary>
    public byte BaseScale;

    /// <summary>Scale of the quote asset, so that the stream alone says what its prices and amounts are.</summary>
    public byte QuoteScale;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public uint Reserved1;
}
