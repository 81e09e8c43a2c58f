using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>The verbs that look at a member's log where it lies, without a running cluster.</summary>
internal static class LogVerb
{
    private const string Reading =
        """
        FOLDER is the folder of the member's log (CORE_WAL_DIR). It is only read. A folder that a running member has is
        refused; --live reads it all the same, beside the member.
        """;

    private const string ListText =
        $"""
        Says what a log holds: whose it is, its entries, terms and files, and what is damaged.

        {Reading}

        Prints rows: line=log, a line=term for each run of entries of one term, a line=file for each file, and a
        line=finding or line=damage for each thing that recovery found wrong.

        Example: exchange log list data/node-1
        """;

    private const string ShowText =
        $"""
        Prints entries: all, those of a range, or one with its commands.

        {Reading}

        Prints a line=entry for each entry, and a line=command for each command of one that was named by INDEX, or of
        all with --commands.

        Example: exchange log show data/node-1 42
        """;

    private const string VerifyText =
        $"""
        Reads a log from end to end: superblocks, groups, the checksum of every record, header and payload, and the
        chain of all entries. A flipped bit is named with its file and the entries it damages.

        {Reading}

        Prints a row for each thing that is wrong, then entries= first= last= damaged= findings= chain_hash=. A torn
        tail, which is what a crash leaves, is named and is no damage. Ends with 1 where an entry is damaged.

        Example: exchange log verify data/node-1
        """;

    private static readonly Argument<string> _folder = new("FOLDER") { Description = "A member's log." };

