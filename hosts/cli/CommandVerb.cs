using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Output;

namespace Exchange.Rsm.Hosts.Cli;

/// <summary>The verb that tells what became of a command.</summary>
internal static class CommandVerb
{
    private const string StatusText =
        """
        Says what became of a command: by its number in a session, or by its key with account, kind and instrument.

        The log in FOLDER (CORE_WAL_DIR) is only read, and replayed; the state at its end is asked for what it
        remembers from before.

        Prints a line=attempt for each time it stood in the log, and line=status outcome= until_index= with the result
        where there is one. The outcome is COMMITTED, REJECTED, FENCED (it never entered and never will), NEVER_ENTERED
        (up to until_index; only a fence rules out that it still comes) or REPLY_FORGOTTEN (it entered before the
        entries at hand).

        Example: exchange command status --session 3 --number 17 --log data/node-1
        Example: exchange command status --key 9f1c --kind PLACE_ORDER --account 2 --instrument 1 --log data/node-1
        """;

    private static readonly Option<string> _log = new("--log")
    {
        Description = "The folder of a member's log.",
        HelpName = "FOLDER",
        Required = true,
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
        status.Validators.Add(Check);
        status.SetAction(Status);
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

    private static int Status(ParseResult parsed)
    {
        using var log = LogVerb.Open(parsed, _log);
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

        var row = new JsonObject
        {
            ["outcome"] = EnumText.NameOf(status.Outcome),
            ["until_index"] = status.UntilIndex,
        };
        if (status.Outcome is CommandOutcome.Committed or CommandOutcome.Rejected)
        {
            LogText.Append(row, Layouts.Of(status.Result));
        }

        printer.Row("status", row);
        printer.End();
        return ExitCode.Done;
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
