using System.Text.Json.Nodes;
using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Hosts.Cli.Online;

namespace Exchange.Rsm.Cli.Tests.Online;

/// <summary>The verbs against three members, each a process of its own.</summary>
public sealed class ClusterVerbTests
{
    private static readonly string[] _why = ["--ticket", "OPS-1", "--reason", "a test"];

    [Fact]
    public async Task Market_is_made_traded_halted_and_watched_from_the_command_line()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(240));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        var members = MembersOf(cluster);
        string Run(int code, params string[] line) => Shell.Run(code, [.. line, "--cluster", members]);
        Dictionary<string, string> Row(int code, params string[] line) => Shell.Rows(Run(code, line))[^1];

        Assert.Equal("NONE", Row(0, ["symbol", "asset", "BTC", "8", .. _why])["code"]);
        Assert.Equal("ALREADY_EXISTS", Row(1, ["symbol", "asset", "BTC", "8", .. _why])["code"]);
        Run(0, ["symbol", "asset", "KRW", "0", .. _why]);
        Run(0, ["symbol", "create", "BTC-KRW", "--lot-units", "1000000", "--notional-units", "10", .. _why]);
        string[] open = ["account", "open", "--owner", "1", "--group", "0", "--tier", "0", .. _why];
        Assert.Equal("2", Row(0, open)["id"]);
        Run(0, ["account", "deposit", "2", "BTC", "1.5", .. _why]);
        Run(0, ["account", "deposit", "2", "KRW", "1000000", .. _why]);

        var placed = Row(0, "order", "place", "BTC-KRW", "sell", "0.05", "50000", "--account", "2", "--key", "abc");
        var again = Row(0, "order", "place", "BTC-KRW", "sell", "0.05", "50000", "--account", "2", "--key", "abc");
        Assert.Equal(placed["id"], again["id"]);
        Assert.Equal(placed["index"], again["index"]);
        var book = Shell.Rows(Run(0, "book", "BTC-KRW"));
        Assert.Equal(("SELL", "50000", "0.05000000"), (book[1]["side"], book[1]["price"], book[1]["quantity"]));
        Assert.Equal("5", Row(0, "order", "show", placed["id"])["remaining"]);
        Run(0, "order", "amend", "BTC-KRW", placed["id"], "0.03", "--account", "2");
        Assert.Equal("FILLED", Row(0, "order", "place", "BTC-KRW", "buy", "0.01", "50000", "--account", "2")["status"]);
        var balances = Shell.Rows(Run(0, "account", "show", "2"));
        Assert.Equal(("BTC", "1.48000000", "0.02000000"),
            (balances[0]["asset"], balances[0]["available"], balances[0]["held"]));
        Assert.Equal(placed["id"], balances[^1]["order"]);

        var status = Row(0, "command", "status", "--key", "abc", "--account", "2", "--instrument", "1");
        Assert.Equal(("COMMITTED", placed["index"]), (status["outcome"], status["index"]));
        string[] unknown = ["command", "status", "--key", "def", "--account", "2", "--instrument", "1"];
        Assert.Equal("FENCED", Row(0, unknown)["outcome"]);
        string[] late = ["order", "place", "BTC-KRW", "buy", "0.01", "1000", "--account", "2", "--key", "def"];
        Assert.Equal("COMMAND_FENCED", Row(1, late)["code"]);

        Run(0, ["symbol", "mode", "BTC-KRW", "CANCEL_ONLY", .. _why]);
        Assert.Equal(
            "CANCEL_ONLY", Row(1, "order", "place", "BTC-KRW", "buy", "1", "1000", "--account", "2")["code"]);
        Assert.Contains("already", Refused(cluster, ["symbol", "mode", "BTC-KRW", "CANCEL_ONLY", .. _why]),
            StringComparison.Ordinal);
        Assert.Equal("1", Row(0, ["cancel-all", "--symbol", "BTC-KRW", .. _why])["id"]);
        Assert.Equal("0", JsonNode.Parse(Run(0, "symbol", "list", "--json"))!["open_orders"]!.ToString());

        var leader = Shell.Rows(Run(0, "cluster", "status")).Single(row => row.GetValueOrDefault("role") == "LEADER");
        await cluster.Member(int.Parse(leader["member"])).KillAsync();
        Run(0, ["symbol", "mode", "BTC-KRW", "NORMAL", .. _why]);
        Assert.Equal("true", Row(0, ["cluster", "status"])["equal"]);
        var doctor = Shell.Rows(Run(1, "doctor", "--log", cluster.SettingsOf(1)["CORE_WAL_DIR"]));
        Assert.Equal(
            [$"member-{leader["member"]}"], doctor.Where(row => row["ok"] == "false").Select(row => row["check"]));
        Assert.Equal(["leader", "state-hashes", "clock", "disk", "log"], doctor.Skip(3).Select(row => row["check"]));

        // What the operator did stands in the log, with the ticket in its events.
        var ticket = $"{WriteOptions.TicketOf("OPS-1"):x32}";
        var shown = Shell.Run(0, "log", "show", cluster.SettingsOf(1)["CORE_WAL_DIR"], "--commands", "--live");
        Assert.Contains($"correlation={ticket}", shown, StringComparison.Ordinal);
        var after = Row(0, "cluster", "status");
        Assert.Equal("2", after["reachable"]);
        Assert.NotEqual(leader["member"], after["leader"]);
    }

    [Fact]
    public async Task Recorded_flow_goes_through_while_its_leader_is_killed_and_the_logs_replay_to_the_same_trades()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(240));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        var streams = Path.Combine(Checkout.Root, "tests", "oracle", "testdata", "streams");
        var feeding = Task.Run(() => Shell.Run(
            0,
            "feed", Path.Combine(streams, "crowded.bin"), Path.Combine(streams, "venue.csv"), "--cluster",
            MembersOf(cluster), "--accounts", "3", "--rate", "400",
            "--sha256", File.ReadAllText(Path.Combine(streams, "crowded.sha256")).Trim(),
            "--log", cluster.SettingsOf(1)["CORE_WAL_DIR"], "--log", cluster.SettingsOf(2)["CORE_WAL_DIR"],
            "--log", cluster.SettingsOf(3)["CORE_WAL_DIR"]));

        // Once the streams flow, whoever leads is killed and started again.
        await using var watcher = cluster.Client(user: 1);
        await FedAsync(watcher, feeding, end.Token);
        await using var finder = cluster.Client(user: 1);
        var leader = (int)await finder.FindLeaderAsync(end.Token);
        await cluster.Member(leader).KillAsync();
        cluster.Start(leader);
        var rows = Shell.Rows(await feeding.WaitAsync(end.Token));
        Assert.Equal(["stream", "stream", "replay", "replay", "replay", "feed"], rows.Select(row => row["line"]));
        Assert.All(rows.Take(2), row => Assert.Equal(("0", "0"), (row["different"], row["venue_mismatched"])));
        Assert.All(
            rows.Skip(2),
            row => Assert.Equal(("true", rows[^1]["state_hash"]), (row["equal"], row["state_hash"])));
    }

    [Fact]
    public void Nobody_there_is_said_with_what_to_do_and_the_key_to_repeat_with()
    {
        // Nobody listens at the first port of all.
        string[] members = ["--cluster", "1=127.0.0.1:1"];
        var (output, _) = Shell.RunBoth(1, ["cluster", "status", .. members]);
        Assert.Contains("role=UNREACHABLE", output, StringComparison.Ordinal);
        string[] open = ["account", "open", "--owner", "1", "--group", "0", "--tier", "0", .. _why];
        var (_, error) = Shell.RunBoth(3, [.. open, .. members, "--timeout", "1", "--key", "77"]);
        Assert.Contains("Send it again with --key 77", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        var (_, error) = Shell.RunBoth(1, "book", "BTC-KRW");
        Assert.Contains("Where is the cluster? Give --cluster", error, StringComparison.Ordinal);
        (_, error) = Shell.RunBoth(1, "book", "BTC-KRW", "--cluster", "1:7101");
        Assert.Contains("'1:7101' is not a member: NUMBER=HOST:PORT", error, StringComparison.Ordinal);
        (_, error) = Shell.RunBoth(2, "symbol", "mode", "BTC-KRW", "CANCEL_ONLY");
        Assert.Contains("--ticket", error, StringComparison.Ordinal);
        Assert.Contains("--reason", error, StringComparison.Ordinal);
    }

    private static string Refused(LoopbackCluster cluster, IEnumerable<string> line) =>
        Shell.RunBoth(1, [.. line, "--cluster", MembersOf(cluster)]).Error;

    private static string MembersOf(LoopbackCluster cluster) => string.Join(
        ',', cluster.Addresses.Select(member => $"{member.Node}={member.Host}:{member.Port}"));

    // Some batches are through: the rate leaves seconds of them.
    // A feed that ended too early says why, later.
    private static async Task FedAsync(
        Hosts.Client.ClusterClient client, Task feeding, CancellationToken cancellation)
    {
        var orders = 0UL;
        while (orders < 100 && !feeding.IsCompleted)
        {
            var query = new Contracts.Client.QueryHeader { Kind = Contracts.Client.QueryKind.State };
            var reply = await client.QueryAsync(query, cancellation);
            orders = reply.RowsOf<Contracts.Client.StateAnswer>()[0].OrdersAccepted;
        }
    }
}
