using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli.Output;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>The verbs that look at the members of a running cluster.</summary>
internal static class ClusterVerb
{
    private const string StatusText =
        """
        Asks every member how it stands: as itself sees it, without asking the others.

        Prints a line=member for each: member= address= role= leader= term= applied= lag= state_hash=, then line=cluster
        leader= reachable= members= equal=. equal says whether members that have applied the same entry have the same
        state hash; hashes= says how many could be held against each other. Ends with 1 where hashes differ, or where no
        majority of the members named answers, or none leads.

        Example: exchange cluster status --cluster 1=127.0.0.1:7101,2=127.0.0.1:7102,3=127.0.0.1:7103
        """;

    private const string WatchText =
        """
        Prints the status of every member again and again, until it is interrupted or --times is reached.

        Example: exchange cluster watch --every 1 --cluster 1=127.0.0.1:7101,2=127.0.0.1:7102,3=127.0.0.1:7103
        """;

    private static readonly Option<double> _every = new("--every")
    {
        Description = "Seconds between two looks.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> _times = new("--times")
    {
        Description = "How often; 0 for ever.",
        HelpName = "COUNT",
    };

    public static Command Create() => new("cluster", "Looks at the members of a running cluster.")
    {
        ClusterVerbs.With(new Command("status", StatusText), StatusAsync),
        ClusterVerbs.With(new Command("watch", WatchText) { _every, _times }, WatchAsync, isEndless: true),
    };

    private static async Task<int> StatusAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var seen = await SeenMember.LookAsync(desk, cancellation);
        var printer = new Printer(parsed);
        var newest = seen.Max(member => member.State?.Index ?? 0);
        foreach (var member in seen)
        {
            printer.Row("member", RowOf(member, newest));
        }

        var leader = seen.FirstOrDefault(member => member.IsLeader);
        var reachable = seen.Count(member => member.State is not null);
        var isEqual = SeenMember.AreEqual(seen, out var compared);
        printer.End();
        printer.Row("cluster", new JsonObject
        {
            ["leader"] = leader?.Member.Node ?? 0,
            ["reachable"] = reachable,
            ["members"] = seen.Length,
            ["equal"] = isEqual,
            ["hashes"] = compared,
        });
        printer.End();
        return isEqual && leader is not null && reachable * 2 > seen.Length ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> WatchAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var (times, code) = (parsed.GetValue(_times), ExitCode.Done);
        for (var time = 0; times == 0 || time < times; time++)
        {
            if (time > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(parsed.GetValue(_every)), cancellation);
            }

            code = await StatusAsync(parsed, desk, cancellation);
        }

        return code;
    }

    private static JsonObject RowOf(SeenMember seen, ulong newest) => new()
    {
        ["member"] = seen.Member.Node,
        ["address"] = $"{seen.Member.Host}:{seen.Member.Port}",
        ["role"] = seen.State is null ? "UNREACHABLE" : seen.Leader == seen.Member.Node ? "LEADER" : "FOLLOWER",
        ["leader"] = seen.Leader,
        ["term"] = seen.State?.Term ?? 0,
        ["applied"] = seen.State?.Index ?? 0,
        ["lag"] = seen.State is { } state ? newest - state.Index : 0,
        ["state_hash"] = seen.State is { } hashed ? Layouts.Hash(hashed.StateHash) : "",
        ["problem"] = seen.Problem,
    };
}
