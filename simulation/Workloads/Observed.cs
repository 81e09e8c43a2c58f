using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>An open order, as far as the events tell.</summary>
internal sealed class ObservedOrder
{
    public OrderId Id { get; init; }

    public AccountId Account { get; init; }

    public InstrumentId Instrument { get; init; }

    public Side Side { get; init; }

    public OrderType Type { get; init; }

    public SelfTradePrevention Prevention { get; init; }

    public UInt128 ClientOrderId { get; init; }

    public long Display { get; init; }

    public long Price { get; set; }

    public long Total { get; set; }

    public long Open { get; set; }

    /// <summary>Place in the list of open orders.</summary>
    public int Place { get; set; }
}

/// <summary>An instrument, as far as the events tell.</summary>
internal sealed class ObservedInstrument
{
    public InstrumentId Id { get; init; }

    public long NotionalUnits { get; init; }

    /// <summary>Where the workload keeps the price around.</summary>
    public long Home { get; init; }

    public SymbolMode Mode { get; set; }

    public long LastPrice { get; set; }

    public long ReferencePrice { get; set; }

    public InstrumentPolicy Policy { get; set; } = DefaultPolicy.Instrument;

    public SortedDictionary<long, long> Bids { get; } = [];

    public SortedDictionary<long, long> Asks { get; } = [];

    /// <summary>The price around which orders are entered: half way from the last trade to home.</summary>
    public long Middle => LastPrice == 0 ? Home : Home + ((LastPrice - Home) / 2);

    public void Take(in BookDelta delta)
    {
        var levels = delta.Side == Side.Buy ? Bids : Asks;
        if (delta.Quantity.Lots == 0)
        {
            levels.Remove(delta.Price.Ticks);
        }
        else
        {
            levels[delta.Price.Ticks] = delta.Quantity.Lots;
        }
    }
}

/// <summary>An open session.</summary>
internal sealed class ObservedSession
{
    public SessionId Id { get; init; }

    public AccountId Account { get; init; }

    public UserId User { get; init; }

    /// <summary>The number the core expects next, as far as the results tell.</summary>
    public ulong Next { get; set; } = 1;

    /// <summary>Commands stamped in the entry that is being made.</summary>
    public ulong Underway { get; set; }
}

/// <summary>A user, an account, an API key or a drain.</summary>
internal sealed record ObservedUser(UserId Id, Roles Roles);

internal sealed record ObservedAccount(AccountId Id, UserId Owner);

internal sealed record ObservedApiKey(AccountId Account, UInt128 Key);

internal sealed record ObservedDrain(uint Number, ulong Token, ulong Position);
