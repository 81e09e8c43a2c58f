using System.Globalization;
using System.Text;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>What can be tried now, as commands to copy.</summary>
internal static class NextSteps
{
    public static string Text(LocalFolder folder, DemoMarket market)
    {
        var text = new StringBuilder();
        text.AppendLine().AppendLine("BTC-KRW and ETH-KRW trade. Funded traders:");
        foreach (var trader in market.Traders)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {trader.Name}: user {trader.User.Value}, account {trader.Account.Value}");
        }

        var members = folder.Members.Select(member => $"{member.Number}=127.0.0.1:{member.ClientPort}");
        var (alice, bob) = (market.Traders[0], market.Traders[1]);
        text.AppendLine().AppendLine("Try, in another terminal:");
        text.AppendLine(CultureInfo.InvariantCulture, $"  export EXCHANGE_CLUSTER={string.Join(',', members)}");
        text.AppendLine("  alias exchange='dotnet run -c Release --project hosts/cli --'");
        text.AppendLine(Order(alice, "sell"));
        text.AppendLine("  exchange book BTC-KRW");
        text.AppendLine(Order(bob, "buy"));
        text.AppendLine(CultureInfo.InvariantCulture, $"  exchange account show {bob.Account.Value}");
        text.AppendLine("  exchange doctor");
        text.AppendLine(
            CultureInfo.InvariantCulture, $"  curl http://127.0.0.1:{folder.Members[0].HttpPort}/metrics").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"What the members say: {folder.Members[0].LogFile} and so on.");
        return text.ToString();
    }

    private static string Order(DemoTrader trader, string side) => string.Create(
        CultureInfo.InvariantCulture,
        $"  exchange order place BTC-KRW {side} 0.5 90000000 "
        + $"--account {trader.Account.Value} --user {trader.User.Value}");
}
