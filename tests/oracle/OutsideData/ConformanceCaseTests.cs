using System.Text;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Oracle.Tests.OutsideData;

/// <summary>Edge cases of the same benchmark, each with its whole report.</summary>
public sealed class ConformanceCaseTests
{
    [Fact]
    [Trait("Covers", "CORE-03")]
    [Trait("Covers", "CORE-08")]
    public void Every_conformance_case_gives_its_report()
    {
        var lines = File.ReadAllLines(OutsideFolder.Require("matching/conformance_cases.jsonl"));
        var cases = lines.Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.NotEmpty(cases);
        foreach (var one in cases)
        {
            var messages = one["messages"]!.AsArray().Select(message => MessageOf(message!)).ToArray();
            var replay = new MatchingReplay(new ReplayMachine());
            replay.Run(messages);
            var expected = one["expected"]!.AsArray().Select(line => line!.GetValue<string>());
            Assert.Equal(
                $"{one["case"]}\n{string.Join('\n', expected)}",
                $"{one["case"]}\n{Encoding.UTF8.GetString(replay.Report.Text())}");
            Assert.Equal(one["sha256"]!.GetValue<string>(), replay.Report.Sha256());
        }
    }

    private static MatchingMessage MessageOf(JsonNode message) => new()
    {
        Kind = Enum.Parse<MatchingKind>(message["type"]!.GetValue<string>(), ignoreCase: true),
        Side = message["side"]!.GetValue<string>() == "S" ? Side.Sell : Side.Buy,
        ImmediateOrCancel = message["ioc"]!.GetValue<bool>() ? (byte)1 : (byte)0,
        Quantity = message["qty"]!.GetValue<uint>(),
        Sequence = message["seq"]!.GetValue<ulong>(),
        OrderId = message["id"]!.GetValue<ulong>(),
        Price = message["price"]!.GetValue<long>(),
    };
}
