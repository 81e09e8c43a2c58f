using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Tests.Plans;

public sealed class PlanGeneratorTests
{
    [Fact]
    public void A_seed_makes_the_same_plan_whatever_was_made_before()
    {
        var generator = new PlanGenerator();
        var first = generator.Generate(77, Profile.Protocol);
        generator.Generate(78, Profile.Protocol);
        Assert.Equal(first.Items, generator.Generate(77, Profile.Protocol).Items);
        Assert.Equal(first.Items, new PlanGenerator().Generate(77, Profile.Protocol).Items);
    }

    [Fact]
    public void Every_kind_of_item_trigger_and_action_is_drawn()
    {
        var items = Enumerable.Range(0, 3000)
            .SelectMany(seed => new PlanGenerator().Generate((ulong)seed, Profile.Exchange).Items)
            .ToList();
        Assert.Empty(Enum.GetValues<PlanItemKind>()
            .Except(items.Select(item => item.Kind))
            .Except([PlanItemKind.None]));
        var triggers = items.Where(item => item.Kind == PlanItemKind.Trigger).ToList();
        Assert.Empty(Enum.GetValues<TriggerEvent>()
            .Except(triggers.Select(item => (TriggerEvent)item.Value))
            .Except([TriggerEvent.None]));
        Assert.Empty(Enum.GetValues<TriggerAction>()
            .Except(triggers.Select(item => (TriggerAction)item.Second))
            .Except([TriggerAction.None]));
    }

    [Fact]
    public void Items_are_in_the_order_of_time_and_their_identities_are_unique()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            var items = new PlanGenerator().Generate(seed, Profile.Protocol).Items;
            Assert.Equal(items.OrderBy(item => item.At).ThenBy(item => item.Identity), items);
            Assert.Equal(items.Count, items.Select(item => item.Identity).Distinct().Count());
        }
    }
}
