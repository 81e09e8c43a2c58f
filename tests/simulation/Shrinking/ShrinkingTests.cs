using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Shrinking;

namespace Exchange.Rsm.Simulation.Tests.Shrinking;

public sealed class ShrinkingTests
{
    [Fact]
    public void What_is_needed_together_is_all_that_is_left()
    {
        var budget = 10_000;
        int[] items = [.. Enumerable.Range(0, 100)];
        var left = ListMinimizer.Minimize(items, some => some.Contains(3) && some.Contains(71), ref budget);
        Assert.Equal([3, 71], left);
        Assert.True(10_000 - budget < 200);
    }

    [Fact]
    public void The_answer_is_one_minimal_also_where_failing_is_not_monotonic()
    {
        var budget = 10_000;
        int[] items = [.. Enumerable.Range(0, 40)];
        bool Fails(IReadOnlyList<int> some) => some.Sum() % 7 == 3 && some.Count > 2;
        Assert.True(Fails([1, 2, 0]));
        var start = items.Take(23).Append(9).ToList();
        while (!Fails(start))
        {
            start.RemoveAt(0);
        }

        var left = ListMinimizer.Minimize(start, Fails, ref budget);
        Assert.True(Fails(left));
        for (var i = 0; i < left.Count; i++)
        {
            Assert.False(Fails([.. left.Where((_, place) => place != i)]));
        }
    }

    [Fact]
    public void A_failure_that_needs_nothing_shrinks_to_nothing()
    {
        var budget = 100;
        Assert.Empty(ListMinimizer.Minimize([1, 2, 3], _ => true, ref budget));
    }

    [Fact]
    public void A_plan_loses_faults_operations_nodes_knobs_and_time_that_it_does_not_need()
    {
        var plan = new PlanGenerator().Generate(Seed(), Profile.Protocol);
        var needed = plan.Items.First(item => item.Kind == PlanItemKind.Crash && item.Lasts > 50_000_000);
        bool Fails(Plan candidate) => candidate.Items.Any(item =>
            item.Identity == needed.Identity && item.Lasts > 20_000_000);
        var shrunk = new PlanShrinker(Fails).Shrink(plan);
        var left = Assert.Single(shrunk.Plan.Items);
        Assert.InRange(left.Lasts, 20_000_001, 40_000_000);
        Assert.True(shrunk.IsMinimal);
        for (var knob = (Knob)0; (int)knob < Knobs.Count; knob++)
        {
            Assert.True(shrunk.Plan.Knobs[knob] <= Knobs.Plain[knob] || knob > Knob.Keys);
        }
    }

    private static ulong Seed()
    {
        var generator = new PlanGenerator();
        ulong seed = 1;
        while (!generator.Generate(seed, Profile.Protocol).Items
            .Any(item => item.Kind == PlanItemKind.Crash && item.Lasts > 50_000_000))
        {
            seed++;
        }

        return seed;
    }
}
