using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Tests.Protocol;

/// <summary>
/// A stored plan of a planted bug still fails, in the same way, after the product was changed elsewhere: the reason why
/// every decision is drawn from what it is about.
/// </summary>
public sealed class SeedStabilityTests
{
    private const int SeedsMax = 150;
    private const int PlansOfABug = 3;

    [Theory]
    [InlineData(Perturbation.AddedField)]
    [InlineData(Perturbation.AddedMessage)]
    public void Most_plans_fail_alike_behind_an_unrelated_change(Perturbation perturbation)
    {
        var (plans, alike) = (0, 0);
        foreach (var bug in Enum.GetValues<PlantedBug>().Except([PlantedBug.None, PlantedBug.Nothing]))
        {
            var (before, after) = (new ProtocolWorld(bug), new ProtocolWorld(bug, perturbation));
            foreach (var (plan, fingerprint) in Failing(before))
            {
                plans++;
                alike += after.Run(plan, keepsLines: false).Failure?.Fingerprint == fingerprint ? 1 : 0;
            }
        }

        Assert.True(plans >= 30, $"{plans}");
        Assert.True(alike * 100 >= plans * 85, $"{alike} of {plans}");
    }

    private static IEnumerable<(Plan Plan, string Fingerprint)> Failing(ProtocolWorld world)
    {
        var generator = new PlanGenerator();
        var found = 0;
        for (ulong seed = 1; seed <= SeedsMax && found < PlansOfABug; seed++)
        {
            var plan = generator.Generate(seed, Profile.Protocol);
            if (world.Run(plan, keepsLines: false).Failure is { } failure)
            {
                found++;
                yield return (PlanText.Parse(new PlanText(plan, failure.Fingerprint, "").ToJson()).Plan,
                    failure.Fingerprint);
            }
        }
    }
}
