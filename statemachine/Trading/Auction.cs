using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Matches a crossed book at one price: the rules stand in contracts/README.md, "Modes and timers".</summary>
internal sealed class Auction(ExchangeState state, EventWriter events, OpenOrders openOrders)
{
    private readonly record struct Candidate(long Price, long Volume, long Surplus);

    private struct PriceLots
    {
        public long Price;
        public long Lots;
    }

    /// <summary>The candidates as good as the best so far; they come in order of price, lowest first.</summary>
    private struct Tied
    {
        private int _count;
        private int _above;
        private int _below;
        private Candidate _lowest;
        private Candidate _highest;
        private Candidate _nearest;

        public void Keep(in Candidate candidate, long target)
        {
            var order = _count == 0 ? 1
                : _lowest.Volume != candidate.Volume ? candidate.Volume.CompareTo(_lowest.Volume)
                : Math.Abs(_lowest.Surplus).CompareTo(Math.Abs(candidate.Surplus));
            if (order < 0)
            {
                return;
            }

            if (order > 0)
            {
                this = new Tied { _lowest = candidate, _nearest = candidate };
            }

            _count++;
            _above += candidate.Surplus > 0 ? 1 : 0;
            _below += candidate.Surplus < 0 ? 1 : 0;
            _highest = candidate;
            if (Math.Abs(candidate.Price - target) < Math.Abs(_nearest.Price - target))
            {
                _nearest = candidate;
            }
        }

        public readonly Candidate Break(long target) =>
            _above == _count ? _highest
            : _below == _count || target == 0 ? _lowest
            : _nearest;
    }

    private readonly NativeArray<PriceLots> _bids = new(64);
    private readonly NativeArray<PriceLots> _asks = new(64);

    /// <summary>
    /// Uncrosses a crossed book, as far as the steps of one cause go: where they end it, the book is crossed still.
    /// </summary>
    /// <returns>The price of all the trades.</returns>
    public long Uncross(uint number)
    {
        var book = state.Books[number];
        ref var instrument = ref state.Instruments.Write((int)number);
        var chosen = Choose(book, in instrument);
        ref var uncrossed = ref events.Append<AuctionUncrossed>(
            EventKind.AuctionUncrossed, number, ref instrument);
        uncrossed.Price = new Price(chosen.Price);
        uncrossed.Volume = new Quantity(chosen.Volume);
        uncrossed.Surplus = chosen.Surplus;
        Trade(number, book, chosen);
        return chosen.Price;
    }

    // Sweeps the limit prices of the book upwards, keeping the lots willing to buy at or above and to sell at or below.
    private Candidate Choose(OrderBook book, in Instrument instrument)
    {
        var target = instrument.ReferencePrice != 0 ? instrument.ReferencePrice : instrument.LastPrice;
        var (bids, buying) = Collect(book, Side.Buy, _bids);
        var (asks, _) = Collect(book, Side.Sell, _asks);
        var tied = default(Tied);

        // Bids stand highest first: walk them from their end. Asks stand lowest first.
        var (selling, bid, ask) = (0L, bids - 1, 0);
        while (bid >= 0 || ask < asks)
        {
            var price = Math.Min(
                bid >= 0 ? _bids[bid].Price : long.MaxValue,
                ask < asks ? _asks[ask].Price : long.MaxValue);
            while (ask < asks && _asks[ask].Price == price)
            {
                selling += _asks[ask++].Lots;
            }

            tied.Keep(new Candidate(price, Math.Min(buying, selling), buying - selling), target);
            while (bid >= 0 && _bids[bid].Price == price)
            {
                buying -= _bids[bid--].Lots;
            }
        }

        return tied.Break(target);
    }

