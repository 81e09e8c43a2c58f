using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>One taker against the book, in price-time priority.</summary>
internal sealed class Matching(ModelState state, ModelEvents events, Money money)
{
    /// <summary>Matches an order that is neither in the book nor waiting; then it rests, or is done.</summary>
    public Execution Match(ModelOrder taker)
    {
        var instrument = taker.Instrument;
        var side = instrument.Opposite(taker.Side);
        var execution = new Execution();
        var touchedPrice = 0L;
        while (side.Count > 0 && taker.Reaches(side[0].Price) && IsOpen(taker))
        {
            var maker = side[0];
            var price = maker.Price;
            var lots = Math.Min(taker.OpenLotsAt(price), maker.Shown);
            if (lots == 0 || execution.Meetings == state.Policy.StepsMax)
            {
                break;
            }

            execution.Meetings++;
            if (taker.Prevention == SelfTradePrevention.None || taker.Group != maker.Group)
            {
                TakerTrades(taker, maker, lots, execution);
                touchedPrice = price;
            }
            else if (Prevent(taker, maker, lots))
            {
                touchedPrice = price;
            }

            if (touchedPrice != 0 && instrument.BestOppositePrice(taker.Side) != touchedPrice)
            {
                events.BookDelta(instrument, Other(taker.Side), touchedPrice);
                touchedPrice = 0;
            }
        }

        if (touchedPrice != 0)
        {
            events.BookDelta(instrument, Other(taker.Side), touchedPrice);
        }

        execution.Status = Finish(taker, execution);
        return execution;
    }

    /// <summary>
    /// Lots that a fill-or-kill order would trade: it is matched in thought. A maker of its own group is no obstacle
    /// (prevention none), is cancelled on the way (expire maker), or ends it; a part of an iceberg that comes up goes
    /// behind its level. Looked: how many makers and parts it came by.
    /// </summary>
    public long Fillable(ModelOrder taker, out int looked)
    {
        var sum = 0L;
        looked = 0;
        var reached = taker.Instrument.Opposite(taker.Side).Where(maker => taker.Reaches(maker.Price));
        foreach (var level in reached.GroupBy(maker => maker.Price))
        {
            var makers = level.Select(maker => (Maker: maker, maker.Open, maker.Shown)).ToList();
            while (makers.Count > 0)
            {
                var (maker, open, shown) = makers[0];
                if (sum >= taker.Open || looked == state.Policy.StepsMax || EndsWalk(taker, maker))
                {
                    return Math.Min(sum, taker.Open);
                }

                looked++;
                makers.RemoveAt(0);
                sum += IsSkipped(taker, maker) ? 0 : shown;
                if (open > shown && !IsSkipped(taker, maker))
                {
                    makers.Add((maker, open - shown, Math.Min(maker.Display, open - shown)));
                }
            }
        }

        return Math.Min(sum, taker.Open);
    }

    /// <summary>Takes an open order out of everything and releases its hold.</summary>
    public void Cancel(ModelOrder order, CancelReason reason)
    {
        var released = money.Release(order);
        state.Remove(order);
        events.Append(EventKind.OrderCancelled, order.Instrument.Id, new OrderCancelled
        {
            Account = new AccountId(order.Account),
            Side = order.Side,
            Reason = reason,
            OrderId = new OrderId(order.Id),
            Price = new Price(order.Price),
            Remaining = new Quantity(order.Open),
            Released = new Amount(released),
        });
    }

    /// <summary>Cancels, and tells the level where the order rested.</summary>
    public void CancelWithDelta(ModelOrder order, CancelReason reason)
    {
        var rested = order.Resting;
        Cancel(order, reason);
        if (rested)
        {
            events.BookDelta(order.Instrument, order.Side, order.Price);
        }
    }

    /// <summary>Puts an order into the book and tells its level.</summary>
    public void Rest(ModelOrder order)
    {
        order.ShowAnew();
        order.Instrument.Rest(order);
        events.BookDelta(order.Instrument, order.Side, order.Price);
    }

    /// <summary>Executes lots at a price: money, events, and what becomes of both orders' open lots.</summary>
    public Int128 Trade(ModelOrder maker, ModelOrder taker, long lots, long price)
    {
        var instrument = maker.Instrument;
        var notional = Money.Notional(instrument, lots, price);
        var makerFee = Money.Fee(maker, Math.Max(maker.MakerRate, -taker.TakerRate), notional);
        var takerFee = Money.Fee(taker, taker.TakerRate, notional);
        TakeLots(maker, lots, notional);
        TakeLots(taker, lots, notional);
        maker.Executed += lots;
        taker.Executed += lots;
        if (taker.Side == Side.Buy)
        {
            money.Settle(taker, maker, lots, notional, takerFee, makerFee);
        }
        else
        {
            money.Settle(maker, taker, lots, notional, makerFee, takerFee);
        }

        events.Append(EventKind.TradeExecuted, instrument.Id, new TradeExecuted
        {
            Price = new Price(price),
            Quantity = new Quantity(lots),
            MakerOrderId = new OrderId(maker.Id),
            TakerOrderId = new OrderId(taker.Id),
            Maker = new AccountId(maker.Account),
            Taker = new AccountId(taker.Account),
            TakerSide = taker.Side,
            Notional = new Amount(notional),
            MakerFee = new Amount(makerFee),
            TakerFee = new Amount(takerFee),
            MakerHold = new Amount(maker.Hold),
            TakerHold = new Amount(taker.Hold),
        });
        return notional;
    }