    private static readonly Argument<ulong?> _index = new("INDEX")
    {
        Description = "One entry, with its commands.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<ulong> _first = new("--first")
    {
        Description = "The first entry to print.",
        HelpName = "INDEX",
    };

    private static readonly Option<bool> _commands = new("--commands") { Description = "Prints the commands as well." };

    /// <summary>Reads a folder that a running member has.</summary>
    public static Option<bool> Live { get; } = new("--live")
    {
        Description = "Reads beside a running member; what it is just writing looks like a torn tail.",
    };

    /// <summary>The last entry.</summary>
    public static Option<ulong> Until { get; } = new("--until")
    {
        Description = "The last entry; otherwise the log's last.",
        HelpName = "INDEX",
        DefaultValueFactory = _ => ulong.MaxValue,
    };

    public static Command Create()
    {
        var list = Printer.Offer(new Command("list", ListText) { _folder, Live });
        list.SetAction(List);
        var show = Printer.Offer(new Command("show", ShowText) { _folder, _index, _first, Until, _commands, Live });
        show.SetAction(Show);
        var verify = Printer.Offer(new Command("verify", VerifyText) { _folder, Live });
        verify.SetAction(Verify);
        return new Command("log", "Looks at a member's log: lists, shows, verifies and replays it, offline.")
        {
            list, show, verify, LogReplayVerb.Create(),
        };
    }

    /// <summary>Opens the folder that a command line names.</summary>
    public static LogFolder Open(ParseResult parsed, Argument<string> folder) =>
        Open(parsed, parsed.GetRequiredValue(folder));

    /// <summary>Opens the folder that an option names.</summary>
    public static LogFolder Open(ParseResult parsed, Option<string> folder) =>
        Open(parsed, parsed.GetRequiredValue(folder)!);

    private static LogFolder Open(ParseResult parsed, string path)
    {
        var log = LogFolder.Open(path, parsed.GetValue(Live));
        if (log.IsInUse)
        {
            parsed.InvocationConfiguration.Error.WriteLine(
                $"exchange: {log.Path}: a running process has it: read as far as it had come.");
        }

        return log;
    }

    private static int List(ParseResult parsed)
    {
        using var log = Open(parsed, _folder);
        var printer = new Printer(parsed);
        var report = log.Report;
        printer.Row("log", new JsonObject
        {
            ["cluster"] = report.Identity.ClusterId.ToString("x32", null),
            ["node"] = report.Identity.NodeId,
            ["incarnation"] = report.Identity.Incarnation,
            ["epoch"] = report.HardState.Epoch,
            ["term"] = report.HardState.Term,
            ["voted_for"] = report.HardState.VotedFor,
            ["commit_index"] = report.HardState.CommitIndex,
            ["base_index"] = report.BaseIndex,
            ["first"] = report.FirstIndex,
            ["last"] = report.LastIndex,
            ["last_term"] = report.LastTerm,
            ["chain_hash"] = report.LastChain.ToString(),
            ["in_use"] = log.IsInUse,
        });
        foreach (var run in report.Terms)
        {
            printer.Row("term", new JsonObject { ["term"] = run.Term, ["first"] = run.First });
        }

        foreach (var (file, length) in log.Files)
        {
            printer.Row("file", new JsonObject { ["file"] = ReadOnlyDisk.NameOf(file), ["bytes"] = length });
        }

        PrintFindings(printer, log);
        printer.End();
        return ExitCode.Done;
    }

    private static int Show(ParseResult parsed)
    {
        using var log = Open(parsed, _folder);
        var index = parsed.GetValue(_index);
        var first = index ?? Math.Max(log.First, parsed.GetValue(_first));
        var last = index ?? Math.Min(log.Last, parsed.GetValue(Until));
        if (first < log.First || first > log.Last)
        {
            throw new InputException($"{log.Path}: holds the entries {log.First} to {log.Last}, not {first}.");
        }

        var printer = new Printer(parsed);
        var withCommands = index is not null || parsed.GetValue(_commands);
        using var entries = log.Read(first);
        var code = ExitCode.Done;
        while (entries.Next <= last)
        {
            var at = entries.Next;
            if (entries.Read(out var header, out var payload) != ReadOutcome.Entry)
            {
                code = ExitCode.Failed;
                PrintDamage(printer, log, FaultAt(log, at));
                entries.Seek(FaultAt(log, at).Last + 1);
                continue;
            }

            printer.Row("entry", LogText.OfEntry(in header));
            if (withCommands && header.Kind == EntryKind.Commands)
            {
                PrintCommands(printer, in header, payload);
            }
        }

        printer.End();
        return code;
    }

    private static int Verify(ParseResult parsed)
    {
        using var log = Open(parsed, _folder);
        using var hasher = new ChainHasher();
        var printer = new Printer(parsed);
        var (count, damaged, broken) = (0UL, 0UL, 0UL);
        var chain = log.First == 1 ? ChainHash.Genesis : log.Report.BaseChain;
        var isChainKnown = log.First == 1 || log.First == log.Report.BaseIndex + 1;
        using var entries = log.Read(log.First);
        while (entries.Next <= log.Last)
        {
            var at = entries.Next;
            if (entries.Read(out var header, out var payload) != ReadOutcome.Entry)
            {
                var fault = FaultAt(log, at);
                damaged += fault.Last - at + 1;
                isChainKnown = fault.LastChain != ChainHash.Genesis;
                chain = fault.LastChain;
                entries.Seek(fault.Last + 1);
                continue;
            }

            count++;
            if (isChainKnown && EntryCodec.CheckChain(in header, payload, in chain, hasher) != EntryError.None)
            {
                broken++;
                printer.Row("damage", new JsonObject
                {
                    ["first"] = header.Index,
                    ["last"] = header.Index,
                    ["where"] = "does not continue the chain of the entry before it",
                });
            }

            chain = header.ChainHash;
            isChainKnown = true;
        }

        PrintFindings(printer, log);
        printer.End();
        printer.Row("verified", new JsonObject
        {
            ["entries"] = count,
            ["first"] = log.First,
            ["last"] = log.Last,
            ["damaged"] = damaged + broken,
            ["findings"] = log.Report.Findings.Count,
            ["chain_hash"] = chain.ToString(),
        });
        printer.End();
        return damaged + broken == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static WalFault FaultAt(LogFolder log, ulong index) =>
        log.Faults.FirstOrDefault(
            fault => fault.First <= index && fault.Last >= index, new WalFault(index, index, default));

    private static void PrintFindings(Printer printer, LogFolder log)
    {
        foreach (var finding in log.Report.Findings)
        {
            printer.Row("finding", new JsonObject
            {
                ["kind"] = LogText.Name($"{finding.Kind}"),
                ["file"] = ReadOnlyDisk.NameOf(finding.File),
                ["offset"] = finding.Offset,
                ["group"] = finding.Sequence,
                ["after_index"] = finding.LastIndex,
            });
        }

        foreach (var fault in log.Faults)
        {
            PrintDamage(printer, log, fault);
        }
    }

    private static void PrintDamage(Printer printer, LogFolder log, WalFault fault) =>
        printer.Row("damage", new JsonObject
        {
            ["first"] = fault.First,
            ["last"] = fault.Last,
            ["where"] = log.PlaceOf(fault),
        });

    public static void PrintCommands(Printer printer, in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        var reader = new BatchReader(payload);
        for (var offset = 0u; offset < header.CommandCount && reader.TryRead(out var command); offset++)
        {
            var row = new JsonObject { ["offset"] = offset };
            LogText.Append(row, Layouts.OfCommand(command));
            printer.Row("command", row);
        }
    }
}
