using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>Replays a log through this build's state machine.</summary>
internal static class LogReplayVerb
{
    private const string Text =
        """
        Replays a log through the state machine of this build, offline, and prints the hashes it comes to. The same
        entries give the same hashes on every member, machine and build of one behaviour.

        FOLDER is the folder of the member's log (CORE_WAL_DIR). It is only read. A log whose beginning is in a
        snapshot needs --from. Entries above the commit index may never have been committed.

        --step prints a line=entry for each entry: index= kind= commands= events= state_hash= event_chain_hash=.
        --diff holds each entry against such an output of another build, in key=value or JSON form, and names the first
        entry that differs with its commands. The last row is index= term= timestamp= entries= commands= event_bytes=
        state_hash= event_chain_hash= chain_hash= commit_index=.

        --snapshot writes the state at the end as 'snapshot export' does, but without the members: to start other
        replays from, not a member.

        Ends with 1 where an entry is damaged, does not continue the chain, or differs.

        Example: exchange log replay data/node-1 --from state.snapshot --until 5000 --step > this-build.txt
        """;

    private static readonly Argument<string> _folder = new("FOLDER") { Description = "A member's log." };

    private static readonly Option<bool> _step = new("--step") { Description = "Prints a line for each entry." };

    private static readonly Option<string?> _diff = new("--diff")
    {
        Description = "The output of 'log replay --step' of another build.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _snapshot = new("--snapshot")
    {
        Description = "Writes the state at the end to this file.",
        HelpName = "FILE",
    };

    /// <summary>Where a replay starts.</summary>
    public static Option<string?> From { get; } = new("--from")
    {
        Description = "Starts behind this snapshot file; otherwise at the genesis state.",
        HelpName = "SNAPSHOT",
    };

    public static Command Create()
    {
        var replay = Printer.Offer(
            new Command("replay", Text) { _folder, From, LogVerb.Until, _step, _diff, _snapshot, LogVerb.Live });
        replay.SetAction(Run);
        return replay;
    }

    private static int Run(ParseResult parsed)
    {
        using var log = LogVerb.Open(parsed, _folder);
        using var replay = new LogReplay(log, parsed.GetValue(From));
        using var other = parsed.GetValue(_diff) is { } path ? new OtherBuild(path) : null;
        var printer = new Printer(parsed);
        var until = parsed.GetValue(LogVerb.Until);
        var (entries, commands, eventBytes) = (0UL, 0UL, 0UL);
        var isDifferent = false;
        while (!isDifferent && replay.Machine.AppliedIndex < until && replay.TryRead(out var header, out var payload))
        {
            replay.Apply(in header, payload);
            entries++;
            commands += header.CommandCount;
            eventBytes += (ulong)replay.Events.Length;
            if (parsed.GetValue(_step))
            {
                printer.Row("entry", RowOf(replay, in header));
            }

            if (other?.Differs(replay.Machine) is { } difference)
            {
                isDifferent = true;
                printer.Row("difference", difference);
                printer.Row("entry", LogText.OfEntry(in header));
                LogVerb.PrintCommands(printer, in header, payload);
            }
        }

        printer.Row("replayed", RowOf(replay, entries, commands, eventBytes, log.Report.HardState.CommitIndex, other));
        printer.End();
        if (other is { Compared: 0 })
        {
            throw new InputException($"{other.Path}: tells of none of the entries {replay.First} to "
                + $"{replay.Machine.AppliedIndex}. It must be the output of 'log replay --step'.");
        }

        if (parsed.GetValue(_snapshot) is { } snapshot)
        {
            Write(snapshot, log, replay);
        }

        return isDifferent ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Write(string path, LogFolder log, LogReplay replay)
    {
        var state = new ExchangeQueries(replay.Machine).State;
        ReplaySnapshot.Write(path, replay.Machine, new SnapshotHeader
        {
            ClusterId = log.Report.Identity.ClusterId,
            Epoch = (ushort)state.Epoch,
            BehaviourVersion = state.BehaviourVersion,
            Term = replay.Term,
            Timestamp = replay.Timestamp,
            ChainHash = replay.Chain,
        });
    }

    private static JsonObject RowOf(LogReplay replay, in EntryHeader header) => new()
    {
        ["index"] = header.Index,
        ["kind"] = LogText.Name($"{header.Kind}"),
        ["commands"] = header.CommandCount,
        ["events"] = replay.Events.Length,
        ["state_hash"] = Layouts.Hash(replay.Machine.StateHash),
        ["event_chain_hash"] = Layouts.Hash(replay.Machine.EventChainHash),
    };

    private static JsonObject RowOf(
        LogReplay replay, ulong entries, ulong commands, ulong eventBytes, ulong commitIndex, OtherBuild? other)
    {
        var row = new JsonObject
        {
            ["index"] = replay.Machine.AppliedIndex,
            ["term"] = replay.Term,
            ["timestamp"] = replay.Timestamp,
            ["entries"] = entries,
            ["commands"] = commands,
            ["event_bytes"] = eventBytes,
            ["state_hash"] = Layouts.Hash(replay.Machine.StateHash),
            ["event_chain_hash"] = Layouts.Hash(replay.Machine.EventChainHash),
            ["chain_hash"] = replay.Chain.ToString(),
            ["commit_index"] = commitIndex,
        };
        if (other is not null)
        {
            row["compared"] = other.Compared;
        }

        return row;
    }
}
