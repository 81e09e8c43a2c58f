using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.StateMachine;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Cli.Explain;

/// <summary>
/// Time travel: finds commands in a log by applying it, then goes to the state right before each of them. That is the
/// state before its entry with the same entry applied whose payload ends where the command starts: what is missing
/// answers malformed and changes nothing, so timers and commands before it do exactly what they did.
/// </summary>
/// <param name="folder">The log.</param>
/// <param name="snapshot">Where to start; null for the genesis state.</param>
/// <param name="levels">Levels of each side of the book.</param>
internal sealed class Explainer(LogFolder folder, string? snapshot, uint levels)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Finds and explains orders by the commands that made them.</summary>
    /// <param name="orders">Their ids.</param>
    /// <returns>Those that are found, in the order of the log.</returns>
    public IReadOnlyList<Explanation> Orders(IReadOnlySet<ulong> orders)
    {
        var left = new HashSet<ulong>(orders);
        return Look(Find(() => left.Count == 0, replay => FindOrders(replay, left)));
    }

    /// <summary>Explains the command of a place.</summary>
    /// <param name="index">The entry.</param>
    /// <param name="offset">The command's place in it.</param>
    /// <returns>Null where there is none.</returns>
    public Explanation? Command(ulong index, uint offset)
    {
        var reached = 0UL;
        var found = Find(() => reached >= index, replay =>
        {
            reached = replay.Machine.AppliedIndex;
            var isThere = reached == index && offset < replay.Results.Length / Unsafe.SizeOf<CommandResult>();
            return isThere ? [(offset, 0)] : [];
        });
        return Look(found).FirstOrDefault();
    }

    private static List<(uint Offset, ulong Order)> FindOrders(LogReplay replay, HashSet<ulong> left)
    {
        var found = new List<(uint, ulong)>();
        var reader = new EventReader(replay.Events.Written);
        while (reader.TryRead(out var happened))
        {
            if (happened.Kind == EventKind.OrderAccepted
                && left.Remove(happened.As<OrderAccepted>().OrderId.Value))
            {
                found.Add((happened.Offset, happened.As<OrderAccepted>().OrderId.Value));
            }
        }

        return found;
    }

    private List<Explanation> Find(
        Func<bool> isDone, Func<LogReplay, List<(uint Offset, ulong Order)>> find)
    {
        using var replay = new LogReplay(folder, snapshot);
        var found = new List<Explanation>();
        while (!isDone() && replay.TryRead(out var header, out var payload))
        {
            replay.Apply(in header, payload);
            foreach (var (offset, order) in find(replay))
            {
                found.Add(Cut(in header, payload, offset, order, replay));
            }
        }

        return found;
    }

    private static Explanation Cut(
        in EntryHeader header, ReadOnlySpan<byte> payload, uint offset, ulong order, LogReplay replay)
    {
        var reader = new BatchReader(payload);
        var start = 0;
        ReadOnlySpan<byte> command = [];
        for (var at = 0u; at <= offset; at++)
        {
            start = reader.Position;
            reader.TryRead(out command);
        }

        var size = Unsafe.SizeOf<CommandResult>();
        return new Explanation
        {
            Entry = header,
            Offset = offset,
            Order = order,
            Start = start,
            Command = command.ToArray(),
            Result = replay.Results.Written.Slice((int)offset * size, size).ToArray(),
            Events = EventsOf(replay.Events.Written, offset).ToArray(),
            Whole = (replay.Results.Written.ToArray(), replay.Events.Written.ToArray()),
        };
    }

    // From the cause frame of the command up to the next one.
    private static ReadOnlySpan<byte> EventsOf(ReadOnlySpan<byte> events, uint offset)
    {
        var (start, end) = (-1, 0);
        for (; end < events.Length; end += MemoryMarshal.Read<EventHeader>(events[end..]).Length)
        {
            var header = MemoryMarshal.Read<EventHeader>(events[end..]);
            if (header.Kind == EventKind.Cause && start >= 0)
            {
                break;
            }

            if (header.Kind == EventKind.Cause && header.Stream == offset)
            {
                start = end;
            }
        }

        return start < 0 ? [] : events[start..end];
    }

    private List<Explanation> Look(List<Explanation> found)
    {
        if (found.Count == 0)
        {
            return found;
        }

        using var replay = new LogReplay(folder, snapshot);
        var explained = new List<Explanation>();
        while (explained.Count < found.Count && replay.TryRead(out var header, out var payload))
        {
            while (explained.Count < found.Count && found[explained.Count].Entry.Index == header.Index)
            {
                // The last one may have the machine itself: nobody needs it any more.
                var isLast = explained.Count + 1 == found.Count;
                var machine = isLast ? replay.Machine : CopyOf(replay.Machine);
                var one = found[explained.Count];
                explained.Add(one with { Before = LookBefore(machine, one, payload) });
            }

            if (explained.Count < found.Count)
            {
                replay.Apply(in header, payload);
            }
        }

        return explained;
    }

    private Before LookBefore(ExchangeMachine machine, Explanation one, ReadOnlySpan<byte> payload)
    {
        var queries = new ExchangeQueries(machine);
        var agreed = queries.State;
        var header = one.Entry;
        header.PayloadLength = (uint)one.Start;
        machine.Apply(in header, payload[..one.Start], new OutputBuffer(), new OutputBuffer());
        var hasHeader = one.Command.Length >= Unsafe.SizeOf<CommandHeader>();
        var command = hasHeader ? MemoryMarshal.Read<CommandHeader>(one.Command) : default;
        var (account, instrument) = (command.Account.Value, command.Instrument.Value);
        var rows = new OutputBuffer();
        queries.Instruments(rows);
        InstrumentAnswer? market = null;
        foreach (var row in MemoryMarshal.Cast<byte, InstrumentAnswer>(rows.Written))
        {
            market = row.Instrument.Value == instrument ? row : market;
        }

        rows.Clear();
        queries.Balances(account, rows);
        var balances = MemoryMarshal.Cast<byte, BalanceAnswer>(rows.Written).ToArray();
        rows.Clear();
        queries.Book(instrument, levels, rows);
        return new Before
        {
            Agreed = agreed,
            Inputs = queries.InputsOf(account, instrument),
            Instrument = market,
            Balances = market is { } of
                ? [.. balances.Where(row => row.Asset == of.BaseAsset || row.Asset == of.QuoteAsset)]
                : balances,
            Book = MemoryMarshal.Cast<byte, LevelAnswer>(rows.Written).ToArray(),
            Order = NamedBy(one.Command) is var named && queries.TryOrder(named, out var order) ? order : null,
        };
    }

    private static ulong NamedBy(ReadOnlySpan<byte> command) =>
        command.Length > Unsafe.SizeOf<CommandHeader>() + sizeof(ulong)
            && (CommandKind)command[2] is CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder
            ? MemoryMarshal.Read<ulong>(command[Unsafe.SizeOf<CommandHeader>()..])
            : 0;

    private static ExchangeMachine CopyOf(ExchangeMachine machine)
    {
        var records = new OutputBuffer(PieceBytes);
        var reader = machine.BeginSnapshot(SnapshotScope.All);
        int length;
        do
        {
            length = records.Length;
            reader.Read(records, PieceBytes);
        }
        while (records.Length > length);

        var copy = new ExchangeMachine();
        var restore = copy.BeginRestore();
        for (var rest = records.Written; !rest.IsEmpty;)
        {
            var header = MemoryMarshal.Read<SnapshotRecordHeader>(rest);
            rest = rest[Unsafe.SizeOf<SnapshotRecordHeader>()..];
            var isTaken = restore.TryWrite(in header, rest[..(int)header.Length]);
            Invariant.Check(isTaken);
            rest = rest[(int)header.Length..];
        }

        var isWhole = restore.TryEnd(machine.StateHash);
        Invariant.Check(isWhole);
        return copy;
    }
}
