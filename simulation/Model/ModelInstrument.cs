using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// A count that starts anew in each window of time. Only a command that is counted notes a new window.
/// </summary>
internal sealed class WindowCount
{
    private long _window;
    private long _count;

    public long At(long now, long width) => now / width == _window ? _count : 0;

    public void Add(long now, long width)
    {
        _count = At(now, width) + 1;
        _window = now / width;
    }

    public void Restart() => _count = 0;
}

/// <summary>An instrument with its book: two lists in order of priority, and the waiting orders.</summary>
internal sealed class ModelInstrument
{
    private ulong _priorities;

    public uint Id;
    public UInt128 Symbol;
    public uint BaseAsset;
    public uint QuoteAsset;
    public long LotUnits;
    public long NotionalUnits;
    public InstrumentPolicy Policy = DefaultPolicy.Instrument;
    public SymbolMode Mode;
    public long LastPrice;
    public long ReferencePrice;
    public long ReferenceTime;

    /// <summary>Deadline of the breaker-end timer; null where none is pending.</summary>
    public long? BreakerEnd;

    /// <summary>Deadline and mode of what one cause left over; null where it left nothing.</summary>
    public (long Deadline, SymbolMode Mode)? Continuation;

    public List<ModelOrder> Bids { get; } = [];

    public List<ModelOrder> Asks { get; } = [];

    /// <summary>Orders that wait for a trigger, by order id.</summary>
    public List<ModelOrder> Waiting { get; } = [];

    public WindowCount Throttle { get; } = new();

    public WindowCount Violations { get; } = new();

    public int OpenOrderCount => Bids.Count + Asks.Count + Waiting.Count;

    /// <summary>All its open and waiting orders by order id.</summary>
    public List<ModelOrder> AllOrders() => [.. Bids.Concat(Asks).Concat(Waiting).OrderBy(order => order.Id)];

    public List<ModelOrder> Of(Side side) => side == Side.Buy ? Bids : Asks;

    public List<ModelOrder> Opposite(Side side) => side == Side.Buy ? Asks : Bids;

    /// <summary>Price of the best order of a side; zero where there is none.</summary>
    public long BestPrice(Side side) => Of(side).Count == 0 ? 0 : Of(side)[0].Price;

    public long BestOppositePrice(Side side) => Opposite(side).Count == 0 ? 0 : Opposite(side)[0].Price;

    public bool IsCrossed => Bids.Count > 0 && Asks.Count > 0 && Bids[0].Price >= Asks[0].Price;

    public List<ModelOrder> Level(Side side, long price) => [.. Of(side).Where(order => order.Price == price)];

    /// <summary>Puts an order behind all orders of its price.</summary>
    public void Rest(ModelOrder order)
    {
        order.Priority = ++_priorities;
        order.Resting = true;
        var side = Of(order.Side);
        var behind = side.FindIndex(other =>
            order.Side == Side.Buy ? other.Price < order.Price : other.Price > order.Price);
        side.Insert(behind < 0 ? side.Count : behind, order);
    }

    public void Leave(ModelOrder order)
    {
        Of(order.Side).Remove(order);
        order.Resting = false;
        order.Shown = 0;
    }
}
