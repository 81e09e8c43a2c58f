using System.Runtime.InteropServices;
using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Bench.Full;

/// <summary>
/// A stream as log entries for the whole machine. The commands carry the order ids that a first, untimed pass got from
/// the machine: it is deterministic, so every later pass assigns the same ones.
/// </summary>
internal sealed class FullReplay
{
    /// <summary>Log time of one command, nanoseconds: a million a second.</summary>
    public const long CommandInterval = 1_000;

    private readonly OperationStream _stream;
    private readonly EntryScript _script = new();

    // Taken from the machine: id by order number, number by count of acceptances, lots traded.
    private readonly ulong[] _ids;
    private readonly int[] _numbers;
    private readonly long[] _executed;

    /// <summary>Encodes the stream; asks the machine for the ids on the way.</summary>
    public FullReplay(OperationStream stream, DedupMode dedup, int batch, long keysRemembered)
    {
        _stream = stream;
        _ids = new ulong[stream.OrderLimit];
        _numbers = new int[stream.OrderLimit + 1];
        _executed = new long[stream.OrderLimit];
        FullSetup.Append(_script, stream, keysRemembered * CommandInterval);
        SetupEntries = _script.Count;
        Encode(dedup, batch);
    }

    /// <summary>Entries before the first operation.</summary>
    public int SetupEntries { get; }

    /// <summary>Entries before the first timed operation.</summary>
    public int UntimedEntries { get; private set; }

    public int Entries => _script.Count;

    public void Apply(ExchangeMachine machine, int first, int limit, OutputBuffer events, OutputBuffer results) =>
        _script.Apply(machine, first, limit, events, results);

    /// <summary>The trades of a whole pass over the entries, read from their events. Not timed.</summary>
    public TradeHash TradesOf(ExchangeMachine machine)
    {
        var (events, results) = (new OutputBuffer(1 << 16), new OutputBuffer(1 << 16));
        var trades = default(TradeHash);
        for (var i = 0; i < Entries; i++)
        {
            Apply(machine, i, i + 1, events, results);
            var reader = new EventReader(events.Written);
            while (reader.TryRead(out var envelope))
            {
                if (envelope.Kind == EventKind.TradeExecuted)
                {
                    ref readonly var trade = ref envelope.As<TradeExecuted>();
                    trades.Add(
                        (ulong)NumberOf(trade.MakerOrderId),
                        (ulong)NumberOf(trade.TakerOrderId),
                        trade.Price.Ticks,
                        trade.Quantity.Lots);
                }
            }
        }

        return trades;
    }

    private void Encode(DedupMode dedup, int batch)
    {
        var commands = new OperationCommands(_stream, dedup);
        var scout = new Scout(_script, SetupEntries);
        var inEntry = 0;
        for (var i = 0; i < _stream.Operations.Length; i++)
        {
            if (i == _stream.Prefill || inEntry == batch)
            {
                EndEntry(inEntry);
                inEntry = 0;
                UntimedEntries = i == _stream.Prefill ? _script.Count : UntimedEntries;
            }

            ref readonly var operation = ref _stream.Operations[i];
            var bytes = commands.Encode(
                in operation, new OrderId(_ids[operation.Order]), _executed[operation.Order], _script.Now);
            _script.Append(bytes);
            inEntry++;
            var result = scout.Apply(bytes);
            Learn(in operation, in result, scout.Events);
        }

        EndEntry(inEntry);
    }

    private void EndEntry(int commands)
    {
        if (commands > 0)
        {
            _script.EndEntry(commands * CommandInterval);
        }
    }

    private void Learn(in Operation operation, in CommandResult result, ReadOnlySpan<byte> events)
    {
        if (operation.Kind <= OperationKind.ImmediateOrCancel)
        {
            if (result.Code != RejectCode.None)
            {
                throw new InputException($"{_stream.Name}: an order is refused with {result.Code}.");
            }

            _ids[operation.Order] = result.Id;
            _numbers[new OrderId(result.Id).Count] = operation.Order;
        }
        else if (result.Code is not (RejectCode.None or RejectCode.UnknownOrder))
        {
            throw new InputException($"{_stream.Name}: a {operation.Kind} is refused with {result.Code}.");
        }

        var reader = new EventReader(events);
        while (reader.TryRead(out var envelope))
        {
            if (envelope.Kind == EventKind.TradeExecuted)
            {
                ref readonly var trade = ref envelope.As<TradeExecuted>();
                _executed[NumberOf(trade.MakerOrderId)] += trade.Quantity.Lots;
                _executed[NumberOf(trade.TakerOrderId)] += trade.Quantity.Lots;
            }
        }
    }

    private int NumberOf(OrderId id) => _numbers[id.Count];

    // The machine of the untimed pass, fed command by command.
    private sealed class Scout
    {
        private readonly ExchangeMachine _machine = new();
        private readonly OutputBuffer _events = new(1 << 16);
        private readonly OutputBuffer _results = new(1 << 16);
        private long _now;

        public Scout(EntryScript script, int setupEntries)
        {
            for (var i = 0; i < setupEntries; i++)
            {
                script.Apply(_machine, i, i + 1, _events, _results);
                foreach (ref readonly var result in MemoryMarshal.Cast<byte, CommandResult>(_results.Written))
                {
                    if (result.Code != RejectCode.None)
                    {
                        throw new InputException($"the setup's {result.Kind} is refused with {result.Code}.");
                    }
                }
            }

            _now = script.Now;
        }

        public ReadOnlySpan<byte> Events => _events.Written;

        public CommandResult Apply(ReadOnlySpan<byte> command)
        {
            _events.Clear();
            _results.Clear();
            _now += CommandInterval;
            var header = new EntryHeader
            {
                Term = 1,
                Index = _machine.AppliedIndex + 1,
                Timestamp = _now,
                Kind = EntryKind.Commands,
                Epoch = 1,
                CommandCount = 1,
                PayloadLength = (uint)command.Length,
            };
            _machine.Apply(in header, command, _events, _results);
            return MemoryMarshal.Read<CommandResult>(_results.Written);
        }
    }
}
