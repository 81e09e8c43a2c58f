using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Model;

namespace Exchange.Rsm.Simulation.Harness;

/// <summary>
/// What must hold of any history, whoever wrote it: no number of a stream is missing or given twice, an order's life
/// goes one way, a command has its effects once, and no money appears or is lost. It knows events and balances alone.
/// </summary>
public sealed class HistoryCheck
{
    private readonly SortedDictionary<uint, ulong> _sequences = [];
    private readonly SortedDictionary<uint, Int128> _booked = [];
    private readonly SortedDictionary<uint, InstrumentCreated> _instruments = [];
    private readonly Dictionary<ulong, OpenOrder> _orders = [];
    private readonly HashSet<(UInt128 Causation, ulong Stamp)> _causes = [];
    private (UInt128 Causation, ulong Stamp) _cause;
    private ulong _lastAccepted;

    /// <summary>Trades seen so far.</summary>
    public long Trades { get; private set; }

    /// <summary>Takes the events of one entry.</summary>
    /// <exception cref="InvariantViolationException">The history cannot be.</exception>
    public void Observe(ReadOnlySpan<byte> events)
    {
        var reader = new EventReader(events);
        while (reader.TryRead(out var happened))
        {
            Invariant.Check(happened.Sequence == _sequences.GetValueOrDefault(happened.Stream) + 1);
            _sequences[happened.Stream] = happened.Sequence;
            TakeCause(happened);
            Take(happened);
        }

        Invariant.Check(reader.Error == EventError.None);
        _cause = default;
    }

    /// <summary>Holds the state against the events so far.</summary>
    /// <exception cref="InvariantViolationException">They do not go together.</exception>
    public void Check(StateView view)
    {
        foreach (var asset in view.Assets)
        {
            var owned = Int128.Zero;
            foreach (var balance in view.Balances.Where(balance => balance.Asset == asset.Id))
            {
                Invariant.Check(balance.Held >= 0);
                Invariant.Check(balance.Available >= 0 || balance.Account == AccountId.House.Value);
                owned += balance.Available + balance.Held;
            }

            Invariant.Check(owned == _booked.GetValueOrDefault(asset.Id));
            Invariant.Check(owned == asset.Deposits - asset.Withdrawals + asset.Adjustments);
        }

        CheckHolds(view);
        CheckOrders(view);
        CheckBooks(view);
    }

    // A cause's events stand together; those of a repeat would stand apart under the same cause. A timer may fire again
    // for what it watches, and a client may use a key anew, with a new stamp, after it was forgotten.
    private void TakeCause(EventEnvelope happened)
    {
        var cause = (happened.CausationId, happened.CauseStamp);
        if (cause == _cause)
        {
            return;
        }

        _cause = cause;
        var isTimer = happened.Offset == CauseFrame.TimerOffset;
        Invariant.Check(isTimer ? !_causes.Contains(cause) : _causes.Add(cause));
    }

    private void Take(EventEnvelope happened)
    {
        switch (happened.Kind)
        {
            case EventKind.InstrumentCreated:
                _instruments.Add(happened.Stream, happened.As<InstrumentCreated>());
                break;
            case EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted:
                ref readonly var booked = ref happened.As<BalanceChanged>();
                _booked[booked.Asset.Value] = _booked.GetValueOrDefault(booked.Asset.Value) + booked.Amount.Units;
                break;
            case EventKind.OrderAccepted:
                ref readonly var accepted = ref happened.As<OrderAccepted>();
                Invariant.Check(accepted.OrderId.Count == _lastAccepted + 1);
                _lastAccepted = accepted.OrderId.Count;
                _orders.Add(accepted.OrderId.Value, new OpenOrder(accepted));
                break;
            case EventKind.TradeExecuted:
                TakeTrade(happened, happened.As<TradeExecuted>());
                break;
            case EventKind.OrderCancelled:
                ref readonly var cancelled = ref happened.As<OrderCancelled>();
                var rest = Open(cancelled.OrderId);
                Invariant.Check(cancelled.Remaining.Lots == (rest.IsByBudget ? 0 : rest.Lots));
                _orders.Remove(cancelled.OrderId.Value);
                break;
            case EventKind.OrderAmended or EventKind.OrderReplaced:
                ref readonly var changed = ref happened.As<OrderChanged>();
                Open(changed.OrderId).Lots = changed.Remaining.Lots;
                break;
            case EventKind.OrderTriggered:
                Open(happened.As<OrderTriggered>().OrderId);
                break;
            case EventKind.OrderReplenished:
                ref readonly var shown = ref happened.As<OrderReplenished>();
                Invariant.Check(shown.Visible.Lots > 0);
                Invariant.Check(shown.Visible.Lots <= Open(shown.OrderId).Lots);
                break;
            case EventKind.SelfTradePrevented:
                ref readonly var prevented = ref happened.As<SelfTradePrevented>();
                Open(prevented.MakerOrderId).Lots -= prevented.Quantity.Lots;
                Open(prevented.TakerOrderId).Lots -= prevented.Quantity.Lots;
                break;
        }
    }

