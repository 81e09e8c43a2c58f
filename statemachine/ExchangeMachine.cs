using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine;

/// <summary>
/// The exchange as a deterministic state machine: matching, risk, money, identity and exactly-once in one place, fed by
/// the committed entries of a log. The exact behaviour stands in contracts/README.md. Apply never throws for what a
/// client sent; an <see cref="InvariantViolationException"/> means a bug or damaged memory and must stop the replica.
/// </summary>
public sealed class ExchangeMachine : IStateMachine
{
    private readonly ExchangeState _state = new();
    private readonly EventWriter _events;
    private readonly KeyMemory _keys;
    private readonly Admission _admission;
    private readonly OpenOrders _openOrders;
    private readonly Market _market;
    private readonly OrderChanges _changes;
    private readonly CommandTable _commands;
    private readonly Timers _timers;
    private readonly SnapshotSource _snapshots;
    private readonly Lookahead _lookahead;
    private ulong _stateHash;

    /// <summary>The genesis state: the root user, the house account, default policies, nothing else.</summary>
    public ExchangeMachine()
    {
        _events = new EventWriter(_state);
        _keys = new KeyMemory(_state);
        _admission = new Admission(_state, _keys);
        _openOrders = new OpenOrders(_state, _events);
        _market = new Market(_state, _events, _openOrders);
        _changes = new OrderChanges(_state, _events, _openOrders, _market);
        _commands = new CommandTable(_state, _events, _openOrders, _market, _changes, _keys);
        _timers = new Timers(_state, _events, _changes, _market);
        _snapshots = new SnapshotSource(_state);
        _lookahead = new Lookahead(_state);
        Genesis.Fill(_state);
        EndEntry();
    }

    /// <inheritdoc/>
    public ulong AppliedIndex => _state.Globals.Index;

    /// <inheritdoc/>
    public long NextDeadline => _timers.NextDeadline;

    /// <inheritdoc/>
    public ulong StateHash => _stateHash;

    /// <inheritdoc/>
    public ulong EventChainHash => _state.Globals.EventChainHash;

    /// <summary>The state, for tests, queries and benchmarks inside this project.</summary>
    internal ExchangeState State => _state;

    /// <inheritdoc/>
    public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        BeginEntry(in header);
        _events.BeginEntry(events);
        _keys.Forget(header.CommandCount);
        _timers.Fire();
        if (header.Kind == EntryKind.Commands)
        {
            ApplyCommands(header.CommandCount, payload, results);
        }
        else if (header.Kind == EntryKind.Configuration)
        {
            _commands.Configure(payload);
        }

        AppendCheckpoint();
        _events.EndEntry();
        var written = _events.Written;
        Invariant.Check(written.Length <= EffectLimits.EntryEventBytesMax);
        if (!written.IsEmpty)
        {
            _state.Globals.EventChainHash = Contracts.Log.StableHash.OfMany(written, _state.Globals.EventChainHash);
        }

