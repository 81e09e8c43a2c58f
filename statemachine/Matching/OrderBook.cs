using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>One side of a book: its levels, and the best of them at hand.</summary>
internal struct BookSide
{
    public LevelTree Levels;

    /// <summary>Level nearest to the other side; −1 where the side is empty.</summary>
    public int Best;

    /// <summary>Its price; meaningless where the side is empty.</summary>
    public long BestPrice;
}

/// <summary>
/// One instrument's resting orders in price-time priority. It links slots of the order table and matches; it knows no
/// accounts, fees or events. Everything in it is derived: it is rebuilt from the orders' prices and priorities.
/// Invariants: a level exists only with orders; its visible lots are the sum of its orders'; outside an auction the best
/// bid is below the best ask.
/// </summary>
internal sealed class OrderBook(Table<Order> orders, LevelTrees levels)
{
    private BookSide _bids = new() { Best = -1 };
    private BookSide _asks = new() { Best = -1 };

    public ref readonly BookSide Bids => ref _bids;

    public ref readonly BookSide Asks => ref _asks;

    public bool IsCrossed => _bids.Best >= 0 && _asks.Best >= 0 && _bids.BestPrice >= _asks.BestPrice;

    /// <summary>The best price an order of a side would trade at; zero where there is none.</summary>
    public long BestOpposite(Side side)
    {
        ref var opposite = ref Opposite(side);
        return opposite.Best < 0 ? 0 : opposite.BestPrice;
    }

    public ref PriceLevel Level(int level) => ref levels.Level(level);

    /// <summary>The next level away from the other side, or −1.</summary>
    public int Worse(Side side, long price) => side == Side.Buy
        ? levels.Before(in _bids.Levels, price)
        : levels.After(in _asks.Levels, price);

    /// <summary>Puts an order at the end of its price's level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref PriceLevel Add(int slot, ref Order order)
    {
        ref var side = ref order.Side == Side.Buy ? ref _bids : ref _asks;
        var price = order.Price;
        var index = side.Best >= 0 && price == side.BestPrice ? side.Best : levels.FindOrAdd(ref side.Levels, price);
        ref var level = ref levels.Level(index);
        order.Level = index;
        order.Next = -1;
        order.Previous = level.Tail;
        if (level.Tail >= 0)
        {
            orders.At(level.Tail).Next = slot;
        }
        else
        {
            level.Head = slot;
            if (side.Best < 0 || (order.Side == Side.Buy ? price > side.BestPrice : price < side.BestPrice))
            {
                side.Best = index;
                side.BestPrice = price;
            }
        }

        level.Tail = slot;
        level.Orders++;
        level.Visible += order.Visible;
        return ref level;
    }

    /// <summary>Takes an order out of its level.</summary>
    /// <returns>The level as it is now; no orders where it is gone.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PriceLevel Remove(ref Order order)
    {
        var index = order.Level;
        ref var level = ref levels.Level(index);
        level.Visible -= order.Visible;
        if (--level.Orders == 0)
        {
            var gone = level;
            RemoveLevel(order.Side, index);
            return gone;
        }

        Unlink(ref level, ref order);
        return level;
    }

    /// <summary>Lowers what an order shows, in place.</summary>
    public ref PriceLevel Reduce(ref Order order, long lots)
    {
        ref var level = ref levels.Level(order.Level);
        level.Visible -= lots;
        return ref level;
    }

    /// <summary>Whether an order at this price would trade at once.</summary>
    public bool Crosses(Side side, long price)
    {
        ref var opposite = ref Opposite(side);
        return opposite.Best >= 0 && Reaches(side, price, opposite.BestPrice);
    }

    /// <summary>
    /// Trades an incoming order with the opposite side, best price first, earlier priority first, at the makers' prices,
    /// until it has nothing open, its limit is passed, or the sink ends it.
    /// </summary>
    public void Match<TSink>(Side takerSide, long limit, ref long open, ref TSink sink)
        where TSink : struct, IMatchSink
    {
        ref var side = ref Opposite(takerSide);
        var goesOn = true;
        while (goesOn && open > 0 && side.Best >= 0 && Reaches(takerSide, limit, side.BestPrice))
        {
            goesOn = MatchLevel(ref side, ref open, ref sink);
        }
    }

    /// <summary>
    /// Lots that matching would trade up to a limit, hidden ones included, no more than wanted, for the all-or-none
    /// check. Own-group makers are passed over or end the walk as the prevention says.
    /// </summary>
    public long Fillable(Side takerSide, long limit, long wanted, uint group, SelfTradePrevention prevention)
    {
        ref var side = ref Opposite(takerSide);
        var sum = 0L;
        for (var index = side.Best; index >= 0; index = Worse(Flip(takerSide), levels.Level(index).Price))
        {
            if (!Reaches(takerSide, limit, levels.Level(index).Price))
            {
                break;
            }

            for (var slot = levels.Level(index).Head; slot >= 0; slot = orders.At(slot).Next)
            {
                ref var maker = ref orders.At(slot);
                if (prevention == SelfTradePrevention.None || maker.Group != group)
                {
                    sum += maker.Open;
                }
                else if (prevention != SelfTradePrevention.ExpireMaker)
                {
                    return Math.Min(sum, wanted);
                }

                if (sum >= wanted)
                {
                    return wanted;
                }
            }
        }

        return sum;
    }