    private void TakeTrade(EventEnvelope happened, in TradeExecuted trade)
    {
        Trades++;
        var units = _instruments[happened.Stream].NotionalUnits;
        Invariant.Check(trade.Quantity.Lots > 0);
        Invariant.Check(trade.Notional.Units == (Int128)trade.Price.Ticks * trade.Quantity.Lots * units);
        Reduce(trade.MakerOrderId, trade.Quantity.Lots);
        Reduce(trade.TakerOrderId, trade.Quantity.Lots);
    }

    private void Reduce(OrderId id, long lots)
    {
        var order = Open(id);
        order.Lots -= lots;
        Invariant.Check(order.Lots >= 0 || order.IsByBudget);
        if (order.Lots == 0 && !order.IsByBudget)
        {
            _orders.Remove(id.Value);
        }
    }

    // An event about an order that never was, or is done, cannot be.
    private OpenOrder Open(OrderId id)
    {
        Invariant.Check(_orders.TryGetValue(id.Value, out var order));
        return order;
    }

    private void CheckHolds(StateView view)
    {
        SortedDictionary<(uint Account, uint Asset), Int128> holds = [];
        foreach (var order in view.Orders)
        {
            var instrument = _instruments[order.Instrument];
            var asset = order.Side == Side.Buy ? instrument.QuoteAsset.Value : instrument.BaseAsset.Value;
            holds[(order.Account, asset)] = holds.GetValueOrDefault((order.Account, asset)) + order.Hold;
        }

        foreach (var balance in view.Balances)
        {
            Invariant.Check(balance.Held == holds.GetValueOrDefault((balance.Account, balance.Asset)));
            holds.Remove((balance.Account, balance.Asset));
        }

        Invariant.Check(holds.Values.All(hold => hold == 0));
    }

    private void CheckOrders(StateView view)
    {
        foreach (var order in view.Orders)
        {
            Invariant.Check(Open(new OrderId(order.Id)).Lots == order.Open);
            Invariant.Check(order.Open > 0);
            Invariant.Check(order.Quantity == order.Executed + order.Open);
            Invariant.Check(order.Shown <= order.Open);
            Invariant.Check(order.Waiting == (order.Shown == 0));
        }

        // A budget that was used up left without an event of its own.
        var open = view.Orders.Select(order => order.Id).ToHashSet();
        Invariant.Check(_orders.All(one => one.Value.IsByBudget || open.Contains(one.Key)));
    }

    private static void CheckBooks(StateView view)
    {
        foreach (var instrument in view.Instruments.Where(one => one.Mode == SymbolMode.Normal))
        {
            var book = view.Book.Where(place => place.Instrument == instrument.Id).ToList();
            var bid = book.Where(place => place.Side == Side.Buy).Select(place => place.Price).DefaultIfEmpty(0).Max();
            var ask = book.Where(place => place.Side == Side.Sell).Select(place => place.Price)
                .DefaultIfEmpty(long.MaxValue).Min();
            Invariant.Check(bid < ask);
        }
    }

    private sealed class OpenOrder(in OrderAccepted accepted)
    {
        public bool IsByBudget { get; } = accepted.Quantity.Lots == 0;

        public long Lots { get; set; } = accepted.Quantity.Lots;
    }
}
