using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>What the all-or-none check asks: how much of an order would trade at once.</summary>
internal readonly record struct Fillable(
    Side Side, long Limit, long Wanted, uint Group, SelfTradePrevention Prevention);

/// <summary>
/// Goes the way of matching without changing anything: order by order, each iceberg's parts coming up behind what
/// stands at its level. It ends where the order is filled, and at the latest where matching would for its steps.
/// </summary>
internal sealed class FillableWalk(Table<Order> orders)
{
    private struct Part
    {
        public long Hidden;
        public long Display;
    }

    // Icebergs of the level walked whose next part has yet to come up, first first.
    private readonly NativeArray<Part> _parts = new(64);
    private long _sum;
    private int _steps;

    /// <summary>Makers that the last walk looked at, parts of icebergs each.</summary>
    public int Looked { get; private set; }

    /// <summary>Lots that would trade, no more than wanted.</summary>
    public long Lots(OrderBook book, in Fillable order, int stepsMax)
    {
        (_sum, _steps) = (0, stepsMax);
        ref readonly var opposite = ref order.Side == Side.Buy ? ref book.Asks : ref book.Bids;
        var index = opposite.Best;
        while (index >= 0
            && (book.Level(index).Price ^ opposite.Mask) >= (order.Limit ^ opposite.Mask)
            && WalkLevel(book.Level(index).Head, in order))
        {
            index = book.Worse(OrderBook.Flip(order.Side), index);
        }

        Looked = stepsMax - _steps;
        return Math.Min(_sum, order.Wanted);
    }

    // False where the walk ends within the level.
    private bool WalkLevel(int slot, in Fillable order)
    {
        var (first, count) = (0, 0);
        for (; slot >= 0; slot = orders.At(slot).Next)
        {
            if (_sum >= order.Wanted || _steps == 0)
            {
                return false;
            }

            ref var maker = ref orders.At(slot);
            var isOwn = order.Prevention != SelfTradePrevention.None && maker.Group == order.Group;
            if (isOwn && order.Prevention != SelfTradePrevention.ExpireMaker)
            {
                return false;
            }

            _steps--;
            if (isOwn)
            {
                continue;
            }

            _sum += maker.Visible;
            if (maker.Hidden != 0)
            {
                _parts.EnsureIndex(count);
                _parts[count++] = new Part { Hidden = maker.Hidden, Display = maker.Terms.DisplayQuantity };
            }
        }

        for (; first < count; first++)
        {
            if (_sum >= order.Wanted || _steps == 0)
            {
                return false;
            }

            _steps--;
            var part = _parts[first];
            var shown = Math.Min(part.Display, part.Hidden);
            _sum += shown;
            if (part.Hidden > shown)
            {
                _parts.EnsureIndex(count);
                _parts[count++] = part with { Hidden = part.Hidden - shown };
            }
        }

        return true;
    }
}
