namespace Exchange.Rsm.Contracts.Trading;

/// <summary>An asset, numbered 1, 2, 3… by the core in order of creation. 0 means none.</summary>
/// <param name="Value">The number.</param>
public readonly record struct AssetId(uint Value);

/// <summary>
/// An instrument, numbered 1, 2, 3… by the core in order of creation; also its event stream. 0 means none.
/// </summary>
/// <param name="Value">The number, at most 65,535.</param>
public readonly record struct InstrumentId(uint Value);

/// <summary>An account, numbered by the core in order of opening. 0 means none, 1 is the house.</summary>
/// <param name="Value">The number.</param>
public readonly record struct AccountId(uint Value)
{
    /// <summary>The exchange's own account: fees go in, rebates come out. The only one that may run negative.</summary>
    public static AccountId House => new(1);
}

/// <summary>A user (an identity with roles), numbered by the core. 0 means none, 1 is the root of genesis.</summary>
/// <param name="Value">The number.</param>
public readonly record struct UserId(uint Value)
{
    /// <summary>The user that exists in every genesis state and holds every role.</summary>
    public static UserId Root => new(1);
}

/// <summary>A replicated client session, numbered by the core. 0 means none.</summary>
/// <param name="Value">The number.</param>
public readonly record struct SessionId(uint Value);

/// <summary>
/// An order. The core assigns it at acceptance, independently of any key of the client, and never assigns it again:
/// the upper 40 bits count acceptances from 1, the lower 24 bits are the place in the order table.
/// </summary>
/// <param name="Value">The 64-bit id; 0 means none.</param>
public readonly record struct OrderId(ulong Value)
{
    /// <summary>
    /// Bits of <see cref="Value"/> that address the order table: at most 16,777,216 orders are open at once.
    /// </summary>
    public const int SlotBits = 24;

    /// <summary>The largest count of acceptances one cluster epoch can number: 2^40 − 1.</summary>
    public const ulong CountMax = (1UL << (64 - SlotBits)) - 1;

    /// <summary>Builds an id of an acceptance count and a slot.</summary>
    /// <param name="count">Acceptances so far, this one included; 1 to <see cref="CountMax"/>.</param>
    /// <param name="slot">Place in the order table, 0 to 2^24 − 1.</param>
    /// <returns>The id.</returns>
    public static OrderId Of(ulong count, int slot) => new((count << SlotBits) | (uint)slot);

    /// <summary>Place in the order table.</summary>
    public int Slot => (int)(Value & ((1UL << SlotBits) - 1));

    /// <summary>Position in the order of acceptance: later orders have larger counts.</summary>
    public ulong Count => Value >> SlotBits;
}

/// <summary>A price in ticks of its instrument. Valid: 1 to <see cref="Max"/>; 0 means "no price".</summary>
/// <param name="Ticks">Number of ticks.</param>
public readonly record struct Price(long Ticks)
{
    /// <summary>The largest price: 2^36 − 1 ticks.</summary>
    public const long Max = (1L << 36) - 1;
}

/// <summary>A quantity in lots of its instrument. Valid: 1 to <see cref="Max"/>; 0 means "none".</summary>
/// <param name="Lots">Number of lots.</param>
public readonly record struct Quantity(long Lots)
{
    /// <summary>The largest quantity: 2^40 − 1 lots.</summary>
    public const long Max = (1L << 40) - 1;
}

/// <summary>An exact amount of one asset in its minor units. No operation rounds, clamps or saturates.</summary>
/// <param name="Units">Signed 128-bit count of minor units.</param>
public readonly record struct Amount(Int128 Units)
{
    /// <summary>The largest amount a command may name and an asset may hold in total: 2^110 minor units.</summary>
    public static Amount Max => new(Int128.One << 110);
}
