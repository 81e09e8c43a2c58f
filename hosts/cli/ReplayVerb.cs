using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Hosts.Cli;

/// <summary>The verb that replays recorded order flow through the state machine.</summary>
internal static class ReplayVerb
{
    private const string MatchingText =
        """
        Replays a matching stream through the state machine and prints the hash of its report.

        FILE is a .bin stream (16 bytes header, messages of 40 bytes), or .bin.xz, which the program xz decompresses.
        Each message becomes a command: NEW places a limit order, good till cancelled or immediate-or-cancel; CANCEL
        cancels; MODIFY replaces in one step. Two funded accounts, a buyer and a seller, stand behind them; risk, fees
        and sessions are on. The report is written from the machine's events:

          0,seq,side,id,price,qty  accepted         3,seq,side,id,price,qty  modified
          1,seq,price,qty,maker,taker  fill         4,seq,id  cancel rejected
          2,seq,side,id,price  cancelled            5,seq,id  modify rejected

        Prints one line: messages= reports= sha256= ns_per_message=. The time is that of applying the log entries:
        decoding, session, checks, holds, matching, settlement, events and state hash. Reading the file, encoding the
        commands and writing the report are not in it.

        Example: exchange replay matching orders_normal.bin.xz --reports report.txt
        """;

    private const string VenueText =
        """
        Replays a venue's order flow through the state machine and holds its fills against the venue's own.

        FILE has comma-separated lines, and may end in .xz:

          NEW,id,side,price,qty          rests; it must not trade (side 0 buys, 1 sells)
          NEW,id,side,price,qty,fills    trades exactly so, then rests; fills are maker:price:qty|maker:price:qty...
          S,id,side,price,qty            an order of the book at the start
          X,id[,remaining]               cancels; it must be there, with so much left
          R,id,qty                       reduces in place and keeps priority
          IOC,side,limit,qty,fills       takes exactly so; a bare maker means one fill of all at the limit
          ADJ,id,qty and FORCE,id,qty    reduce; not judged
          #,...                          a mark, shown with a mismatch

        Prints one line: asserted= matched= mismatched=, then the first mismatch with the book before it.

        Example: exchange replay venue AAPL_hour.commands.csv.xz
        """;

    private static readonly Argument<string> _file = new("FILE") { Description = "The recorded stream." };

    private static readonly Option<string?> _reports = new("--reports")
    {
        Description = "Writes the report text to this file as well.",
        HelpName = "OUT",
    };

    private static readonly Option<string?> _snapshot = new("--snapshot")
    {
        Description = "Writes the state at the end to this file, as 'exchange snapshot export' does.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "Prints one JSON object instead of the line.",
    };

    private static readonly Option<string> _mode = new("--mode")
    {
        Description = "full: everything a command goes through. The only mode: there is no shortcut into the book.",
        DefaultValueFactory = _ => "full",
    };

    public static Command Create()
    {
        _mode.AcceptOnlyFromAmong("full");
        var matching = new Command("matching", MatchingText) { _file, _reports, _snapshot, _json, _mode };
        matching.SetAction(ReplayMatching);
        var venue = new Command("venue", VenueText) { _file, _json };
        venue.SetAction(ReplayVenue);
        return new Command("replay", "Replays recorded order flow through the state machine.") { matching, venue };
    }

    private static int ReplayMatching(ParseResult parsed)
    {
        var messages = MatchingStream.Read(parsed.GetRequiredValue(_file));
        var machine = new ExchangeMachine();
        var world = new ReplayMachine(machine.Apply);
        var replay = new MatchingReplay(world);
        replay.Run(messages);
        if (parsed.GetValue(_snapshot) is { } snapshot)
        {
            ReplaySnapshot.Write(snapshot, machine, world.Now);
        }

        var report = replay.Report;
        if (parsed.GetValue(_reports) is { } reports)
        {
            Write(reports, report.Text());
        }

        Print(parsed, new JsonObject
        {
            ["messages"] = messages.Length,
            ["reports"] = report.Count,
            ["sha256"] = report.Sha256(),
            ["ns_per_message"] = Math.Round(replay.NanosecondsPerMessage, 1),
        });
        return ExitCode.Done;
    }

    private static int ReplayVenue(ParseResult parsed)
    {
        var replay = new VenueReplay(new ReplayMachine());
        replay.Run(VenueStream.Read(parsed.GetRequiredValue(_file)));
        var totals = new JsonObject
        {
            ["asserted"] = replay.Asserted,
            ["matched"] = replay.Matched,
            ["mismatched"] = replay.Mismatched,
        };
        var isJson = parsed.GetValue(_json);
        if (isJson && replay.Mismatched > 0)
        {
            totals["first_mismatch"] = replay.FirstMismatch;
        }

        Print(parsed, totals);
        if (!isJson)
        {
            parsed.InvocationConfiguration.Output.Write(replay.FirstMismatch);
        }

        return replay.Mismatched == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(ParseResult parsed, JsonObject values) =>
        parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(_json)
            ? values.ToJsonString()
            : string.Join(' ', values.Select(value => $"{value.Key}={value.Value}")));

    private static void Write(string path, ReadOnlySpan<byte> text)
    {
        try
        {
            File.WriteAllBytes(path, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be written: {exception.Message}");
        }
    }
}