    // How many levels there are, best first, and their lots in all.
    private (int Count, long Lots) Collect(OrderBook book, Side side, NativeArray<PriceLots> collected)
    {
        var (count, sum, orders) = (0, 0L, 0);
        var index = side == Side.Buy ? book.Bids.Best : book.Asks.Best;
        while (index >= 0)
        {
            var lots = 0L;
            for (var slot = book.Level(index).Head; slot >= 0; slot = state.Orders.At(slot).Next)
            {
                lots += state.Orders.At(slot).Open;
                orders++;
            }

            collected.EnsureIndex(count);
            collected[count++] = new PriceLots { Price = book.Level(index).Price, Lots = lots };
            sum += lots;
            index = book.Worse(side, index);
        }

        events.Look(orders);
        return (count, sum);
    }

    private void Trade(uint number, OrderBook book, Candidate chosen)
    {
        var left = chosen.Volume;
        var (buyTouched, sellTouched) = (false, false);
        for (var steps = state.Globals.Policy.StepsMax; left > 0 && steps > 0; steps--)
        {
            var (bidLevel, askLevel) = (book.Bids.Best, book.Asks.Best);
            var (buy, sell) = (book.Level(bidLevel).Head, book.Level(askLevel).Head);
            var lots = Math.Min(
                left, Math.Min(state.Orders.At(buy).Visible, state.Orders.At(sell).Visible));
            left -= lots;
            SettleOne(buy, sell, chosen.Price, lots);
            TakeOff(book, bidLevel, buy, lots);
            TakeOff(book, askLevel, sell, lots);
            buyTouched = !LeaveIfEmpty(number, book, Side.Buy, bidLevel);
            sellTouched = !LeaveIfEmpty(number, book, Side.Sell, askLevel);
        }

        if (buyTouched)
        {
            Tell(number, Side.Buy, in book.Level(book.Bids.Best));
        }

        if (sellTouched)
        {
            Tell(number, Side.Sell, in book.Level(book.Asks.Best));
        }
    }

    // The earlier priority is the maker; the other settles as the taker, from and back to its records.
    private void SettleOne(int buy, int sell, long price, long lots)
    {
        var buyIsMaker = state.Orders.At(buy).Priority < state.Orders.At(sell).Priority;
        var (maker, taker) = buyIsMaker ? (buy, sell) : (sell, buy);
        ref var order = ref state.Orders.Write(taker);
        ref var terms = ref state.Orders.At(taker).Terms;
        var incoming = new IncomingOrder
        {
            Instrument = order.Instrument,
            Account = order.Account,
            Slot = taker,
            Id = order.Id,
            Side = order.Side,
            Price = order.Price,
            Quantity = terms.Quantity,
            Open = order.Open,
            Hold = terms.Hold,
            FeeAccrued = terms.FeeAccrued,
            RebateAccrued = terms.RebateAccrued,
            MakerRate = terms.MakerRate,
            TakerRate = terms.TakerRate,
            BaseBalance = terms.BaseBalance,
            QuoteBalance = terms.QuoteBalance,
        };
        var settlement = new Settlement(state, events, openOrders, ref incoming);
        settlement.Fill(maker, ref state.Orders.At(maker), price, lots);
        openOrders.Update(taker, in incoming);
    }

    private void TakeOff(OrderBook book, int levelIndex, int slot, long lots)
    {
        ref var level = ref book.Level(levelIndex);
        ref var order = ref state.Orders.Write(slot);
        level.Visible -= lots;
        order.Visible -= lots;
        if (order.Visible > 0)
        {
            return;
        }

        if (order.Hidden == 0)
        {
            book.PopHead(ref level, ref order);
            openOrders.Delete(slot);
        }
        else
        {
            openOrders.Replenish(slot, ref order);
            book.MoveToEnd(ref level, slot, ref order);
        }
    }

    private bool LeaveIfEmpty(uint number, OrderBook book, Side side, int levelIndex)
    {
        var level = book.Level(levelIndex);
        if (level.Orders > 0)
        {
            return false;
        }

        book.LeaveIfEmpty(side, levelIndex, ref book.Level(levelIndex));
        Tell(number, side, in level);
        return true;
    }

    private void Tell(uint number, Side side, in PriceLevel level) => events.BookDelta(
        number, ref state.Instruments.At((int)number), side, in level);
}