        EndEntry();
    }

    /// <inheritdoc/>
    public ulong RecomputeStateHash()
    {
        var hash = 0UL;
        foreach (var table in _state.Tables)
        {
            hash = unchecked(hash + table.RecomputeHash());
        }

        return hash;
    }

    /// <inheritdoc/>
    public bool ScrubSlice(ref ulong cursor, int bytesMax)
    {
        // The table in the upper half, the slot in the lower.
        var table = (int)(cursor >> 32);
        var slot = (int)(cursor & uint.MaxValue);
        while (bytesMax > 0 && table < _state.Tables.Length)
        {
            if (!_state.Tables[table].TryScrub(ref slot, ref bytesMax))
            {
                return false;
            }

            table += slot == 0 ? 1 : 0;
        }

        cursor = table == _state.Tables.Length ? 0 : ((ulong)table << 32) | (uint)slot;
        return true;
    }

    /// <inheritdoc/>
    public ISnapshotReader BeginSnapshot(SnapshotScope scope) => _snapshots.Begin(scope);

    /// <inheritdoc/>
    public ISnapshotWriter BeginRestore()
    {
        _snapshots.End();
        return new SnapshotTarget(_state, new StateRebuild(_state, _keys, _openOrders), EndEntryAndHash);
    }

    private void BeginEntry(in EntryHeader header)
    {
        ref var globals = ref _state.GlobalsTable.Write(0);
        Invariant.Check(header.Index == globals.Index + 1);
        Invariant.Check(header.Term >= globals.Term);
        Invariant.Check(header.Timestamp >= globals.Timestamp);
        if (header.Term > globals.Term && globals.Index != 0)
        {
            globals.Outage += header.Timestamp - globals.Timestamp;
        }

        globals.Index = header.Index;
        globals.Term = header.Term;
        globals.Timestamp = header.Timestamp;
        globals.Epoch = header.Epoch;
    }

    // One walk over the payload in groups, the group that is executed being the last of those looked at.
    private void ApplyCommands(uint count, ReadOnlySpan<byte> payload, OutputBuffer results)
    {
        var reader = new BatchReader(payload);
        var index = _state.Globals.Index;
        Span<Upcoming> ring = stackalloc Upcoming[Lookahead.RingSize];
        _lookahead.Start(payload, ref reader, ring);
        for (var offset = 0u; offset < count; offset++)
        {
            var place = (int)(offset % Lookahead.RingSize);
            if (place % Lookahead.Group == 0)
            {
                _lookahead.Step(payload, ref reader, ring, place);
            }

            ref var result = ref results.Append<CommandResult>();
            result = default;
            result.Offset = offset;
            result.Index = index;
            ref var present = ref ring[place];
            if (present.Length != 0)
            {
                Execute(payload.Slice(present.Start, present.Length), ref present, offset, ref result);
            }
            else
            {
                result.Code = RejectCode.Malformed;
            }
        }
    }

    private void Execute(ReadOnlySpan<byte> command, ref Upcoming found, uint offset, ref CommandResult result)
    {
        var code = CommandDecoder.Check(command);
        if (code != RejectCode.None)
        {
            result.Code = code;
            result.Kind = command.Length >= Unsafe.SizeOf<CommandHeader>() ? (CommandKind)command[2] : CommandKind.None;
            return;
        }

        // The decoder has checked the length.
        ref readonly var header = ref Unsafe.As<byte, CommandHeader>(ref MemoryMarshal.GetReference(command));
        result.Kind = header.Kind;
        if (_events.IsEntryFull)
        {
            result.Code = RejectCode.EntryFull;
            return;
        }

        var admitted = _admission.Admit(command, in header, ref found, ref result);
        if (admitted == AdmissionKind.Answered)
        {
            return;
        }

        if (header.Kind == CommandKind.FenceCommand)
        {
            _admission.Fence(in MemoryMarshal.AsRef<FenceCommand>(command), ref result);
            return;
        }

        _state.BalanceFound = found.Balance;
        _events.BeginCommand(in header, offset, _admission.CommandId);
        result.Code = _commands.Decide(command, in header, ref result);
        if (result.Code != RejectCode.None && header.Kind != CommandKind.TestOrder)
        {
            _commands.AppendRejected(command, in header, result.Code);
        }

        _events.EndCause();
        result.Sequence = _state.SequenceOf(header.Instrument.Value);
        _admission.Store(admitted, in header, in result);
    }

    private void AppendCheckpoint()
    {
        ref var globals = ref _state.Globals;
        if (globals.Policy.CheckpointInterval == 0 || globals.Index % globals.Policy.CheckpointInterval != 0)
        {
            return;
        }

        EndEntry();
        _state.GlobalsTable.Touch(0);
        var hash = _stateHash;
        _events.BeginTimer(Causation.OfCheckpoint(globals.Index), deadline: 0);
        ref var checkpoint = ref _events.AppendSystem<Checkpoint>(EventKind.Checkpoint);
        checkpoint.StateHash = hash;
        checkpoint.EventChainHash = globals.EventChainHash;
        _events.EndCause();
    }

    private ulong EndEntryAndHash()
    {
        EndEntry();
        return _stateHash;
    }

    private void EndEntry()
    {
        var hash = 0UL;
        foreach (var table in _state.Tables)
        {
            table.EndEntry();
            hash = unchecked(hash + table.Hash);
        }

        _stateHash = hash;
    }
}
