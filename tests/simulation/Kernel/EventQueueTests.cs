using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Tests.Kernel;

public sealed class EventQueueTests
{
    [Fact]
    public void Events_come_by_time_and_at_one_time_in_the_order_of_their_scheduling()
    {
        var queue = new EventQueue();
        var fate = new Fate(1);
        List<(long At, int Slot)> expected = [];
        for (var i = 0; i < 5000; i++)
        {
            var at = (long)fate.Below(700, 1, (ulong)i);
            queue.Schedule(new WorldEvent { At = at, Slot = i });
            expected.Add((at, i));
        }

        expected.Sort();
        foreach (var (at, slot) in expected)
        {
            Assert.True(queue.TryTake(out var next));
            Assert.Equal((at, slot), (next.At, next.Slot));
            Assert.Equal(at, queue.Now);
        }

        Assert.False(queue.TryTake(out _));
    }

    [Fact]
    public void Scheduling_and_taking_in_turns_keeps_the_order()
    {
        var queue = new EventQueue();
        var fate = new Fate(2);
        var last = 0L;
        for (var i = 0; i < 20_000; i++)
        {
            queue.Schedule(new WorldEvent { At = queue.Now + fate.Below(50, 1, (ulong)i) });
            if (fate.Below(3, 2, (ulong)i) == 0)
            {
                Assert.True(queue.TryTake(out var next));
                Assert.True(next.At >= last);
                last = next.At;
            }
        }
    }

    [Fact]
    public void It_allocates_nothing_once_it_has_its_size()
    {
        var queue = new EventQueue();
        Turn(queue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(queue);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Nothing_can_be_scheduled_in_the_past()
    {
        var queue = new EventQueue();
        queue.Schedule(new WorldEvent { At = 5 });
        queue.TryTake(out _);
        Assert.ThrowsAny<InvalidOperationException>(() => queue.Schedule(new WorldEvent { At = 4 }));
    }

    private static void Turn(EventQueue queue)
    {
        queue.Clear();
        for (var i = 0; i < 1000; i++)
        {
            queue.Schedule(new WorldEvent { At = i * 7 % 1000 });
        }

        while (queue.TryTake(out _))
        {
        }
    }
}
