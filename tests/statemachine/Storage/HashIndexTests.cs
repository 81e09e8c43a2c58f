using Exchange.Rsm.StateMachine.Storage;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Storage;

public sealed class HashIndexTests
{
    // Few different tags: clashes in every way there is, long runs around the end of the array too.
    [Theory]
    [InlineData(1, 10, 3)]
    [InlineData(2, 200, 40)]
    [InlineData(3, 2_000, 1 << 20)]
    [InlineData(4, 2_000, 64)]
    public void It_finds_what_a_dictionary_finds(ulong seed, int countMax, int hashes)
    {
        var dice = new Dice(seed);
        var index = new HashIndex(4);
        var slotsByHash = new Dictionary<ulong, HashSet<int>>();
        var live = new List<(ulong Hash, int Slot)>();
        for (var step = 0; step < 30_000; step++)
        {
            if (live.Count == 0 || (live.Count < countMax && !dice.OnceIn(3)))
            {
                var (hash, slot) = (HashOf(dice.Below(hashes)), step);
                index.Add(hash, slot);
                live.Add((hash, slot));
                (slotsByHash.TryGetValue(hash, out var slots) ? slots : slotsByHash[hash] = []).Add(slot);
            }
            else
            {
                var place = dice.Below(live.Count);
                var (hash, slot) = live[place];
                (live[place], live[^1]) = (live[^1], live[place]);
                live.RemoveAt(live.Count - 1);
                index.Remove(hash, slot);
                slotsByHash[hash].Remove(slot);
            }

            var asked = HashOf(dice.Below(hashes));
            Assert.Equal(slotsByHash.GetValueOrDefault(asked, []), Found(index, asked));
        }
    }

    [Fact]
    public void A_cleared_index_finds_nothing()
    {
        var index = new HashIndex(4);
        for (var slot = 0; slot < 100; slot++)
        {
            index.Add((ulong)slot, slot);
        }

        index.Clear();
        for (var slot = 0; slot < 100; slot++)
        {
            Assert.Empty(Found(index, (ulong)slot));
        }
    }

    // The upper half is not kept: the caller compares the record. The lower half must not be the place alone.
    private static ulong HashOf(int number) => (ulong)number * 0x9E37_79B9;

    private static HashSet<int> Found(HashIndex index, ulong hash)
    {
        var found = new HashSet<int>();
        for (var slot = index.First(hash, out var position); slot >= 0; slot = index.Next(hash, ref position))
        {
            Assert.True(found.Add(slot));
        }

        return found;
    }
}
