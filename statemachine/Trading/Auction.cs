using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Matches a crossed book at one price: the rules stand in contracts/README.md, "Modes and timers".</summary>
internal sealed class Auction(ExchangeState state, EventWriter events, OpenOrders openOrders)
{
    private readonly record struct Candidate(long Price, long Volume, long Surplus);

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
        var bids = Collect(book, Side.Buy);
        var asks = Collect(book, Side.Sell);
        var tied = new List<Candidate>();
        var buying = 0L;
        foreach (var (_, lots) in bids)
        {
            buying += lots;
        }

        // Bids stand highest first: walk them from their end. Asks stand lowest first.
        var (selling, bid, ask) = (0L, bids.Count - 1, 0);
        while (bid >= 0 || ask < asks.Count)
        {
            var price = Math.Min(
                bid >= 0 ? bids[bid].Price : long.MaxValue,
                ask < asks.Count ? asks[ask].Price : long.MaxValue);
            while (ask < asks.Count && asks[ask].Price == price)
            {
                selling += asks[ask++].Lots;
            }

            Keep(tied, new Candidate(price, Math.Min(buying, selling), buying - selling));
            while (bid >= 0 && bids[bid].Price == price)
            {
                buying -= bids[bid--].Lots;
            }
        }

        return Break(tied, target);
    }

    private static void Keep(List<Candidate> tied, Candidate candidate)
    {
        if (tied.Count > 0)
        {
            var best = tied[0];
            var order = best.Volume != candidate.Volume
                ? candidate.Volume.CompareTo(best.Volume)
                : Math.Abs(best.Surplus).CompareTo(Math.Abs(candidate.Surplus));
            if (order < 0)
            {
                return;
            }

            if (order > 0)
            {
                tied.Clear();
            }
        }

        tied.Add(candidate);
    }

    // The tied stand in order of price, lowest first.
    private static Candidate Break(List<Candidate> tied, long target)
    {
        var (above, below) = (0, 0);
        foreach (var candidate in tied)
        {
            above += candidate.Surplus > 0 ? 1 : 0;
            below += candidate.Surplus < 0 ? 1 : 0;
        }

        if (above == tied.Count)
        {
            return tied[^1];
        }

        if (below == tied.Count || target == 0)
        {
            return tied[0];
        }

        var nearest = tied[0];
        foreach (var candidate in tied)
        {
            if (Math.Abs(candidate.Price - target) < Math.Abs(nearest.Price - target))
            {
                nearest = candidate;
            }
        }

        return nearest;
    }

    private List<(long Price, long Lots)> Collect(OrderBook book, Side side)
    {
        var collected = new List<(long Price, long Lots)>();
        var index = side == Side.Buy ? book.Bids.Best : book.Asks.Best;
        while (index >= 0)
        {
            var lots = 0L;
            for (var slot = book.Level(index).Head; slot >= 0; slot = state.Orders.At(slot).Next)
            {
                lots += state.Orders.At(slot).Open;
            }

            collected.Add((book.Level(index).Price, lots));
            index = book.Worse(side, index);
        }

        return collected;
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
        ref var terms = ref state.Terms.At(taker);
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
        number, ref state.Instruments.At((int)number), side, level.Price, level.Visible, level.Orders);
}
