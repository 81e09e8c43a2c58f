using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>The call auction: one price for all that crosses.</summary>
internal sealed class Uncrossing(ModelState state, ModelEvents events, Matching matching)
{
    private sealed record Candidate(long Price, long Volume, long Surplus);

    public void Run(ModelInstrument instrument)
    {
        events.Look(instrument.Bids.Count + instrument.Asks.Count);
        var auction = Choose(instrument);
        events.Append(EventKind.AuctionUncrossed, instrument.Id, new AuctionUncrossed
        {
            Price = new Price(auction.Price),
            Volume = new Quantity(auction.Volume),
            Surplus = auction.Surplus,
        });
        Execute(instrument, auction);

        var changed = instrument.ReferencePrice != auction.Price;
        instrument.LastPrice = auction.Price;
        instrument.ReferencePrice = auction.Price;
        instrument.ReferenceTime = state.Now;
        if (changed)
        {
            events.Append(EventKind.ReferencePriceChanged, instrument.Id, new ReferencePriceChanged
            {
                Price = new Price(auction.Price),
                Cause = ChangeCause.Trade,
            });
        }
    }

    /// <summary>Most volume; then least surplus; then the rule for ties.</summary>
    private static Candidate Choose(ModelInstrument instrument)
    {
        var candidates = instrument.Bids.Concat(instrument.Asks)
            .Select(order => order.Price)
            .Distinct()
            .Order()
            .Select(price => At(instrument, price))
            .ToList();
        var volume = candidates.Max(candidate => candidate.Volume);
        candidates = [.. candidates.Where(candidate => candidate.Volume == volume)];
        var surplus = candidates.Min(candidate => Math.Abs(candidate.Surplus));
        candidates = [.. candidates.Where(candidate => Math.Abs(candidate.Surplus) == surplus)];

        if (candidates.All(candidate => candidate.Surplus > 0))
        {
            return candidates[^1];
        }

        var goal = instrument.ReferencePrice != 0 ? instrument.ReferencePrice : instrument.LastPrice;
        if (candidates.All(candidate => candidate.Surplus < 0) || goal == 0)
        {
            return candidates[0];
        }

        return candidates.MinBy(candidate => (Math.Abs(candidate.Price - goal), candidate.Price))!;
    }

    private static Candidate At(ModelInstrument instrument, long price)
    {
        var buying = instrument.Bids.Where(order => order.Price >= price).Sum(order => order.Open);
        var selling = instrument.Asks.Where(order => order.Price <= price).Sum(order => order.Open);
        return new Candidate(price, Math.Min(buying, selling), buying - selling);
    }

    private void Execute(ModelInstrument instrument, Candidate auction)
    {
        var left = auction.Volume;
        var buyTouched = 0L;
        var sellTouched = 0L;
        for (var trades = 0; left > 0 && trades < state.Policy.StepsMax; trades++)
        {
            var buy = instrument.Bids[0];
            var sell = instrument.Asks[0];
            var lots = Math.Min(Math.Min(buy.Shown, sell.Shown), left);
            left -= lots;
            var buyIsOlder = buy.Priority < sell.Priority;
            matching.Trade(buyIsOlder ? buy : sell, buyIsOlder ? sell : buy, lots, auction.Price);
            matching.Settle(buy);
            matching.Settle(sell);
            buyTouched = DeltaWhereEmpty(instrument, Side.Buy, buy.Price);
            sellTouched = DeltaWhereEmpty(instrument, Side.Sell, sell.Price);
        }

        DeltaWhereTouched(instrument, Side.Buy, buyTouched);
        DeltaWhereTouched(instrument, Side.Sell, sellTouched);
    }

    /// <summary>
    /// Tells a level that the last trade left empty; else answers its price, for it is still to be told.
    /// </summary>
    private long DeltaWhereEmpty(ModelInstrument instrument, Side side, long price)
    {
        if (instrument.BestPrice(side) == price)
        {
            return price;
        }

        events.BookDelta(instrument, side, price);
        return 0;
    }

    private void DeltaWhereTouched(ModelInstrument instrument, Side side, long price)
    {
        if (price != 0)
        {
            events.BookDelta(instrument, side, price);
        }
    }
}
