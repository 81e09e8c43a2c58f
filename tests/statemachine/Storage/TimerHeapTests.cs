using Exchange.Rsm.StateMachine.Storage;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Storage;

public sealed class TimerHeapTests
{
    [Theory]
    [InlineData(1, 5, 3)]
    [InlineData(2, 100, 20)]
    [InlineData(3, 3_000, 1_000_000)]
    public void Timers_come_in_order_of_deadline_and_id(ulong seed, int slots, int deadlines)
    {
        var dice = new Dice(seed);
        var heap = new TimerHeap();
        var armed = new Dictionary<int, (long Deadline, ulong Id)>();
        var sorted = new SortedSet<(long Deadline, ulong Id, int Slot)>();
        for (var step = 0; step < 40_000; step++)
        {
            var slot = dice.Below(slots);
            if (armed.Remove(slot, out var old))
            {
                sorted.Remove((old.Deadline, old.Id, slot));
            }

            if (dice.Below(100) < (step / 5_000 % 2 == 0 ? 80 : 30))
            {
                var timer = (Deadline: (long)dice.Below(deadlines), Id: ((ulong)step << 13) | (uint)slot);
                armed[slot] = timer;
                sorted.Add((timer.Deadline, timer.Id, slot));
                heap.Set(slot, timer.Deadline, timer.Id);
            }
            else
            {
                heap.Remove(slot);
            }

            AssertFirst(sorted, heap);
        }

        Drain(sorted, heap);
    }

    [Fact]
    public void A_slot_that_is_not_armed_can_be_removed()
    {
        var heap = new TimerHeap();
        heap.Remove(0);
        heap.Remove(1_000_000);
        heap.Set(3, 10, 1);
        heap.Remove(2);
        Assert.Equal(1, heap.Count);
        heap.Clear();
        heap.Remove(3);
        Assert.Equal((0, long.MaxValue), (heap.Count, heap.FirstDeadline));
    }

    private static void Drain(SortedSet<(long Deadline, ulong Id, int Slot)> sorted, TimerHeap heap)
    {
        while (sorted.Count > 0)
        {
            AssertFirst(sorted, heap);
            heap.Remove(heap.FirstSlot);
            sorted.Remove(sorted.Min);
        }

        AssertFirst(sorted, heap);
    }

    private static void AssertFirst(SortedSet<(long Deadline, ulong Id, int Slot)> sorted, TimerHeap heap)
    {
        Assert.Equal(sorted.Count, heap.Count);
        if (sorted.Count == 0)
        {
            Assert.Equal(long.MaxValue, heap.FirstDeadline);
        }
        else
        {
            Assert.Equal(sorted.Min, (heap.FirstDeadline, heap.FirstId, heap.FirstSlot));
        }
    }
}
