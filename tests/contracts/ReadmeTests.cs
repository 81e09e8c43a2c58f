using System.Text;
using System.Text.RegularExpressions;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>The tables of contracts/README.md are those of the code.</summary>
public partial class ReadmeTests
{
    private static readonly string Readme = Path.Combine(Checkout.Root, "contracts", "README.md");

    [Theory]
    [InlineData("commands")]
    [InlineData("types")]
    [InlineData("modes")]
    [InlineData("codes")]
    public void Published_table_is_the_one_the_code_uses(string name)
    {
        var text = File.ReadAllText(Readme);
        var begin = $"<!-- generated: {name} -->\n";
        var start = text.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(start >= 0, $"README.md has no place for {name}");
        start += begin.Length;
        var end = text.IndexOf("<!-- end -->", start, StringComparison.Ordinal);
        Assert.True(end >= 0, $"README.md does not end {name}");
        Golden.CheckFile(Readme, text[..start] + Table(name) + text[end..]);
    }

    private static string Table(string name) => name switch
    {
        "commands" => Commands(),
        "types" => Types(),
        "modes" => Modes(),
        "codes" => Codes(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static string Commands()
    {
        var text = new StringBuilder("| Kind | No. | Bytes | Role | Account | Instrument | Identity |\n");
        text.Append("|---|---|---|---|---|---|---|\n");
        foreach (var kind in CommandRules.Kinds)
        {
            ref readonly var rule = ref CommandRules.Of(kind);
            text.Append($"| `{EnumText.NameOf(kind)}` | {(int)kind} | {rule.Size} | {Words(rule.Role.ToString())} | ");
            text.Append($"{Words(rule.Account.ToString())} | {Words(rule.Instrument.ToString())} | ");
            text.Append(rule.NeedsIdentity ? "required |\n" : "none |\n");
        }

        return text.ToString();
    }

    private static string Types()
    {
        var lives = Enum.GetValues<TimeInForce>();
        var text = new StringBuilder($"| | {string.Join(" | ", lives.Select(Short))} | Post-only | Iceberg |\n");
        text.Append("|---|---|---|---|---|---|---|\n");
        foreach (var type in Enum.GetValues<OrderType>())
        {
            var cells = lives.Select(life => OrderRules.Allows(type, life) ? "yes" : "–");
            var resting = lives.Where(life => OrderRules.Allows(type, life) && OrderRules.MayRest(type, life)).ToList();
            var rests = resting.Count == 0 ? "–" : string.Join(", ", resting.Select(Short));
            text.Append($"| `{EnumText.NameOf(type)}` | {string.Join(" | ", cells)} | {rests} | {rests} |\n");
        }

        return text.ToString();
    }

    private static string Modes()
    {
        (string Name, CommandKind Kind, bool Rests)[] rows =
        [
            ("place, test: limit, GTC or GTD, not post-only", CommandKind.PlaceOrder, true),
            ("place, test: any other", CommandKind.PlaceOrder, false),
            ("replace", CommandKind.ReplaceOrder, true),
            ("amend", CommandKind.AmendOrder, true),
            ("cancel", CommandKind.CancelOrder, true),
            ("cancel-all of an account", CommandKind.CancelAll, true),
        ];
        var modes = Enum.GetValues<SymbolMode>();
        var names = modes.Select(mode => $"`{EnumText.NameOf(mode)}`");
        var text = new StringBuilder($"| | {string.Join(" | ", names)} |\n");
        text.Append("|---|---|---|---|---|---|\n");
        foreach (var (name, kind, rests) in rows)
        {
            var cells = modes.Select(mode => ModeRules.Refusal(mode, kind, rests) switch
            {
                RejectCode.None => "yes",
                var code => $"`{EnumText.NameOf(code)}`",
            });
            text.Append($"| {name} | {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();
    }

    private static string Codes()
    {
        // The meanings are the summaries in the source: they are written once.
        var source = File.ReadAllText(Path.Combine(Checkout.Root, "contracts", "Trading", "RejectCode.cs"));
        var meanings = Summary().Matches(source).ToDictionary(
            match => match.Groups["name"].Value,
            match => Plain(match.Groups["text"].Value));
        var text = new StringBuilder("| No. | Name | Meaning |\n|---|---|---|\n");
        foreach (var code in Enum.GetValues<RejectCode>())
        {
            text.Append($"| {(int)code} | `{EnumText.NameOf(code)}` | {meanings[code.ToString()]} |\n");
        }

        return text.ToString();
    }

    private static string Plain(string summary) =>
        Cref().Replace(Break().Replace(summary, " ").Trim(), match => $"`{match.Groups["name"].Value}`");

    private static string Words(string name) => name switch
    {
        nameof(Scope.None) => "–",
        nameof(Roles.RiskOfficer) => "risk officer",
        _ => name.ToLowerInvariant(),
    };

    private static string Short(TimeInForce life) => life switch
    {
        TimeInForce.GoodTillCancel => "GTC",
        TimeInForce.GoodTillDate => "GTD",
        TimeInForce.ImmediateOrCancel => "IOC",
        TimeInForce.FillOrKill => "FOK",
        _ => throw new ArgumentOutOfRangeException(nameof(life)),
    };

    [GeneratedRegex(@"/// <summary>(?<text>((?!<summary>)[\s\S])*?)</summary>\s*(?<name>\w+) = \d+,")]
    private static partial Regex Summary();

    [GeneratedRegex(@"\s*\n\s*/// ?")]
    private static partial Regex Break();

    [GeneratedRegex("<see cref=\"(?<name>[^\"]+)\"/>")]
    private static partial Regex Cref();
}
