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

    /// <summary>0 for bids, −1 (all bits) for asks: price ^ Mask is larger the better the price is.</summary>
    public long Mask;

    /// <summary>Best price ^ Mask; the smallest number where the side is empty.</summary>
    public long BestKey;

    /// <summary>The best price; zero where the side is empty.</summary>
    public readonly long BestPrice => Best < 0 ? 0 : BestKey ^ Mask;
}

/// <summary>Bids and asks, chosen by a side's number without a branch.</summary>
[InlineArray(2)]
internal struct BookSides
{
    public BookSide First;
}

/// <summary>
/// One instrument's resting orders in price-time priority. It links slots of the order table and matches; it knows no
/// accounts, fees or events. Everything in it is derived: it is rebuilt from the orders' prices and priorities.
/// Invariants: a level is present only with orders; its visible lots are the sum of its orders'; outside an auction the
/// best bid is below the best ask. Which side, whether a level is empty and whether an order has neighbours are coin
/// tosses to the processor, so linking asks none of it: masks choose, and slot −1 takes the writes meant for nobody.
/// </summary>
internal sealed class OrderBook
{
    private readonly Table<Order> _orders;
    private readonly LevelTrees _levels;
    private BookSides _sides;

    public OrderBook(Table<Order> orders, LevelTrees levels)
    {
        _orders = orders;
        _levels = levels;
        SideOf(Side.Buy) = new BookSide { Best = -1, BestKey = long.MinValue, Mask = 0 };
        SideOf(Side.Sell) = new BookSide { Best = -1, BestKey = long.MinValue, Mask = -1 };
    }

    public ref readonly BookSide Bids => ref SideOf(Side.Buy);

    public ref readonly BookSide Asks => ref SideOf(Side.Sell);

    public bool IsCrossed => Bids.Best >= 0 && Asks.Best >= 0 && Bids.BestPrice >= Asks.BestPrice;

    /// <summary>The best price an order of a side would trade at; zero where there is none.</summary>
    public long BestOpposite(Side side) => SideOf(Flip(side)).BestPrice;

    public ref PriceLevel Level(int level) => ref _levels.Level(level);

    /// <summary>The next level away from the other side, or −1.</summary>
    public int Worse(Side side, int level)
    {
        ref var levels = ref SideOf(side).Levels;
        return side == Side.Buy ? _levels.Before(in levels, level) : _levels.After(in levels, level);
    }

    /// <summary>Asks for the line of a price's level, for an order about to be entered.</summary>
    /// <returns>The level where it stands now, or −1.</returns>
    public int Ask(Side side, long price) => _levels.Ask(in SideOf(side).Levels, price);

    /// <summary>Puts an order at the end of its price's level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref PriceLevel Add(int slot, ref Order order)
    {
        ref var side = ref SideOf(order.Side);
        var index = _levels.Enter(ref side.Levels, order.Price);
        ref var level = ref _levels.Level(index);
        var tail = level.Tail;
        order.Level = index;
        order.Next = -1;
        order.Previous = tail;
        _orders.At(tail).Next = slot;
        level.Head = Choose(tail >> 31, slot, level.Head);
        level.Tail = slot;
        level.Orders++;
        level.Visible += order.Visible;
        var key = order.Price ^ side.Mask;
        if (key > side.BestKey)
        {
            side.Best = index;
            side.BestKey = key;
        }

        return ref level;
    }

    /// <summary>Takes an order out of its level.</summary>
    /// <returns>The level as it is now; no orders where it is gone.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PriceLevel Remove(ref Order order)
    {
        ref var level = ref _levels.Level(order.Level);
        Unlink(ref level, ref order);
        level.Visible -= order.Visible;
        level.Orders--;
        var now = level;
        LeaveIfEmpty(order.Side, order.Level, ref level);
        return now;
    }

    /// <summary>Lowers what an order shows, in place.</summary>
    public ref PriceLevel Reduce(ref Order order, long lots)
    {
        ref var level = ref _levels.Level(order.Level);
        level.Visible -= lots;
        return ref level;
    }

