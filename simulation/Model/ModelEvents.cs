using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// Appends events: the entry's frame before the first, a cause's frame before the first of that cause.
/// </summary>
internal sealed class ModelEvents(ModelState state)
{
    private readonly SortedDictionary<uint, ulong> _sequences = [];
    private OutputBuffer _output = new();
    private EntryFrame _entry;
    private CauseFrame _cause;
    private int _start;
    private long _looked;
    private bool _entryWritten;
    private bool _causeWritten;

    /// <summary>Last sequence of a stream; zero where it has none.</summary>
    public ulong SequenceOf(uint stream) => _sequences.GetValueOrDefault(stream);

    /// <summary>Whether the entry's events, and what it looked at, have reached the bound of the policy.</summary>
    public bool IsEntryFull =>
        _output.Length - _start + (_looked * EffectLimits.LookBytes) >= state.Policy.EntryBytesMax;

    /// <summary>Counts orders looked at on a walk.</summary>
    public void Look(int orders) => _looked += orders;

    public void BeginEntry(in EntryHeader header, OutputBuffer output)
    {
        _output = output;
        _start = output.Length;
        _looked = 0;
        _entryWritten = false;
        _entry = new EntryFrame
        {
            Header = HeaderOf<EntryFrame>(EventKind.Entry, header.Epoch, header.Index),
            Term = header.Term,
            Timestamp = header.Timestamp,
        };
    }

    public void BeginCause(uint offset, ulong stampOrDeadline, UInt128 causation, UInt128 correlation)
    {
        _causeWritten = false;
        _cause = new CauseFrame
        {
            Header = HeaderOf<CauseFrame>(EventKind.Cause, offset, stampOrDeadline),
            Causation = causation,
            Correlation = correlation,
        };
    }

    /// <summary>Appends an event; its header is filled in here.</summary>
    public void Append<T>(EventKind kind, uint stream, T content)
        where T : unmanaged
    {
        if (!_entryWritten)
        {
            _output.Append<EntryFrame>() = _entry;
            _entryWritten = true;
        }

        if (!_causeWritten)
        {
            _output.Append<CauseFrame>() = _cause;
            _causeWritten = true;
        }

        var sequence = SequenceOf(stream) + 1;
        _sequences[stream] = sequence;
        ref var place = ref _output.Append<T>();
        place = content;
        Unsafe.As<T, EventHeader>(ref place) = HeaderOf<T>(kind, stream, sequence);
    }

    public void BookDelta(ModelInstrument instrument, Side side, long price)
    {
        var level = instrument.Level(side, price);
        Append(EventKind.BookDelta, instrument.Id, new BookDelta
        {
            Price = new Price(price),
            Quantity = new Quantity(level.Sum(order => order.Shown)),
            Orders = (uint)level.Count,
            Side = side,
        });
    }

    /// <summary>An administrative command took effect.</summary>
    public Answer Administered(Command command, ulong id)
    {
        Append(EventKind.Administered, EventStream.System, new Administered
        {
            Kind = command.Kind,
            User = command.Header.User,
            Account = command.Header.Account,
            Instrument = command.Header.Instrument,
            Id = id,
            PolicyHash = state.PolicyHashOf(state.InstrumentOf(command.Header)),
            Subject = command.Subject(),
        });
        return Answer.Accepted(id);
    }

    /// <summary>A command was refused by a committed decision.</summary>
    public void Rejected(Command command, Answer answer)
    {
        var header = command.Header;
        var instrument = state.InstrumentOf(header);
        var isOrderCommand = command.Kind <= CommandKind.CancelAll;
        Append(
            isOrderCommand ? EventKind.OrderRejected : EventKind.CommandRejected,
            instrument?.Id ?? EventStream.System,
            new CommandRejected
            {
                Account = header.Account,
                Code = answer.Code,
                Kind = command.Kind,
                Target = TargetOf(command),
                ClientOrderId = ClientOrderIdOf(command),
                PolicyHash = state.PolicyHashOf(instrument),
                User = header.User,
                Actual = answer.Actual,
                Limit = answer.Limit,
            });
    }

    private static ulong TargetOf(Command command) => command.Kind switch
    {
        CommandKind.CancelOrder => command.As<CancelOrder>().OrderId.Value,
        CommandKind.AmendOrder => command.As<AmendOrder>().OrderId.Value,
        CommandKind.ReplaceOrder => command.As<ReplaceOrder>().OrderId.Value,
        CommandKind.CloseSession => command.As<CloseSession>().Session.Value,
        CommandKind.SetSessionConnection => command.As<SetSessionConnection>().Session.Value,
        CommandKind.OpenAccount => command.As<OpenAccount>().Owner.Value,
        CommandKind.DecideAdjustment => command.As<DecideAdjustment>().Proposal,
        CommandKind.SetUser => command.As<SetUser>().Target.Value,
        CommandKind.CreateApiKey or CommandKind.RevokeApiKey => command.Subject(),
        CommandKind.ClaimDrain => command.As<ClaimDrain>().Drain,
        CommandKind.AdvanceDrain => command.As<AdvanceDrain>().Drain,
        CommandKind.DropDrain => command.As<DropDrain>().Drain,
        _ => 0,
    };

    private static UInt128 ClientOrderIdOf(Command command) => command.Kind switch
    {
        CommandKind.PlaceOrder => command.As<PlaceOrder>().ClientOrderId,
        CommandKind.CancelOrder => command.As<CancelOrder>().ClientOrderId,
        CommandKind.AmendOrder => command.As<AmendOrder>().ClientOrderId,
        CommandKind.ReplaceOrder => command.As<ReplaceOrder>().ClientOrderId,
        _ => 0,
    };

    private static EventHeader HeaderOf<T>(EventKind kind, uint stream, ulong sequence) => new()
    {
        Length = (ushort)Unsafe.SizeOf<T>(),
        Kind = kind,
        Version = EventHeader.CurrentVersion,
        Stream = stream,
        Sequence = sequence,
    };
}
