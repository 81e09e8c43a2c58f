using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>What became of a command, as far as a log tells.</summary>
internal enum CommandOutcome : byte
{
    /// <summary>It is not in the log and the state knows nothing of it; a later entry may still bring it.</summary>
    NeverEntered = 0,

    /// <summary>It was decided and accepted.</summary>
    Committed = 1,

    /// <summary>It was decided and refused: the refusal is committed.</summary>
    Rejected = 2,

    /// <summary>A fence was committed before it came: it did not enter and never will.</summary>
    Fenced = 3,

    /// <summary>It was decided before the entries at hand, and its reply is no longer remembered.</summary>
    ReplyForgotten = 4,
}

/// <summary>Which command: by its number in a session, or by its key with the whole scope.</summary>
internal readonly record struct CommandName(
    uint Session, ulong Number, uint Account, CommandKind Kind, uint Instrument, UInt128 Key)
{
    public bool IsKeyed => Session == 0;

    public bool IsOf(in CommandHeader header) => IsKeyed
        ? header.Dedup == DedupMode.Keyed && header.Key == Key && IsInScope(in header) && header.Kind == Kind
        : header.Dedup == DedupMode.Session && header.Session.Value == Session && header.Stamp == Number;

    public bool IsFencedBy(ReadOnlySpan<byte> command) =>
        IsKeyed && command.Length == Unsafe.SizeOf<FenceCommand>()
        && (CommandKind)command[2] == CommandKind.FenceCommand
        && MemoryMarshal.Read<FenceCommand>(command) is var fence
        && fence.Target == Key && fence.TargetKind == Kind && IsInScope(in fence.Header);

    private bool IsInScope(in CommandHeader header) =>
        header.Account.Value == Account && header.Instrument.Value == Instrument;
}

/// <summary>A time the command, or a fence for it, stood in the log.</summary>
internal readonly record struct CommandAttempt(ulong Index, uint Offset, bool IsFence, CommandResult Result)
{
    public bool IsDecision =>
        !IsFence && Result.Code is RejectCode.None or >= RejectCode.UnknownInstrument;
}

/// <summary>Looks for a command in a log, and asks the state at the end for what it remembers.</summary>
internal sealed class CommandStatus
{
    private const int AttemptsMax = 256;
    private readonly CommandName _name;

    public CommandStatus(LogReplay replay, CommandName name, ulong until)
    {
        _name = name;
        while (replay.Machine.AppliedIndex < until && replay.TryRead(out var header, out var payload))
        {
            replay.Apply(in header, payload);
            if (header.Kind == EntryKind.Commands)
            {
                Look(in header, payload, MemoryMarshal.Cast<byte, CommandResult>(replay.Results.Written));
            }
        }

        UntilIndex = replay.Machine.AppliedIndex;
        var decision = Attempts.FirstOrDefault(attempt => attempt.IsDecision);
        Result = decision.Index != 0 ? decision.Result : Remembered(replay);
        Outcome = OutcomeOf(decision.Index != 0);
    }

    /// <summary>The last entry looked at.</summary>
    public ulong UntilIndex { get; }

    /// <summary>Where it stood in the log, repeats and fences included; the first so many.</summary>
    public List<CommandAttempt> Attempts { get; } = [];

    public CommandOutcome Outcome { get; }

    /// <summary>Its result, where there is one.</summary>
    public CommandResult Result { get; }

    private void Look(in EntryHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<CommandResult> results)
    {
        var reader = new BatchReader(payload);
        for (var offset = 0; offset < results.Length && reader.TryRead(out var command); offset++)
        {
            var isFence = _name.IsFencedBy(command);
            var isIt = command.Length >= Unsafe.SizeOf<CommandHeader>()
                && _name.IsOf(in MemoryMarshal.AsRef<CommandHeader>(command));
            if ((isFence || isIt) && Attempts.Count < AttemptsMax)
            {
                Attempts.Add(new CommandAttempt(header.Index, (uint)offset, isFence, results[offset]));
            }
        }
    }

    private CommandOutcome OutcomeOf(bool isDecisionSeen)
    {
        if (isDecisionSeen || Result.Index != 0)
        {
            return Result.Code == RejectCode.None ? CommandOutcome.Committed : CommandOutcome.Rejected;
        }

        if (Result.Code == RejectCode.SessionWindowPassed)
        {
            return CommandOutcome.ReplyForgotten;
        }

        var isFenced = Attempts.Any(attempt =>
            attempt.Result.Code == RejectCode.CommandFenced
            || (attempt.IsFence && attempt.Result.Code == RejectCode.NeverEntered));
        return isFenced ? CommandOutcome.Fenced : CommandOutcome.NeverEntered;
    }

    // A repeat is answered with the stored reply, and a fence with that of its target: so one more entry asks. The
    // machine is used up by it.
    private CommandResult Remembered(LogReplay replay)
    {
        var machine = replay.Machine;
        var queries = new ExchangeQueries(machine);
        if (!_name.IsKeyed)
        {
            return queries.TrySession(_name.Session, out var session) && _name.Number < session.Next
                ? Ask(replay, SessionRepeat(session.Account, session.User))
                : default;
        }

        var answer = Ask(replay, Fence(machine, replay.Timestamp));
        return answer.Code is RejectCode.None or >= RejectCode.UnknownInstrument ? answer : default;
    }

    private byte[] SessionRepeat(AccountId account, UserId user)
    {
        var command = new CancelAll();
        command.Header.Length = (ushort)Unsafe.SizeOf<CancelAll>();
        command.Header.Kind = CommandKind.CancelAll;
        command.Header.Version = CommandHeader.CurrentVersion;
        command.Header.Dedup = DedupMode.Session;
        command.Header.Account = account;
        command.Header.User = user;
        command.Header.Session = new SessionId(_name.Session);
        command.Header.Stamp = _name.Number;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<CancelAll>(in command)).ToArray();
    }

    private byte[] Fence(ExchangeMachine machine, long now)
    {
        Invariant.Check(machine.AppliedIndex == UntilIndex);
        var command = new FenceCommand { Target = _name.Key, TargetKind = _name.Kind, TargetCreatedAt = (ulong)now };
        command.Header.Length = (ushort)Unsafe.SizeOf<FenceCommand>();
        command.Header.Kind = CommandKind.FenceCommand;
        command.Header.Version = CommandHeader.CurrentVersion;
        command.Header.Account = new AccountId(_name.Account);
        command.Header.Instrument = new InstrumentId(_name.Instrument);
        command.Header.User = UserId.Root;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<FenceCommand>(in command)).ToArray();
    }

    private static CommandResult Ask(LogReplay replay, byte[] command)
    {
        var results = new OutputBuffer();
        var header = new EntryHeader
        {
            Index = replay.Machine.AppliedIndex + 1,
            Term = replay.Term,
            Timestamp = replay.Timestamp + 1,
            Kind = EntryKind.Commands,
            CommandCount = 1,
            PayloadLength = (uint)command.Length,
        };
        replay.Machine.Apply(in header, command, new OutputBuffer(), results);
        var result = MemoryMarshal.Read<CommandResult>(results.Written);

        // An answer of its own entry is no stored reply.
        return result.Index == header.Index ? result with { Index = 0 } : result;
    }
}
