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
