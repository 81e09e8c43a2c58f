using Exchange.Rsm.StateMachine.Storage;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Storage;

public sealed class SlotSetTests
{
    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 1_000)]
    [InlineData(3, 10_000)]
    public void The_lowest_free_slot_comes_first(ulong seed, int countMax)
    {
        var dice = new Dice(seed);
        var slots = new SlotSet();
        var free = new SortedSet<int>(Enumerable.Range(0, countMax + 1));
        var occupied = new List<int>();
        for (var step = 0; step < 60_000; step++)
        {
            var isFilling = step / (countMax * 3) % 2 == 0;
            if (occupied.Count == 0 || (occupied.Count < countMax && dice.Below(100) < (isFilling ? 75 : 25)))
            {
                Assert.Equal(free.Min, slots.Allocate());
                occupied.Add(free.Min);
                free.Remove(free.Min);
            }
            else
            {
                var place = dice.Below(occupied.Count);
                var slot = occupied[place];
                (occupied[place], occupied[^1]) = (occupied[^1], occupied[place]);
                occupied.RemoveAt(occupied.Count - 1);
                free.Add(slot);
                slots.Free(slot);
                Assert.False(slots.Contains(slot));
            }

            Assert.Equal(occupied.Count, slots.Count);
        }

        Assert.All(occupied, slot => Assert.True(slots.Contains(slot)));
        Assert.All(free, slot => Assert.False(slots.Contains(slot)));
    }

    [Theory]
    [InlineData(5, 4_096)]
    [InlineData(6, 262_144)]
    [InlineData(7, 600_000)]
    public void In_a_large_set_the_lowest_free_slot_is_found_near_and_far(ulong seed, int count)
    {
        var dice = new Dice(seed);
        var slots = new SlotSet();
        for (var slot = 0; slot < count; slot++)
        {
            Assert.Equal(slot, slots.Allocate());
        }

        var free = new SortedSet<int>();
        for (var step = 0; step < 40_000; step++)
        {
            // At the edges of words, of words of words, and anywhere.
            var slot = dice.Below(4) switch
            {
                0 => dice.Below(count),
                1 => Math.Min(count - 1, dice.Below((count / 64) + 1) * 64),
                2 => Math.Min(count - 1, dice.Below((count / 4_096) + 1) * 4_096),
                _ => count - 1 - dice.Below(Math.Min(count, 200)),
            };
            if (free.Add(slot))
            {
                slots.Free(slot);
            }

            for (var i = dice.Below(4); i > 0; i--)
            {
                var expected = free.Count > 0 ? free.Min : count++;
                Assert.Equal(expected, slots.Allocate());
                free.Remove(expected);
            }

            Assert.Equal(count - free.Count, slots.Count);
        }
    }

    [Fact]
    public void Slots_occupied_in_any_order_leave_the_same_set()
    {
        var dice = new Dice(4);
        for (var round = 0; round < 200; round++)
        {
            var chosen = Enumerable.Range(0, 300).Where(_ => !dice.OnceIn(3)).ToList();
            var slots = new SlotSet();
            foreach (var slot in chosen.OrderBy(_ => dice.Next()).ToArray())
            {
                slots.Occupy(slot);
            }

            Assert.Equal(chosen.Count, slots.Count);
            Assert.Equal(chosen[^1] + 1, slots.Limit);
            foreach (var slot in Enumerable.Range(0, 320).Except(chosen))
            {
                Assert.Equal(slot, slots.Allocate());
            }
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void A_large_set_occupied_in_any_order_knows_its_holes(ulong seed)
    {
        const int Count = 300_000;
        var dice = new Dice(seed);
        var holes = new SortedSet<int>(Enumerable.Range(0, 40).Select(_ => dice.Below(Count - 1))) { 4_095, 262_144 };
        var slots = new SlotSet();
        foreach (var slot in Enumerable.Range(0, Count).Where(slot => !holes.Contains(slot)).OrderBy(_ => dice.Next()))
        {
            slots.Occupy(slot);
        }

        Assert.Equal((Count - holes.Count, Count), (slots.Count, slots.Limit));
        foreach (var hole in holes)
        {
            Assert.Equal(hole, slots.Peek());
            Assert.Equal(hole, slots.Allocate());
        }

        Assert.Equal(Count, slots.Allocate());
    }

    [Fact]
    public void What_is_outside_the_set_is_not_in_it()
    {
        var slots = new SlotSet();
        Assert.False(slots.Contains(-1));
        Assert.False(slots.Contains(0));
        Assert.False(slots.Contains(int.MaxValue));
        slots.Allocate();
        slots.Clear();
        Assert.Equal((0, 0, false), (slots.Count, slots.Limit, slots.Contains(0)));
    }
}
