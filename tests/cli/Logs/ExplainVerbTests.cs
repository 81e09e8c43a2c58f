using System.Globalization;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Cli.Tests.Logs;

public sealed class ExplainVerbTests(WrittenLog written) : IClassFixture<WrittenLog>
{
    private const int OrdersMin = 1_000;

    [Fact]
    public void Random_orders_are_explained_byte_for_byte()
    {
        var fate = new Fate(5);
        var ids = written.Member.Orders.Keys
            .OrderBy(id => fate.Draw(domain: 1, id))
            .Take(OrdersMin)
            .ToArray();
        Assert.Equal(OrdersMin, ids.Length);
        var rows = Shell.Rows(Shell.Run(
            0, ["explain", "order", .. ids.Select(id => $"{id}"), "--log", written.Folder]));
        var explained = Split(rows);
        Assert.Equal(ids.Order(), explained.Select(one => Number(one[0]["order"])).Order());
        foreach (var one in explained)
        {
            var decided = written.Member.Orders[Number(one[0]["order"])];
            AssertDecision(decided, one);
            var before = written.Member.Entries[(int)decided.Index - 2];
            var agreed = one.Single(row => row["line"] == "agreed");
            Assert.Equal(before.State.ToString("x16", CultureInfo.InvariantCulture), agreed["state_hash"]);
            AssertInputs(decided, one);
        }
    }

    [Fact]
    public void Refused_command_is_explained_by_its_place()
    {
        foreach (var code in new[] { RejectCode.InsufficientFunds, RejectCode.UnknownOrder, RejectCode.CancelOnly })
        {
            var decided = written.Member.Commands.First(one => ResultOf(one).Code == code && one.Events.Length > 0);
            var rows = Shell.Rows(Shell.Run(0, Command(decided)));
            AssertDecision(decided, rows);
            Assert.Equal(EnumText.NameOf(code), rows.Single(row => row["line"] == "result")["code"]);
        }
    }

    [Fact]
    public void Insufficient_funds_are_those_that_the_receipt_names()
    {
        var decided = written.Member.Commands.First(one =>
            ResultOf(one) is { Code: RejectCode.InsufficientFunds, Kind: CommandKind.PlaceOrder });
        var rows = Shell.Rows(Shell.Run(0, Command(decided)));
        var receipt = rows.Last(row => row["line"] == "event");
        Assert.Contains(rows, row => row["line"] == "balance" && row["available"] == receipt["limit"]);
        Assert.Equal(receipt["policy_hash"], rows.Single(row => row["line"] == "account")["policy_hash"]);
    }

    [Fact]
    public void Command_that_is_answered_without_a_decision_is_explained_too()
    {
        var decided = written.Member.Commands.First(one => ResultOf(one).Code == RejectCode.SessionGap);
        var rows = Shell.Rows(Shell.Run(0, Command(decided)));
        AssertDecision(decided, rows);
        Assert.DoesNotContain(rows, row => row["line"] == "event");
    }

    [Fact]
    public void Order_that_is_not_there_is_said()
    {
        var (output, error) = Shell.RunBoth(1, "explain", "order", "99999999999", "--log", written.Folder);
        Assert.Equal("", output);
        Assert.Contains("order 99999999999: not accepted", error, StringComparison.Ordinal);
        (_, error) = Shell.RunBoth(1, "explain", "command", "1", "99", "--log", written.Folder);
        Assert.Contains("entry 1 has no command 99", error, StringComparison.Ordinal);
        Shell.Run(2, "explain", "order", "1");
    }

    [Theory]
    [InlineData("order")]
    [InlineData("command")]
    public void Help_shows_an_example(string verb) => Assert.Contains(
        $"Example: exchange explain {verb} ", Shell.Run(0, "explain", verb, "--help"), StringComparison.Ordinal);

    private string[] Command(Decided decided) =>
        ["explain", "command", $"{decided.Index}", $"{decided.Offset}", "--log", written.Folder];

    private static CommandResult ResultOf(Decided decided) => MemoryMarshal.Read<CommandResult>(decided.Result);

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private static List<List<Dictionary<string, string>>> Split(IReadOnlyList<Dictionary<string, string>> rows)
    {
        var parts = new List<List<Dictionary<string, string>>>();
        foreach (var row in rows)
        {
            if (row["line"] == "entry")
            {
                parts.Add([]);
            }

            parts[^1].Add(row);
        }

        return parts;
    }

    private static void AssertDecision(Decided decided, IReadOnlyList<Dictionary<string, string>> rows)
    {
        Assert.Equal(($"{decided.Index}", $"{decided.Offset}"), (rows[0]["index"], rows[0]["offset"]));
        Assert.Equal(Hex(decided.Command), rows.Single(row => row["line"] == "command")["bytes"]);
        Assert.Equal(Hex(decided.Result), rows.Single(row => row["line"] == "result")["bytes"]);
        Assert.Equal(
            Hex(decided.Events), string.Concat(rows.Where(row => row["line"] == "event").Select(row => row["bytes"])));
    }

    // What the events say of the moment must be what was there right before it.
    private static void AssertInputs(Decided decided, List<Dictionary<string, string>> rows)
    {
        var accepted = rows.First(row => row["line"] == "event" && row["kind"] == "ORDER_ACCEPTED");
        var inputs = rows.Single(row => row["line"] == "account");
        Assert.Equal(accepted["policy_hash"], inputs["policy_hash"]);
        Assert.Equal(accepted["maker_rate"], inputs["maker_rate"]);
        Assert.Equal(accepted["taker_rate"], inputs["taker_rate"]);
        Assert.Equal(accepted["reference_price"], rows.Single(row => row["line"] == "market")["reference_price"]);
        var held = Int128.Parse(accepted["hold"], CultureInfo.InvariantCulture);
        var left = Int128.Parse(accepted["available"], CultureInfo.InvariantCulture);
        Assert.Contains(rows, row => row["line"] == "balance"
            && Int128.Parse(row["available"], CultureInfo.InvariantCulture) == held + left);
        var trade = rows.FirstOrDefault(row => row["line"] == "event" && row["kind"] == "TRADE_EXECUTED");
        if (trade is not null && trade["taker_order_id"] == accepted["order_id"])
        {
            // The first trade of a taker is at the best price that the book showed.
            var side = accepted["side"] == "BUY" ? "SELL" : "BUY";
            Assert.Contains(
                rows, row => row["line"] == "book" && row["side"] == side && row["price"] == trade["price"]);
        }

        Assert.True(decided.Events.Length > 0);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
