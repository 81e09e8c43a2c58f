using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// The exchange once more, written from the contract alone and for obviousness: the oracle of the fast state machine.
/// It answers the same entries with the same events and results, byte for byte, but for the state hash of checkpoints,
/// which it does not know and writes as zero.
/// </summary>
public sealed class ModelExchange
{
    private readonly ModelState _state = new();
    private readonly ModelEvents _events;
    private readonly Admission _admission;
    private readonly Identity _identity;
    private readonly Decisions _decisions;

    /// <summary>Starts at genesis.</summary>
    public ModelExchange()
    {
        _events = new ModelEvents(_state);
        _admission = new Admission(_state, _events);
        _identity = new Identity(_state);
        _decisions = new Decisions(_state, _events);
    }

    /// <summary>Log index of the last entry applied; zero at genesis.</summary>
    public ulong AppliedIndex => _state.Index;

    /// <summary>Log time at which the next timer is due; <see cref="long.MaxValue"/> where none is.</summary>
    public long NextDeadline => _decisions.Timers.NextDeadline;

    /// <summary>Running hash of all event bytes so far.</summary>
    public ulong EventChainHash { get; private set; }

    /// <summary>The whole readable state, in a fixed order.</summary>
    public StateView View() => StateViewBuilder.Of(_state, _events);

    /// <summary>The state as text, one record a line.</summary>
    public string Dump() => View().Dump();

    /// <summary>Applies one entry: the same duties and effects as <see cref="IStateMachine.Apply"/>.</summary>
    public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        var start = events.Length;
        BeginEntry(header, events);
        _identity.Housekeep(header.CommandCount);
        _decisions.Timers.FireDue();
        if (header.Kind == EntryKind.Commands)
        {
            ApplyCommands(header.CommandCount, payload, results);
        }
        else if (header.Kind == EntryKind.Configuration)
        {
            _decisions.Configure(payload);
        }

        AppendCheckpoint();
        if (events.Length > start)
        {
            EventChainHash = StableHash.OfMany(events.Written[start..], EventChainHash);
        }
    }

    private void BeginEntry(in EntryHeader header, OutputBuffer events)
    {
        var isFirst = _state.Index == 0;
        if (!isFirst && header.Term > _state.Term)
        {
            _state.Outage += header.Timestamp - _state.Now;
        }

        _state.Index = header.Index;
        _state.Term = header.Term;
        _state.Now = header.Timestamp;
        _events.BeginEntry(header, events);
    }

    private void ApplyCommands(uint count, ReadOnlySpan<byte> payload, OutputBuffer results)
    {
        var headerSize = Unsafe.SizeOf<CommandHeader>();
        for (uint offset = 0; offset < count; offset++)
        {
            if (payload.Length < headerSize)
            {
                results.Append<CommandResult>() = Refused(offset, CommandKind.None, RejectCode.Malformed);
                payload = [];
                continue;
            }

            var header = MemoryMarshal.Read<CommandHeader>(payload);
            if (header.Length < headerSize || header.Length > payload.Length)
            {
                results.Append<CommandResult>() = Refused(offset, header.Kind, RejectCode.Malformed);
                payload = [];
                continue;
            }

            results.Append<CommandResult>() = Apply(new Command(payload[..header.Length].ToArray(), offset));
            payload = payload[header.Length..];
        }
    }

    private CommandResult Apply(Command command)
    {
        var refusal = _admission.Refusal(command);
        if (refusal != RejectCode.None)
        {
            return Refused(command.Offset, command.Kind, refusal);
        }

        var verdict = command.Kind == CommandKind.FenceCommand ? _identity.Fence(command) : _identity.Admit(command);
        if (!verdict.IsAdmitted)
        {
            return verdict.Stored ?? Refused(command.Offset, command.Kind, verdict.Refusal);
        }

        _events.BeginCause(command.Offset, command.Header.Stamp, CausationOf(command), command.Header.Correlation);
        var result = ResultOf(command, _decisions.Decide(command));
        _identity.Store(command, result);
        return result;
    }

    private CommandResult Refused(uint offset, CommandKind kind, RejectCode code) =>
        new() { Code = code, Kind = kind, Offset = offset, Index = _state.Index };

    private CommandResult ResultOf(Command command, Answer answer)
    {
        var instrument = _state.InstrumentOf(command.Header);
        return new CommandResult
        {
            Code = answer.Code,
            Kind = command.Kind,
            Status = answer.Status,
            Offset = command.Offset,
            Index = _state.Index,
            Id = answer.Id,
            Sequence = instrument is null ? 0 : _events.SequenceOf(instrument.Id),
            Executed = new Quantity(answer.Executed),
            Remaining = new Quantity(answer.Remaining),
            Notional = new Amount(answer.Notional),
        };
    }

    private UInt128 CausationOf(Command command) => command.Header.Dedup switch
    {
        DedupMode.Keyed => Identity.KeyOf(command.Header),
        DedupMode.Session => new UInt128((1UL << 56) | command.Header.Session.Value, command.Header.Stamp),
        _ => new UInt128((2UL << 56) | _state.Index, command.Offset),
    };

    private void AppendCheckpoint()
    {
        var interval = _state.Policy.CheckpointInterval;
        if (interval == 0 || _state.Index % interval != 0)
        {
            return;
        }

        _events.BeginCause(CauseFrame.TimerOffset, 0, new UInt128(4UL << 56, _state.Index), correlation: 0);
        _events.Append(EventKind.Checkpoint, EventStream.System, new Checkpoint { EventChainHash = EventChainHash });
    }
}
