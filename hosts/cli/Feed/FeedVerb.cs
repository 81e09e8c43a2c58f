using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Online;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>The verb that plays recorded order flow through a running cluster.</summary>
internal static class FeedVerb
{
    private const string Text =
        """
        Plays recorded order flow through a running cluster and holds every answer against what it must be.

        Each FILE is a matching stream (.bin) or a venue's flow (.csv), as 'exchange replay' takes them, also with .xz.
        Each gets a market of its own, accounts with money, a session for each account and a connection. Messages of a
        file stay in order: a batch is one submission, enters the log whole, and the next one goes when it is decided.
        Where a leader is lost, a batch is sent again under the same session numbers, so it is done once.

        The answers are held against a machine of the feed's own, the venue's fills and --sha256 against that machine.
        With --log the log of a member is replayed beside it: its events must give the same reports, trade for trade,
        and its state hash must be the cluster's.

        The global policy is set to one without limits of accounts: not for a cluster that others trade on. One with
        other markets is refused, but with --force.

        Prints a line=stream for each file: messages= commands= batches= retries= fills= sha256= different=
        commands_per_second= p50_ms= p99_ms= p999_ms=; a line=replay for each log; and a last row with equal=.
        Ends with 1 where anything differs.

        Example: exchange feed AAPL_hour.commands.csv.xz --accounts 16 --log data/node-1 --cluster 1=127.0.0.1:7101
        """;

    private static readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Recorded streams.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> _accounts = new("--accounts")
    {
        Description = "Accounts of each stream, 1 to 64; each has 64 commands in a batch at most.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => 16,
    };

    private static readonly Option<double> _rate = new("--rate")
    {
        Description = "Commands a second of each stream; 0 for as many as are answered.",
        HelpName = "RATE",
    };

    private static readonly Option<string[]> _logs = new("--log")
    {
        Description = "The folder of a member's log, to be replayed at the end; any number.",
        HelpName = "FOLDER",
    };

    private static readonly Option<string[]> _hashes = new("--sha256")
    {
        Description = "The digest of each FILE's report, in order, where it is known.",
        HelpName = "HEX",
    };

    private static readonly Option<bool> _force = new("--force") { Description = "Also beside other markets." };