    /// <summary>After a resting order lost lots: it is done, or shows its next part, or just goes on.</summary>
    public void Settle(ModelOrder resting)
    {
        if (resting.Open == 0)
        {
            state.Remove(resting);
        }
        else if (resting.Shown == 0)
        {
            resting.Instrument.Leave(resting);
            resting.ShowAnew();
            resting.Instrument.Rest(resting);
            events.Append(EventKind.OrderReplenished, resting.Instrument.Id, new OrderReplenished
            {
                OrderId = new OrderId(resting.Id),
                Visible = new Quantity(resting.Shown),
                Account = new AccountId(resting.Account),
            });
        }
    }

    private bool IsOpen(ModelOrder order) => state.Orders.ContainsKey(order.Id);

    private static Side Other(Side side) => side == Side.Buy ? Side.Sell : Side.Buy;

    private static bool EndsWalk(ModelOrder taker, ModelOrder maker) =>
        taker.Group == maker.Group
        && taker.Prevention is not (SelfTradePrevention.None or SelfTradePrevention.ExpireMaker);

    private static bool IsSkipped(ModelOrder taker, ModelOrder maker) =>
        taker.Group == maker.Group && taker.Prevention == SelfTradePrevention.ExpireMaker;

    private void TakerTrades(ModelOrder taker, ModelOrder maker, long lots, Execution execution)
    {
        execution.Notional += Trade(maker, taker, lots, maker.Price);
        execution.Lots += lots;
        execution.LastPrice = maker.Price;
        Settle(maker);
    }

    private static void TakeLots(ModelOrder order, long lots, Int128 notional)
    {
        if (order.ByBudget)
        {
            order.BudgetLeft -= notional;
            return;
        }

        order.Open -= lots;
        if (order.Resting)
        {
            order.Shown -= lots;
        }
    }

    /// <summary>Two orders of one group met. True where the maker's level changed.</summary>
    private bool Prevent(ModelOrder taker, ModelOrder maker, long lots)
    {
        var decrements = taker.Prevention == SelfTradePrevention.Decrement;
        if (decrements)
        {
            Decrement(maker, lots, maker.Price);
            Decrement(taker, lots, maker.Price);
        }

        events.Append(EventKind.SelfTradePrevented, maker.Instrument.Id, new SelfTradePrevented
        {
            Price = new Price(maker.Price),
            Quantity = new Quantity(decrements ? lots : 0),
            MakerOrderId = new OrderId(maker.Id),
            TakerOrderId = new OrderId(taker.Id),
            MakerHold = new Amount(maker.Hold),
            TakerHold = new Amount(taker.Hold),
        });

        var makerEnds = decrements ? maker.HasNothingOpen : taker.Prevention != SelfTradePrevention.ExpireTaker;
        var takerEnds = decrements ? taker.HasNothingOpen : taker.Prevention != SelfTradePrevention.ExpireMaker;
        if (makerEnds)
        {
            Cancel(maker, CancelReason.SelfTrade);
        }
        else if (decrements)
        {
            Settle(maker);
        }

        if (takerEnds)
        {
            Cancel(taker, CancelReason.SelfTrade);
        }

        return decrements || makerEnds;
    }

    private void Decrement(ModelOrder order, long lots, long price)
    {
        TakeLots(order, lots, Money.Notional(order.Instrument, lots, price));
        if (!order.ByBudget)
        {
            order.Quantity -= lots;
        }
        else
        {
            order.Decremented += lots;
        }

        money.Hold(order, Money.HoldOf(order));
    }

    private OrderStatus Finish(ModelOrder taker, Execution execution)
    {
        if (!IsOpen(taker))
        {
            return OrderStatus.Cancelled;
        }

        if (taker.HasNothingOpen)
        {
            Invariant.Check(taker.Hold == 0);
            state.Remove(taker);
            return OrderStatus.Filled;
        }

        if (execution.Meetings == state.Policy.StepsMax
            && OrderChecks.WouldCross(
                taker.Side, taker.Price, taker.Instrument.BestOppositePrice(taker.Side)))
        {
            Cancel(taker, CancelReason.StepsMax);
            return OrderStatus.Cancelled;
        }

        if (!taker.RestsAfterMatching)
        {
            Invariant.Check(taker.TimeInForce != TimeInForce.FillOrKill);
            Cancel(taker, CancelReason.ImmediateOrCancel);
            return OrderStatus.Cancelled;
        }

        Rest(taker);
        return execution.Lots == 0 ? OrderStatus.Accepted : OrderStatus.PartiallyFilled;
    }
}
