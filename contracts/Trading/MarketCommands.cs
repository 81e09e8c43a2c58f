using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>Creates an asset. The reply's id is its number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct CreateAsset
{
    /// <summary>Most decimal digits of an asset.</summary>
    public const byte ScaleMax = 18;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>Code: 1 to 8 bytes of A-Z and 0-9, zero-padded, first byte lowest. Unique.</summary>
    public ulong Code;

    /// <summary>Decimal digits of one unit: a minor unit is 10^−Scale; 0 to <see cref="ScaleMax"/>.</summary>
    public byte Scale;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;
}

/// <summary>Creates an instrument with the default policy (see the README). The reply's id is its number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 112)]
public struct CreateInstrument
{
    /// <summary>Largest <see cref="LotUnits"/> and <see cref="NotionalUnits"/>: 2^31 − 1.</summary>
    public const long UnitsMax = int.MaxValue;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>
    /// Symbol BASE-QUOTE, 3 to 16 bytes of A-Z, 0-9 and one inner hyphen, zero-padded, first byte lowest. Unique.
    /// </summary>
    public UInt128 Symbol;

    /// <summary>The asset bought and sold.</summary>
    public AssetId BaseAsset;

    /// <summary>The asset paid with; another than the base.</summary>
    public AssetId QuoteAsset;

    /// <summary>Base minor units of one lot, 1 to <see cref="UnitsMax"/>.</summary>
    public long LotUnits;

    /// <summary>
    /// Quote minor units of one tick on one lot, 1 to <see cref="UnitsMax"/>: notional = price × quantity × this.
    /// </summary>
    public long NotionalUnits;

    /// <summary>The mode it starts in.</summary>
    public SymbolMode Mode;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;
}

/// <summary>Replaces the policy of the header's instrument. Every field is in the policy hash.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 208)]
public struct SetInstrumentPolicy
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The limits.</summary>
    public InstrumentPolicy Policy;
}

/// <summary>An instrument's limits. Zero switches a check off unless said otherwise.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 144)]
public struct InstrumentPolicy
{
    /// <summary>Basis points in one whole: 10,000.</summary>
    public const uint BasisPoints = 10_000;

    /// <summary>Most that <see cref="OpenOrdersMax"/> may be: 4,194,304.</summary>
    public const uint OpenOrdersLimit = 1 << 22;

    /// <summary>
    /// Most lots that a book can hold, and so one level or one side of an auction: a long, or this would not compile.
    /// </summary>
    public const long LotsMax = OpenOrdersLimit * Quantity.Max;

    /// <summary>Most lots of one order.</summary>
    public Quantity QuantityMax;

    /// <summary>Fewest lots of one order.</summary>
    public Quantity QuantityMin;

    /// <summary>Most notional of one order, quote minor units.</summary>
    public Amount NotionalMax;

    /// <summary>Least notional of one order, quote minor units.</summary>
    public Amount NotionalMin;

    /// <summary>Width of the breaker's violation window, nanoseconds.</summary>
    public long ViolationWindow;

    /// <summary>
    /// How long a tripped breaker's mode lasts before the instrument returns to normal by itself; zero: until an
    /// operator acts.
    /// </summary>
    public long BreakerDuration;

    /// <summary>
    /// Least nanoseconds between moves of the reference price by trades; zero: only operators move it.
    /// </summary>
    public long ReferenceInterval;

    /// <summary>Width of the throttle window, nanoseconds.</summary>
    public long ThrottleWindow;

    /// <summary>New orders (place, replace) that the instrument takes in one throttle window.</summary>
    public uint ThrottleCount;

    /// <summary>A limit price may differ from the reference by this many basis points, up to 10,000.</summary>
    public uint BandBasisPoints;

    /// <summary>
    /// A market or stop order may reach this many basis points past its base price, up to 10,000. Zero: the base
    /// price itself.
    /// </summary>
    public uint CollarBasisPoints;

    /// <summary>A last trade price further than this from the reference, in basis points, trips the breaker.</summary>
    public uint BreakerBasisPoints;

    /// <summary>This many band violations in one violation window trip the breaker.</summary>
    public uint BreakerViolations;

    /// <summary>
    /// Most open orders of the instrument, waiting ones included, 1 to <see cref="OpenOrdersLimit"/>.
    /// </summary>
    public uint OpenOrdersMax;

    /// <summary>Most waiting stop and take-profit orders of the instrument; zero admits none.</summary>
    public uint StopOrdersMax;

    /// <summary>The fee schedule, 0 to 255.</summary>
    public uint FeeSchedule;

    /// <summary>The mode a tripped breaker sets; not normal.</summary>
    public SymbolMode BreakerMode;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved3;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved4;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved5;
}