    /// <summary>Whether an order at this price would trade at once.</summary>
    public bool Crosses(Side side, long price)
    {
        ref var opposite = ref SideOf(Flip(side));
        return Reaches(in opposite, price);
    }

    /// <summary>
    /// Trades an incoming order with the opposite side, best price first, earlier priority first, at the makers'
    /// prices,
    /// until it has nothing open, its limit is passed, or the sink ends it.
    /// </summary>
    public void Match<TSink>(Side takerSide, long limit, ref long open, ref TSink sink)
        where TSink : struct, IMatchSink, allows ref struct
    {
        ref var side = ref SideOf(Flip(takerSide));
        var goesOn = true;
        while (goesOn && open > 0 && Reaches(in side, limit))
        {
            goesOn = MatchLevel(takerSide, ref open, ref sink);
        }
    }

    /// <summary>Shows the ids of all its orders, in no order that means anything.</summary>
    public void CollectIds(OldestIds ids)
    {
        for (var side = Side.Buy; side <= Side.Sell; side++)
        {
            for (var level = SideOf(side).Best; level >= 0; level = Worse(side, level))
            {
                for (var slot = _levels.Level(level).Head; slot >= 0; slot = _orders.At(slot).Next)
                {
                    ids.Add(_orders.At(slot).Id);
                }
            }
        }
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
        _orders.At(level.Tail).Next = slot;
        order.Previous = level.Tail;
        order.Next = -1;
        level.Tail = slot;
    }

    /// <summary>Takes the head of a level out. The level stays marked, even empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PopHead(ref PriceLevel level, ref Order head)
    {
        Unlink(ref level, ref head);
        level.Orders--;
    }

    /// <summary>Unmarks a level where it has no orders, and finds the new best where it was that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LeaveIfEmpty(Side bookSide, int index, ref PriceLevel level)
    {
        ref var side = ref SideOf(bookSide);
        var gone = unchecked((uint)(level.Orders - 1)) >> 31;
        if (index == side.Best && gone != 0)
        {
            MoveBest(bookSide, ref side);
        }

        _levels.Leave(ref side.Levels, index, gone);
    }

    public static Side Flip(Side side) => (Side)((int)side ^ 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Reaches(in BookSide opposite, long limit) => opposite.BestKey >= (limit ^ opposite.Mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Choose(int mask, int whereSet, int whereClear) => (whereSet & mask) | (whereClear & ~mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref BookSide SideOf(Side side) => ref Unsafe.Add(ref Unsafe.As<BookSides, BookSide>(ref _sides), (int)side);

    private void MoveBest(Side bookSide, ref BookSide side)
    {
        side.Best = Worse(bookSide, side.Best);
        side.BestKey = side.Best < 0 ? long.MinValue : _levels.Level(side.Best).Price ^ side.Mask;
    }

    private bool MatchLevel<TSink>(Side takerSide, ref long open, ref TSink sink)
        where TSink : struct, IMatchSink, allows ref struct
    {
        var index = SideOf(Flip(takerSide)).Best;
        ref var level = ref _levels.Level(index);
        var price = level.Price;
        var goesOn = true;
        var isTouched = false;
        while (goesOn && open > 0 && level.Orders > 0)
        {
            var slot = level.Head;
            ref var maker = ref _orders.At(slot);
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

        LeaveIfEmpty(Flip(takerSide), index, ref level);
        return goesOn;
    }

    /// <summary>
    /// Takes lots off what the head of a level shows; it then leaves the book or shows its next part.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeOff<TSink>(ref PriceLevel level, int slot, ref Order maker, long lots, ref TSink sink)
        where TSink : struct, IMatchSink, allows ref struct
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
        where TSink : struct, IMatchSink, allows ref struct
    {
        ref var maker = ref _orders.At(slot);
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
        where TSink : struct, IMatchSink, allows ref struct
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
        var (previous, next) = (order.Previous, order.Next);
        _orders.At(previous).Next = next;
        _orders.At(next).Previous = previous;
        level.Head = Choose(previous >> 31, next, level.Head);
        level.Tail = Choose(next >> 31, previous, level.Tail);
    }
}
