using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Invariants;

/// <summary>Compares books and counts with the orders they are made of, and with what the events told.</summary>
internal sealed class BookWatch(ExchangeState state)
{
    private readonly Dictionary<(uint Instrument, Side Side, long Price), (long Visible, uint Orders)> _told = [];
    private readonly HashSet<uint> _mayCross = [];

    public int LevelsMax { get; private set; }

    public void Observe(IReadOnlyList<Happened> events)
    {
        foreach (var happened in events)
        {
            if (happened.Kind == EventKind.BookDelta)
            {
                ref readonly var delta = ref happened.As<BookDelta>();
                var key = (happened.Stream, delta.Side, delta.Price.Ticks);
                Assert.Equal(delta.Orders == 0, delta.Quantity.Lots == 0);
                _told.Remove(key);
                if (delta.Orders != 0)
                {
                    _told.Add(key, (delta.Quantity.Lots, delta.Orders));
                }
            }
            else if (happened.Kind == EventKind.ModeChanged)
            {
                NoteMode(happened.Stream, happened.As<ModeChanged>().To);
            }
            else if (happened.Kind == EventKind.InstrumentCreated)
            {
                NoteMode(happened.Stream, happened.As<InstrumentCreated>().Mode);
            }
        }

        var levels = 0;
        for (var instrument = 1u; instrument <= state.Globals.Instruments; instrument++)
        {
            levels += CheckInstrument(instrument);
        }

        Assert.Equal(_told.Count, levels);
        LevelsMax = Math.Max(LevelsMax, levels);
        CheckAccounts();
    }

    private void NoteMode(uint instrument, SymbolMode mode)
    {
        if (mode == SymbolMode.Auction)
        {
            _mayCross.Add(instrument);
        }
        else if (mode == SymbolMode.Normal)
        {
            _mayCross.Remove(instrument);
        }
    }

    private int CheckInstrument(uint instrument)
    {
        var orders = OpenOrders(order => order.Instrument == instrument);
        ref var record = ref state.Instruments.At((int)instrument);
        var waiting = orders.FindAll(order => order.IsWaiting);
        Assert.Equal((uint)orders.Count, record.OpenOrders);
        Assert.Equal((uint)waiting.Count, record.StopOrders);
        CheckTriggers(in record, waiting);

        var (levels, seen) = (0, 0);
        foreach (var side in (Side[])[Side.Buy, Side.Sell])
        {
            var last = 0L;
            for (var level = Best(instrument, side); level >= 0; level = state.Books[instrument].Worse(side, level))
            {
                var price = state.Books[instrument].Level(level).Price;
                Assert.True(last == 0 || (side == Side.Buy ? price < last : price > last), "levels out of order");
                last = price;
                levels++;
                seen += CheckLevel(instrument, side, state.Books[instrument].Level(level));
            }
        }

        Assert.Equal(orders.Count - waiting.Count, seen);
        var book = state.Books[instrument];
        Assert.True(!book.IsCrossed || _mayCross.Contains(instrument), $"the book of {instrument} is crossed");
        return levels;
    }

    private int Best(uint instrument, Side side) =>
        side == Side.Buy ? state.Books[instrument].Bids.Best : state.Books[instrument].Asks.Best;

    private int CheckLevel(uint instrument, Side side, in PriceLevel level)
    {
        var (visible, count, priority, previous) = (0L, 0, 0UL, -1);
        for (var slot = level.Head; slot >= 0; slot = state.Orders.At(slot).Next)
        {
            ref var order = ref state.Orders.At(slot);
            ref var terms = ref state.Orders.At(slot).Terms;
            Assert.Equal((instrument, side, level.Price), (order.Instrument, order.Side, order.Price));
            Assert.Equal(previous, order.Previous);
            Assert.True(order.Priority > priority, "orders of a level out of order");
            Assert.True(order.Visible > 0 && order.Hidden >= 0, "an order of the book shows nothing");
            Assert.True(terms.DisplayQuantity != 0 || order.Hidden == 0, "an order hides lots without display");
            Assert.True(terms.DisplayQuantity == 0 || order.Visible <= terms.DisplayQuantity, "an iceberg shows more");
            (priority, previous) = (order.Priority, slot);
            visible += order.Visible;
            count++;
        }

        Assert.Equal(level.Tail, previous);
        Assert.Equal((visible, count), (level.Visible, level.Orders));
        Assert.Equal((visible, (uint)count), _told[(instrument, side, level.Price)]);
        return count;
    }

    // In normal mode nothing that is due still waits.
    private void CheckTriggers(in Instrument instrument, List<Order> waiting)
    {
        if (instrument.Mode != SymbolMode.Normal || instrument.LastPrice == 0)
        {
            return;
        }

        foreach (var order in waiting)
        {
            ref var terms = ref state.Orders.At(new OrderId(order.Id).Slot).Terms;
            var isRise = order.Side == Side.Buy
                ? terms.Type is OrderType.Stop or OrderType.StopLimit
                : terms.Type is OrderType.TakeProfit or OrderType.TakeProfitLimit;
            Assert.True(
                isRise ? instrument.LastPrice < terms.StopPrice : instrument.LastPrice > terms.StopPrice,
                "a stop that was reached still waits");
        }
    }

    private void CheckAccounts()
    {
        var byAccount = OpenOrders(_ => true).GroupBy(order => order.Account)
            .ToDictionary(group => group.Key, group => group.Select(order => order.Id).Order().ToList());
        for (var account = 1u; account <= state.Globals.Accounts; account++)
        {
            ref var record = ref state.Accounts.At((int)account);
            var ids = byAccount.GetValueOrDefault(account, []);
            Assert.Equal((uint)ids.Count, record.OpenOrders);
            Assert.Equal(ids, Linked(record.FirstOrder));
        }
    }

    // An account's orders as they are linked: in order of acceptance.
    private List<ulong> Linked(int first)
    {
        var ids = new List<ulong>();
        for (var next = first; next != 0; next = state.Orders.At(next - 1).Terms.AccountNext)
        {
            ids.Add(state.Orders.At(next - 1).Id);
        }

        return ids;
    }

    private List<Order> OpenOrders(Func<Order, bool> isWanted)
    {
        var orders = new List<Order>();
        for (var slot = 0; slot < state.Orders.Limit; slot++)
        {
            var order = state.Orders.At(slot);
            if (order.Id != 0 && isWanted(order))
            {
                orders.Add(order);
            }
        }

        return orders;
    }
}