/// <summary>Replaces the global policy. Every field is in the policy hash.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 128)]
public struct SetGlobalPolicy
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The limits.</summary>
    public GlobalPolicy Policy;
}

/// <summary>Limits of the whole exchange.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct GlobalPolicy
{
    /// <summary>Width of an account's rate window, nanoseconds; zero switches the rate limit off.</summary>
    public long RateWindow;

    /// <summary>
    /// Least sum of <see cref="KeyRetention"/> and <see cref="ClockLeadMax"/>, one second: stamps are admitted within
    /// it, and who would undo the policy must hit it.
    /// </summary>
    public const long StampWindowMin = 1_000_000_000;

    /// <summary>How long a keyed command is remembered, nanoseconds of log time, at least 1.</summary>
    public long KeyRetention;

    /// <summary>How far a key's creation stamp may lie ahead of log time, nanoseconds.</summary>
    public long ClockLeadMax;

    /// <summary>
    /// How long a client order id stays taken after acceptance, and in any case while its order is open;
    /// nanoseconds, at least 1.
    /// </summary>
    public long ClientOrderIdRetention;

    /// <summary>Order commands (place, test, replace) of one account in one rate window.</summary>
    public uint RateCount;

    /// <summary>
    /// Most open orders of one account, waiting ones included; 1 to <see cref="InstrumentPolicy.OpenOrdersLimit"/>: one
    /// cancel-all looks at no more than these.
    /// </summary>
    public uint OpenOrdersMax;

    /// <summary>
    /// Most keyed commands of a trader's kinds remembered for one account; at least 1. For those of other kinds, and
    /// for a user's without an account: this, or <see cref="TableLimits.StaffKeysLeast"/> where that is more.
    /// </summary>
    public uint KeysMax;

    /// <summary>Most client order ids remembered for one account; at least 1.</summary>
    public uint ClientOrderIdsMax;

    /// <summary>A checkpoint event follows each entry whose log index is a multiple of this; zero: none.</summary>
    public uint CheckpointInterval;

    /// <summary>Most sessions open for one account; at least 1.</summary>
    public uint SessionsMax;

    /// <summary>
    /// Most steps that a command or timer takes at once, 1 to <see cref="EffectLimits.StepsMax"/>: makers that an
    /// incoming order meets, triggers and what they look at and meet, trades of an uncross, cancels of one cause.
    /// </summary>
    public uint StepsMax;

    /// <summary>
    /// Once an entry's events have this many bytes, each order looked at on a walk counted as
    /// <see cref="EffectLimits.LookBytes"/> more, its further commands answer <see cref="RejectCode.EntryFull"/> and
    /// its further timers wait; <see cref="EffectLimits.EntryBytesMin"/> to <see cref="EffectLimits.EntryBytesMax"/>.
    /// </summary>
    public uint EntryBytesMax;
}

/// <summary>
/// Sets the rates of one tier of one schedule, in parts per million of the notional. Orders accepted before keep
/// theirs.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct SetFeeSchedule
{
    /// <summary>Largest rate either way: 100,000 (10 %).</summary>
    public const int RateMax = 100_000;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The schedule, 0 to 255.</summary>
    public uint Schedule;

    /// <summary>The account tier, 0 to 15.</summary>
    public uint Tier;

    /// <summary>
    /// Maker's rate, −RateMax to RateMax; negative is a rebate. No rebate of a schedule may exceed any taker rate of
    /// the same schedule; and where a schedule changes under an open order, each trade pays its rebate at the taker's
    /// rate at most, so that rebates never exceed fees.
    /// </summary>
    public int MakerRate;

    /// <summary>Taker's rate, 0 to <see cref="RateMax"/>.</summary>
    public int TakerRate;
}

/// <summary>
/// Changes the mode of the header's instrument. Entering normal uncrosses a crossed book, then fires due triggers;
/// leaving hard halt first carries out the cancels that timers left waiting. What exceeds the steps of one command goes
/// on by a timer that is due at once. The present mode is accepted without an event, and stays: what is pending to
/// change it, the end of a breaker or an unfinished change, is dropped.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct SetSymbolMode
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The new mode.</summary>
    public SymbolMode Mode;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Why, a code of the operator; echoed in the event.</summary>
    public ushort Reason;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved1;
}

/// <summary>Sets the reference price of the header's instrument.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct SetReferencePrice
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The price in ticks.</summary>
    public Price Price;
}

/// <summary>Stops or allows all withdrawals.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct SetWithdrawalHalt
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>1 stops, 0 allows.</summary>
    public byte Halted;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;
}
