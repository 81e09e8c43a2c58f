using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Online;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli;

/// <summary>The verb that tells what became of a command.</summary>
internal static class CommandVerb
{
    private const string StatusText =
        """
        Says what became of a command: by its number in a session, or by its key with account, kind and instrument.

        The running cluster is asked. A key that has not come in is fenced off by the question: the answer is definite,
        and the command is refused where it still comes. A session's number that has not come in may still come.

        With --log the log in FOLDER (CORE_WAL_DIR) is read and replayed instead, and nothing is sent; the state at its
        end is asked for what it remembers from before. It prints a line=attempt for each time it stood in the log.

        Prints line=status outcome= until_index= with the result where there is one. The outcome is COMMITTED, REJECTED,
        FENCED (it never entered and never will), NEVER_ENTERED (up to until_index) or REPLY_FORGOTTEN (it entered,
        longer ago than is remembered).

        Example: exchange command status --key 9f1c --kind PLACE_ORDER --account 2 --instrument 1
        Example: exchange command status --session 3 --number 17 --log data/node-1
        """;

    private static readonly Option<string?> _log = new("--log")
    {
        Description = "The folder of a member's log; otherwise the cluster is asked.",
        HelpName = "FOLDER",
    };

    private static readonly Option<uint> _session = new("--session") { Description = "The session.", HelpName = "ID" };

    private static readonly Option<ulong> _number = new("--number")
    {
        Description = "Its number there.",
        HelpName = "N",
    };

    private static readonly Option<string?> _key = new("--key")
    {
        Description = "The key, hexadecimal.",
        HelpName = "HEX",
    };

    private static readonly Option<string> _kind = new("--kind")
    {
        Description = "The command's kind, with --key.",
        HelpName = "KIND",
        DefaultValueFactory = _ => EnumText.NameOf(CommandKind.PlaceOrder),
    };

    private static readonly Option<uint> _account = new("--account") { Description = "Its account.", HelpName = "ID" };

    private static readonly Option<uint> _instrument = new("--instrument")
    {
        Description = "Its instrument's number.",
        HelpName = "ID",
    };

    public static Command Create()
    {
        _kind.AcceptOnlyFromAmong([.. CommandRules.Kinds.ToArray().Select(EnumText.NameOf)]);
        var status = Printer.Offer(new Command("status", StatusText)
        {
            _log, _session, _number, _key, _kind, _account, _instrument, LogReplayVerb.From, LogVerb.Until,
            LogVerb.Live,
        });
        ClusterOptions.Offer(status);
        status.Validators.Add(Check);
        status.SetAction((parsed, cancellation) => parsed.GetValue(_log) is not null
            ? Task.FromResult(OfLog(parsed))
            : ClusterVerbs.RunAsync(parsed, OfClusterAsync, isEndless: false, cancellation));
        return new Command("command", "Tells what became of a command.") { status };
    }

    private static void Check(System.CommandLine.Parsing.CommandResult result)
    {
        var isKeyed = result.GetValue(_key) is not null;
        if (isKeyed == (result.GetValue(_session) != 0))
        {
            result.AddError("Name the command by --session and --number, or by --key.");
        }
        else if (isKeyed && !TryKey(result.GetValue(_key)!, out _))
        {
            result.AddError("--key takes up to 32 hexadecimal digits.");
        }
        else if (!isKeyed && result.GetValue(_number) == 0)
        {
            result.AddError("--number counts from 1.");
        }
    }

    private static bool TryKey(string text, out UInt128 key) =>
        UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key) && key != 0;

    private static int OfLog(ParseResult parsed)
    {
        using var log = LogVerb.Open(parsed, _log!);
        using var replay = new LogReplay(log, parsed.GetValue(LogReplayVerb.From));
        var status = new CommandStatus(replay, NameOf(parsed), parsed.GetValue(LogVerb.Until));
        var printer = new Printer(parsed);
        foreach (var attempt in status.Attempts)
        {
            printer.Row("attempt", new JsonObject
            {
                ["index"] = attempt.Index,
                ["offset"] = attempt.Offset,
                ["fence"] = attempt.IsFence,
                ["code"] = EnumText.NameOf(attempt.Result.Code),
            });
        }

        Print(printer, status.Outcome, status.UntilIndex, status.Result);
        return ExitCode.Done;
    }

    private static async Task<int> OfClusterAsync(
        ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var name = NameOf(parsed);
        var reply = name.IsKeyed
            ? await desk.SubmitAsync(Fence(name), cancellation)
            : await RepeatAsync(desk, name, cancellation);
        var printer = new Printer(parsed);
        if (reply is null)
        {
            var state = await desk.AskAsync<StateAnswer>(new QueryHeader { Kind = QueryKind.State }, cancellation);
            Print(printer, CommandOutcome.NeverEntered, state[0].Index, default);
            return ExitCode.Done;
        }

        var result = reply.Results[0];
        CommandOutcome? outcome = result.Code switch
        {
            RejectCode.NeverEntered => CommandOutcome.Fenced,
            RejectCode.SessionWindowPassed => CommandOutcome.ReplyForgotten,
            RejectCode.None => CommandOutcome.Committed,
            >= RejectCode.UnknownInstrument => CommandOutcome.Rejected,
            _ => null,
        };
        if (outcome is null)
        {
            throw new InputException($"The question is refused: {EnumText.NameOf(result.Code)}. A key is asked for by "
                + "the owner of its account or a user of role service, a session's number by the session's user.");
        }

        Print(printer, outcome.Value, reply.Commit.Index, result);
        return ExitCode.Done;
    }

    private static byte[] Fence(CommandName name) => ClientCommand.Of(
        CommandKind.FenceCommand,
        new FenceCommand { Target = name.Key, TargetKind = name.Kind, TargetCreatedAt = (ulong)Clock.Now },
        new AccountId(name.Account),
        new InstrumentId(name.Instrument));

    // A number that was used is answered with the stored reply, whatever stands under it.
    private static async Task<ClientReply?> RepeatAsync(
        ClusterDesk desk, CommandName name, CancellationToken cancellation)
    {
        var query = new QueryHeader { Kind = QueryKind.Session, Id = name.Session };
        var session = (await desk.AskAsync<SessionAnswer>(query, cancellation))[0];
        if (name.Number >= session.Next)
        {
            return null;
        }

        var repeat = ClientCommand.Of(CommandKind.CancelAll, default(CancelAll), session.Account);
        ClientCommand.Number(repeat, session.Session, name.Number);
        return await desk.SubmitAsync(repeat, cancellation);
    }

    private static void Print(Printer printer, CommandOutcome outcome, ulong index, in CommandResult result)
    {
        var row = new JsonObject { ["outcome"] = EnumText.NameOf(outcome), ["until_index"] = index };
        if (outcome is CommandOutcome.Committed or CommandOutcome.Rejected)
        {
            LogText.Append(row, Layouts.Of(result));
        }

        printer.Row("status", row);
        printer.End();
    }

    // Both texts were checked with the command line.
    private static CommandName NameOf(ParseResult parsed)
    {
        var isKind = EnumText.TryParse<CommandKind>(parsed.GetRequiredValue(_kind), out var kind);
        var isKey = TryKey(parsed.GetValue(_key) ?? "", out var key);
        Invariant.Check(isKind);
        Invariant.Check(isKey == (parsed.GetValue(_key) is not null));
        return new CommandName(
            parsed.GetValue(_session), parsed.GetValue(_number), parsed.GetValue(_account), kind,
            parsed.GetValue(_instrument), key);
    }
}
