using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Model;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>Balances in words.</summary>
internal static class BalanceText
{
    // balances alice bob house
    public static IEnumerable<string> Lines(StateView view, ScenarioWorld world, Words words)
    {
        while (!words.IsEmpty)
        {
            var name = words.Take();
            var account = world.Account(name).Value;
            var balances = view.Balances.Where(balance => balance.Account == account)
                .Select(balance => Text(balance, world));
            yield return $"{name}: {string.Join(", ", balances.DefaultIfEmpty("nothing"))}";
        }
    }

    private static string Text(BalanceView balance, ScenarioWorld world)
    {
        var held = balance.Held == 0 ? string.Empty : $" + {balance.Held} held";
        return $"{balance.Available}{held} {world.NameOf(new AssetId(balance.Asset))}";
    }
}