    /// <summary>Moves the head of a level to its end, with what it shows next.</summary>
    public void MoveToEnd(ref PriceLevel level, int slot, ref Order order)
    {
        level.Visible += order.Visible;
        if (level.Tail == slot)
        {
            return;
        }

        Unlink(ref level, ref order);
        orders.At(level.Tail).Next = slot;
        order.Previous = level.Tail;
        order.Next = -1;
        level.Tail = slot;
    }

    /// <summary>Takes the head of a level out. The level stays, even empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PopHead(ref PriceLevel level, ref Order head)
    {
        level.Head = head.Next;
        level.Orders--;
        if (head.Next >= 0)
        {
            orders.At(head.Next).Previous = -1;
        }
        else
        {
            level.Tail = -1;
        }
    }

    public void RemoveLevel(Side bookSide, int index)
    {
        ref var side = ref bookSide == Side.Buy ? ref _bids : ref _asks;
        levels.Remove(ref side.Levels, index);
        if (side.Best == index)
        {
            side.Best = bookSide == Side.Buy ? levels.Last(in side.Levels) : levels.First(in side.Levels);
            side.BestPrice = side.Best < 0 ? 0 : levels.Level(side.Best).Price;
        }
    }

    public static Side Flip(Side side) => side == Side.Buy ? Side.Sell : Side.Buy;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Reaches(Side takerSide, long limit, long price) =>
        takerSide == Side.Buy ? price <= limit : price >= limit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref BookSide Opposite(Side side) => ref side == Side.Buy ? ref _asks : ref _bids;

    private bool MatchLevel<TSink>(ref BookSide side, ref long open, ref TSink sink)
        where TSink : struct, IMatchSink
    {
        var index = side.Best;
        ref var level = ref levels.Level(index);
        var price = level.Price;
        var goesOn = true;
        var isTouched = false;
        while (goesOn && open > 0 && level.Orders > 0)
        {
            var slot = level.Head;
            ref var maker = ref orders.At(slot);
            var lots = sink.Affordable(price, Math.Min(open, maker.Visible));
            if (lots == 0)
            {
                goesOn = false;
            }
            else if (sink.Prevents(maker.Group))
            {
                goesOn = PreventSelfTrade(ref level, slot, lots, ref open, ref sink, ref isTouched);
            }
            else
            {
                isTouched = true;
                open -= lots;
                sink.Fill(slot, ref maker, price, lots);
                TakeOff(ref level, slot, ref maker, lots, ref sink);
            }
        }

        if (isTouched)
        {
            sink.LevelLeft(in level);
        }

        if (level.Orders == 0)
        {
            RemoveLevel(Flip(TakerOf(ref side)), index);
        }

        return goesOn;
    }

    private Side TakerOf(ref BookSide side) => Unsafe.AreSame(ref side, ref _asks) ? Side.Buy : Side.Sell;

    /// <summary>Takes lots off what the head of a level shows; it then leaves the book or shows its next part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeOff<TSink>(ref PriceLevel level, int slot, ref Order maker, long lots, ref TSink sink)
        where TSink : struct, IMatchSink
    {
        level.Visible -= lots;
        maker.Visible -= lots;
        if (maker.Visible != 0)
        {
            return;
        }

        if (maker.Hidden == 0)
        {
            PopHead(ref level, ref maker);
            sink.Done(slot);
        }
        else
        {
            sink.Replenish(slot, ref maker);
            MoveToEnd(ref level, slot, ref maker);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool PreventSelfTrade<TSink>(
        ref PriceLevel level, int slot, long lots, ref long open, ref TSink sink, ref bool isTouched)
        where TSink : struct, IMatchSink
    {
        ref var maker = ref orders.At(slot);
        var action = sink.SelfTrade(slot, ref maker, level.Price, lots);
        switch (action)
        {
            case SelfTradeAction.StopTaker:
                return false;
            case SelfTradeAction.DecrementBoth:
                isTouched = true;
                open -= lots;
                TakeOffDecremented(ref level, slot, ref maker, lots, ref sink);
                return true;
            default:
                isTouched = true;
                level.Visible -= maker.Visible;
                PopHead(ref level, ref maker);
                sink.MakerExpired(slot);
                return action == SelfTradeAction.RemoveMaker;
        }
    }

    private void TakeOffDecremented<TSink>(
        ref PriceLevel level, int slot, ref Order maker, long lots, ref TSink sink)
        where TSink : struct, IMatchSink
    {
        if (maker.Open > lots)
        {
            TakeOff(ref level, slot, ref maker, lots, ref sink);
            return;
        }

        level.Visible -= lots;
        maker.Visible = 0;
        PopHead(ref level, ref maker);
        sink.MakerExpired(slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unlink(ref PriceLevel level, ref Order order)
    {
        if (order.Previous >= 0)
        {
            orders.At(order.Previous).Next = order.Next;
        }
        else
        {
            level.Head = order.Next;
        }

        if (order.Next >= 0)
        {
            orders.At(order.Next).Previous = order.Previous;
        }
        else
        {
            level.Tail = order.Previous;
        }
    }
}
