using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>
/// One instrument's waiting orders by stop price, earlier first at equal prices: the rising ones trigger when the last
/// price is at or above their stop, the falling ones at or below. Derived from the orders.
/// </summary>
internal sealed class TriggerQueue(Table<Order> orders, LevelTrees levels)
{
    private LevelTree _rising;
    private LevelTree _falling;

    public void Add(int slot, ref Order order, long stopPrice, bool onRise)
    {
        ref var tree = ref onRise ? ref _rising : ref _falling;
        var index = levels.Enter(ref tree, stopPrice);
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
        }

        level.Tail = slot;
        level.Orders++;
    }

    public void Remove(ref Order order, bool onRise)
    {
        ref var level = ref levels.Level(order.Level);
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

        level.Orders--;
        levels.Leave(ref onRise ? ref _rising : ref _falling, order.Level, level.Orders == 0 ? 1UL : 0UL);
    }

    /// <summary>Shows the ids of all its orders, in no order that means anything.</summary>
    public void CollectIds(OldestIds ids)
    {
        CollectIds(in _rising, ids);
        CollectIds(in _falling, ids);
    }

    /// <summary>
    /// The next order due at a last price: rising ones first, lowest stop first; then falling, highest first.
    /// </summary>
    /// <returns>Its slot, or −1.</returns>
    public int Due(long lastPrice)
    {
        var lowest = levels.First(in _rising);
        if (lowest >= 0 && levels.Level(lowest).Price <= lastPrice)
        {
            return levels.Level(lowest).Head;
        }

        var highest = levels.Last(in _falling);
        return highest >= 0 && levels.Level(highest).Price >= lastPrice ? levels.Level(highest).Head : -1;
    }

    private void CollectIds(in LevelTree tree, OldestIds ids)
    {
        for (var level = levels.First(in tree); level >= 0; level = levels.After(in tree, level))
        {
            for (var slot = levels.Level(level).Head; slot >= 0; slot = orders.At(slot).Next)
            {
                ids.Add(orders.At(slot).Id);
            }
        }
    }
}
