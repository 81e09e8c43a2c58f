using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Matching;

public sealed class LevelTreesTests
{
    private const int Trees = 3;

    private readonly LevelTrees _levels = new();
    private LevelTree[] _trees = new LevelTree[Trees];

    // The oracle: price to level. Levels are compared by number: it may not change while the level has orders.
    private readonly SortedDictionary<long, int>[] _expected =
        [.. Enumerable.Range(0, Trees).Select(_ => new SortedDictionary<long, int>())];

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 4_096)]
    [InlineData(3, 1L << 20)]
    [InlineData(4, Price.Max)]
    public void Trees_order_levels_as_a_sorted_dictionary_does(ulong seed, long priceMax)
    {
        var dice = new Dice(seed);
        for (var step = 0; step < 20_000; step++)
        {
            var number = dice.Below(Trees);
            if (_expected[number].Count == 0 || dice.Below(100) < Share(step))
            {
                Enter(number, Draw(dice, priceMax));
            }
            else
            {
                Leave(number, dice);
            }

            CompareEnds(number);
            if (step % 16 == 0)
            {
                CompareNeighbours(number, dice);
            }
        }
    }

    [Fact]
    public void Edges_of_the_price_range_are_neighbours()
    {
        foreach (var price in (long[])[1, 63, 64, 4_095, 4_096, (1L << 30) - 1, 1L << 30, 1L << 31, Price.Max])
        {
            Enter(0, price);
            CompareEnds(0);
            CompareAll(0);
        }

        foreach (var price in _expected[0].Keys.ToArray())
        {
            Leave(0, price);
            CompareEnds(0);
            CompareAll(0);
        }

        Assert.Equal(-1, _levels.First(in _trees[0]));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void Leaves_follow_the_prices_in_use_and_not_all_that_ever_were()
    {
        Enter(0, 1);
        var dice = new Dice(5);
        for (var i = 0; i < 50_000; i++)
        {
            var price = 64 + dice.Below(Price.Max - 64);
            Enter(0, price);
            Leave(0, price);
        }

        Assert.InRange(_levels.Leaves, 1, 256);
    }

    [Fact]
    public void A_tree_that_was_cleared_is_as_new()
    {
        Enter(0, Price.Max);
        Enter(1, 7);
        _levels.Clear();
        _trees = new LevelTree[Trees];
        foreach (var expected in _expected)
        {
            expected.Clear();
        }

        Assert.Equal(-1, _levels.First(in _trees[0]));
        Enter(0, 9);
        CompareAll(0);
    }

    // The share of entries rises and falls, so that the trees grow and empty again.
    private static int Share(int step) => step / 2_500 % 2 == 0 ? 60 : 40;

    // Near each other most of the time, as prices are; else anywhere.
    private static long Draw(Dice dice, long priceMax)
    {
        var near = Math.Min(priceMax, (priceMax / 2) + dice.Below(300));
        return dice.OnceIn(3) ? 1 + dice.Below(priceMax) : Math.Max(1, near);
    }

    private void Enter(int number, long price)
    {
        var level = _levels.Enter(ref _trees[number], price);
        Assert.Equal(price, _levels.Level(level).Price);
        if (_expected[number].TryGetValue(price, out var known))
        {
            Assert.Equal(known, level);
        }

        Assert.Equal(_expected[number].ContainsKey(price) ? 1 : 0, _levels.Level(level).Orders);
        _levels.Level(level).Orders = 1;
        _expected[number][price] = level;
    }

    private void Leave(int number, Dice dice)
    {
        var price = _expected[number].Keys.ElementAt(dice.Below(_expected[number].Count));
        var level = _expected[number][price];

        // An order left, but not the last one: the level stays.
        if (dice.OnceIn(8))
        {
            _levels.Leave(ref _trees[number], level, gone: 0);
            return;
        }

        Leave(number, price);
    }

    private void Leave(int number, long price)
    {
        var level = _expected[number][price];
        _levels.Level(level).Orders = 0;
        _expected[number].Remove(price);
        _levels.Leave(ref _trees[number], level, gone: 1);
    }

    private void CompareEnds(int number)
    {
        var expected = _expected[number];
        Assert.Equal(expected.Count == 0 ? -1 : expected.First().Value, _levels.First(in _trees[number]));
        Assert.Equal(expected.Count == 0 ? -1 : expected.Last().Value, _levels.Last(in _trees[number]));
    }

    private void CompareNeighbours(int number, Dice dice)
    {
        var expected = _expected[number].ToArray();
        if (expected.Length == 0)
        {
            return;
        }

        var place = dice.Below(expected.Length);
        var level = expected[place].Value;
        Assert.Equal(
            place + 1 < expected.Length ? expected[place + 1].Value : -1, _levels.After(in _trees[number], level));
        Assert.Equal(place > 0 ? expected[place - 1].Value : -1, _levels.Before(in _trees[number], level));
    }

    private void CompareAll(int number)
    {
        var walked = new List<int>();
        for (var level = _levels.First(in _trees[number]); level >= 0; level = _levels.After(in _trees[number], level))
        {
            walked.Add(level);
        }

        Assert.Equal(_expected[number].Values, walked);
        walked.Clear();
        for (var level = _levels.Last(in _trees[number]); level >= 0; level = _levels.Before(in _trees[number], level))
        {
            walked.Add(level);
        }

        Assert.Equal(_expected[number].Values.Reverse(), walked);
    }
}