    public static Command Create()
    {
        _accounts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
            {
                result.AddError("--accounts takes 1 to 64.");
            }
        });
        return ClusterVerbs.With(
            new Command("feed", Text) { _files, _accounts, _rate, _logs, _hashes, _force }, FeedAsync, isEndless: true);
    }

    private static async Task<int> FeedAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var files = parsed.GetRequiredValue(_files);
        var streams = files.Select(FeedMessage.Read).ToArray();
        var owner = await PreflightAsync(desk, parsed.GetValue(_force), cancellation);
        var markets = new FeedMarket[files.Length];
        var runs = new FeedRun[files.Length];
        var clients = files.Select(_ => new ClusterClient(desk.Options)).ToArray();
        try
        {
            await FoundAsync(parsed, desk, owner, markets, cancellation);
            for (var i = 0; i < files.Length; i++)
            {
                var plan = await FeedPlan.CreateAsync(streams[i], markets[i]);
                runs[i] = new FeedRun(files[i], clients[i], plan, parsed.GetValue(_rate));
            }

            await Task.WhenAll(runs.Select(run => Task.Run(() => run.RunAsync(cancellation), cancellation)));
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }

        return await ReportAsync(parsed, desk, streams, markets, runs, cancellation);
    }

    // Before anything is changed: who acts, and whether others trade here.
    private static async Task<uint> PreflightAsync(ClusterDesk desk, bool isForced, CancellationToken cancellation)
    {
        var instruments = await desk.AskAsync<InstrumentAnswer>(
            new QueryHeader { Kind = QueryKind.Instruments }, cancellation);
        foreach (var instrument in instruments)
        {
            var symbol = SymbolText.Format(instrument.Symbol);
            if (!symbol.EndsWith("-FEED", StringComparison.Ordinal) && !isForced)
            {
                throw new InputException($"The cluster has the market {symbol}: a feed lifts the limits of all "
                    + "accounts. Feed a cluster of its own, or add --force.");
            }
        }

        return desk.Options.Hello.User != 0
            ? desk.Options.Hello.User
            : throw new InputException("A feed needs --user: it opens accounts of its own.");
    }

    private static async Task FoundAsync(
        ParseResult parsed, ClusterDesk desk, uint owner, FeedMarket[] markets, CancellationToken cancellation)
    {
        async Task<CommandResult> SendAsync(byte[] command) =>
            (await desk.SendAsync(command, key: 0, cancellation)).Result;
        await FeedMarket.MakeAsync(SendAsync, ClientCommand.Of(
            CommandKind.SetGlobalPolicy, new SetGlobalPolicy { Policy = FeedMarket.Policy }));
        var known = await desk.AskAsync<AssetAnswer>(new QueryHeader { Kind = QueryKind.Assets }, cancellation);
        var assets = await FeedAssets.CreateAsync(SendAsync, known);
        var instruments = await desk.AskAsync<InstrumentAnswer>(
            new QueryHeader { Kind = QueryKind.Instruments }, cancellation);
        for (var i = 0; i < markets.Length; i++)
        {
            markets[i] = await FeedMarket.CreateAsync(
                SendAsync, $"F{instruments.Length + i + 1}-FEED", assets.Base, assets.Quote, owner,
                parsed.GetValue(_accounts));
        }
    }

    private static async Task<int> ReportAsync(
        ParseResult parsed,
        ClusterDesk desk,
        FeedMessage[][] streams,
        FeedMarket[] markets,
        FeedRun[] runs,
        CancellationToken cancellation)
    {
        var printer = new Printer(parsed);
        var hashes = parsed.GetValue(_hashes) ?? [];
        var isEqual = true;
        for (var i = 0; i < runs.Length; i++)
        {
            isEqual &= PrintStream(printer, runs[i], streams[i].Length, i < hashes.Length ? hashes[i] : null);
        }

        var state = (await desk.AskAsync<StateAnswer>(new QueryHeader { Kind = QueryKind.State }, cancellation))[0];
        foreach (var folder in parsed.GetValue(_logs) ?? [])
        {
            var check = await FeedCheck.RunAsync(
                folder, state.Index, [.. markets.Select(market => market.Instrument)], cancellation);
            isEqual &= PrintCheck(printer, check, in state, runs);
        }

        printer.Row("feed", new JsonObject
        {
            ["equal"] = isEqual,
            ["index"] = state.Index,
            ["state_hash"] = Layouts.Hash(state.StateHash),
            ["event_chain_hash"] = Layouts.Hash(state.EventChainHash),
        });
        printer.End();
        return isEqual ? ExitCode.Done : ExitCode.Failed;
    }

    private static bool PrintStream(Printer printer, FeedRun run, int messages, string? expected)
    {
        var hash = run.Plan.Report.Text.Sha256();
        var venue = VenueDifferences(run.File);
        var row = new JsonObject
        {
            ["file"] = Path.GetFileName(run.File),
            ["messages"] = messages,
            ["commands"] = run.Commands,
            ["batches"] = run.Batches,
            ["retries"] = run.Retries,
            ["fills"] = run.Plan.Report.Fills,
            ["sha256"] = hash,
            ["different"] = run.Different,
            ["venue_mismatched"] = venue,
            ["seconds"] = Math.Round(run.Elapsed.TotalSeconds, 3),
            ["commands_per_second"] = Math.Round(run.Commands / Math.Max(1e-9, run.Elapsed.TotalSeconds)),
            ["p50_ms"] = Math.Round(run.Percentile(0.5).TotalMilliseconds, 3),
            ["p99_ms"] = Math.Round(run.Percentile(0.99).TotalMilliseconds, 3),
            ["p999_ms"] = Math.Round(run.Percentile(0.999).TotalMilliseconds, 3),
        };
        var isEqual = run.Different == 0 && venue == 0 && run.Commands == messages;
        if (run.FirstDifference.Length > 0)
        {
            row["first_difference"] = run.FirstDifference;
        }

        if (expected is not null)
        {
            row["expected_sha256"] = expected;
            isEqual &= string.Equals(expected, hash, StringComparison.OrdinalIgnoreCase);
        }

        printer.Row("stream", row);
        return isEqual;
    }

    // The venue's own fills against the core, which the cluster's answers are held against.
    private static int VenueDifferences(string file)
    {
        if (!file.Contains(".csv", StringComparison.Ordinal))
        {
            return 0;
        }

        var replay = new VenueReplay(new ReplayMachine());
        replay.Run(VenueStream.Read(file));
        return replay.Mismatched;
    }

    private static bool PrintCheck(Printer printer, FeedCheck check, in StateAnswer state, FeedRun[] runs)
    {
        var same = runs.Where((run, i) => check.Reports[i].Text.Sha256() == run.Plan.Report.Text.Sha256()).Count();
        var isEqual = same == runs.Length && check.StateHash == state.StateHash && check.Index == state.Index;
        printer.Row("replay", new JsonObject
        {
            ["log"] = check.Folder,
            ["index"] = check.Index,
            ["state_hash"] = Layouts.Hash(check.StateHash),
            ["same_reports"] = same,
            ["fills"] = check.Reports.Sum(report => report.Fills),
            ["equal"] = isEqual,
        });
        return isEqual;
    }
}
