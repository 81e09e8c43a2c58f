using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Hosts.Cli.Explain;

/// <summary>The verb that goes back to a decision and shows what it was made of.</summary>
internal static class ExplainVerb
{
    private const string Rows =
        """
        Prints: line=entry, the entry and the command's offset in it; line=agreed, the state that all members agreed on
        before it, with its hash; line=market, line=account and line=balance, the inputs right before the command;
        line=book, the levels around it; line=policy, line=global_policy; line=order_before, where it names one;
        line=command, line=result and line=event, with bytes= exactly as they were stored and sent.
        """;

    private const string OrderText =
        $"""
        Explains how orders came to be: goes back to the entry that accepted each of them.

        ID is an order's id as results and events have it. The log in FOLDER (CORE_WAL_DIR) is only read.

        {Rows}

        Example: exchange explain order 16777216 --log data/node-1
        """;

    private const string CommandText =
        $"""
        Explains one command by its place: a refused order has no id, and its reply names index and offset.

        The log in FOLDER (CORE_WAL_DIR) is only read.

        {Rows}

        Example: exchange explain command 42 0 --log data/node-1
        """;

    private static readonly Argument<ulong[]> _orders = new("ID")
    {
        Description = "Order ids.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Argument<ulong> _index = new("INDEX") { Description = "The entry." };

    private static readonly Argument<uint> _offset = new("OFFSET")
    {
        Description = "The command's place in it, from 0.",
    };

    private static readonly Option<string> _log = new("--log")
    {
        Description = "The folder of a member's log.",
        HelpName = "FOLDER",
        Required = true,
    };

    private static readonly Option<uint> _levels = new("--levels")
    {
        Description = "Levels of each side of the book.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => 5,
    };

    public static Command Create()
    {
        var order = Printer.Offer(new Command("order", OrderText)
        {
            _orders, _log, LogReplayVerb.From, _levels, LogVerb.Live,
        });
        order.SetAction(ExplainOrders);
        var command = Printer.Offer(new Command("command", CommandText)
        {
            _index, _offset, _log, LogReplayVerb.From, _levels, LogVerb.Live,
        });
        command.SetAction(ExplainCommand);
        return new Command("explain", "Goes back to a decision: what stood there, what it met, what became of it.")
        {
            order, command,
        };
    }

    private static int ExplainOrders(ParseResult parsed)
    {
        using var log = LogVerb.Open(parsed, _log);
        var orders = parsed.GetRequiredValue(_orders).ToHashSet();
        var found = new Explainer(log, parsed.GetValue(LogReplayVerb.From), parsed.GetValue(_levels)).Orders(orders);
        Print(parsed, found);
        orders.ExceptWith(found.Select(one => one.Order));
        return orders.Count == 0
            ? ExitCode.Done
            : throw new InputException($"order {string.Join(", ", orders.Order())}: not accepted in the entries that "
                + $"were replayed, up to {log.Last}. An older one needs an earlier --from; one that was refused has no "
                + "id: 'exchange explain command INDEX OFFSET'.");
    }

    private static int ExplainCommand(ParseResult parsed)
    {
        using var log = LogVerb.Open(parsed, _log);
        var (index, offset) = (parsed.GetValue(_index), parsed.GetValue(_offset));
        var found = new Explainer(log, parsed.GetValue(LogReplayVerb.From), parsed.GetValue(_levels))
            .Command(index, offset);
        if (found is null)
        {
            throw new InputException($"entry {index} has no command {offset}: 'exchange log show FOLDER {index}' "
                + "prints those it has.");
        }

        Print(parsed, [found]);
        return ExitCode.Done;
    }

    private static void Print(ParseResult parsed, IReadOnlyList<Explanation> explanations)
    {
        var printer = new Printer(parsed);
        foreach (var one in explanations)
        {
            var entry = LogText.OfEntry(one.Entry);
            entry["offset"] = one.Offset;
            entry["order"] = one.Order;
            printer.Row("entry", entry);
            PrintBefore(printer, one.Before!);
            PrintOutcome(printer, one);
        }

        printer.End();
    }

    private static void PrintBefore(Printer printer, Before before)
    {
        printer.Row("agreed", Layouts.Of(before.Agreed));
        if (before.Instrument is { } instrument)
        {
            var market = Layouts.Of(instrument);
            market["symbol"] = SymbolText.Format(instrument.Symbol);
            printer.Row("market", market);
        }

        printer.Row("account", Of(before.Inputs));
        foreach (var balance in before.Balances)
        {
            printer.Row("balance", Layouts.Of(balance));
        }

        foreach (var level in before.Book)
        {
            printer.Row("book", Layouts.Of(level));
        }

        if (before.Instrument is not null)
        {
            printer.Row("policy", Layouts.Of(before.Inputs.Policy));
        }

        printer.Row("global_policy", Layouts.Of(before.Inputs.GlobalPolicy));
        if (before.Order is { } order)
        {
            printer.Row("order_before", Layouts.Of(order));
        }
    }

    private static JsonObject Of(StateMachine.Queries.DecisionInputs inputs) => new()
    {
        ["timestamp"] = inputs.Timestamp,
        ["owner"] = inputs.Owner,
        ["group"] = inputs.Group,
        ["tier"] = inputs.Tier,
        ["freeze"] = inputs.Freeze,
        ["open_orders"] = inputs.OpenOrders,
        ["client_order_ids"] = inputs.ClientOrderIds,
        ["rate_window"] = inputs.RateWindow,
        ["rate_count"] = inputs.RateCount,
        ["throttle_window"] = inputs.ThrottleWindow,
        ["throttle_count"] = inputs.ThrottleCount,
        ["violation_window"] = inputs.ViolationWindow,
        ["violations"] = inputs.Violations,
        ["maker_rate"] = inputs.MakerRate,
        ["taker_rate"] = inputs.TakerRate,
        ["reference_at"] = inputs.ReferenceAt,
        ["withdrawals_halted"] = inputs.WithdrawalsHalted,
        ["policy_hash"] = Layouts.Hash(inputs.PolicyHash),
    };

    private static void PrintOutcome(Printer printer, Explanation one)
    {
        printer.Row("command", WithBytes(Layouts.OfCommand(one.Command), one.Command));
        printer.Row("result", WithBytes(Layouts.OfResult(one.Result), one.Result));
        for (var rest = one.Events.AsSpan(); !rest.IsEmpty;)
        {
            var length = MemoryMarshal.Read<EventHeader>(rest).Length;
            printer.Row("event", WithBytes(Layouts.OfEvent(rest[..length]), rest[..length]));
            rest = rest[length..];
        }
    }

    private static JsonObject WithBytes(JsonObject row, ReadOnlySpan<byte> bytes)
    {
        row["bytes"] = Convert.ToHexStringLower(bytes);
        return row;
    }
}
