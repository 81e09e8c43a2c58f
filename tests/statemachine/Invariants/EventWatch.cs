using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Invariants;

/// <summary>
/// Holds every event to its envelope: streams without gaps, ids given once, and a cause that is the command or timer it
/// came from.
/// </summary>
internal sealed class EventWatch(ExchangeState state)
{
    private readonly Dictionary<uint, ulong> _sequences = [];
    private readonly HashSet<EventId> _ids = [];

    public long Trades { get; private set; }

    public void Observe(Entry entry, IReadOnlyList<Happened> events)
    {
        var commands = CommandsOf(entry);
        foreach (var happened in events)
        {
            ref readonly var header = ref entry.Header;
            Assert.Equal((header.Index, header.Term), (happened.Index, happened.Term));
            Assert.Equal((header.Timestamp, header.Epoch), (happened.OccurredAt, happened.Id.Epoch));
            Assert.Equal(_sequences.GetValueOrDefault(happened.Stream) + 1, happened.Sequence);
            _sequences[happened.Stream] = happened.Sequence;
            Assert.True(_ids.Add(happened.Id), "an event id was given twice");
            Trades += happened.Kind == EventKind.TradeExecuted ? 1 : 0;
            CheckStream(happened);
            CheckCause(in header, happened, commands);
        }

        Assert.Equal(_sequences.GetValueOrDefault(EventStream.System), state.Globals.SystemSequence);
        Assert.Equal(_sequences.GetValueOrDefault(EventStream.Ledger), state.Globals.LedgerSequence);
        for (var instrument = 1u; instrument <= state.Globals.Instruments; instrument++)
        {
            Assert.Equal(_sequences.GetValueOrDefault(instrument), state.Instruments.At((int)instrument).Sequence);
        }
    }

    private static List<byte[]> CommandsOf(Entry entry)
    {
        var commands = new List<byte[]>();
        var reader = new BatchReader(entry.Payload);
        while (reader.TryRead(out var command))
        {
            commands.Add([.. command]);
        }

        return commands;
    }

    private void CheckStream(Happened happened)
    {
        switch (happened.Kind)
        {
            case EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted or EventKind.AssetCreated:
                Assert.Equal(EventStream.Ledger, happened.Stream);
                break;
            case EventKind.Administered or EventKind.TimerFired or EventKind.Checkpoint:
                Assert.Equal(EventStream.System, happened.Stream);
                break;
            case EventKind.OrderRejected or EventKind.CommandRejected when happened.Stream == EventStream.System:
                break;
            default:
                Assert.InRange(happened.Stream, 1u, state.Globals.Instruments);
                break;
        }
    }

    private static void CheckCause(in EntryHeader entry, Happened happened, List<byte[]> commands)
    {
        Assert.NotEqual(UInt128.Zero, happened.Causation);
        if (happened.Offset == CauseFrame.TimerOffset)
        {
            Assert.Equal(UInt128.Zero, happened.Correlation);
            if (happened.Kind == EventKind.Checkpoint)
            {
                Assert.Equal(Tagged(4, 0, entry.Index), happened.Causation);
            }
            else if (happened.Kind == EventKind.TimerFired)
            {
                ref readonly var fired = ref happened.As<TimerFired>();
                Assert.Equal(Tagged(3, (ulong)fired.Kind, fired.Id), happened.Causation);
                Assert.True(fired.Deadline <= entry.Timestamp, "a timer fired before its time");
            }

            return;
        }

        ref readonly var command = ref MemoryMarshal.AsRef<CommandHeader>(commands[(int)happened.Offset]);
        Assert.Equal(command.Correlation, happened.Correlation);
        Assert.Equal(
            command.Dedup switch
            {
                DedupMode.Keyed =>
                    CommandIdentity.OfKey(command.Account, command.Kind, command.Instrument, command.Key),
                DedupMode.Session => Tagged(1, command.Session.Value, command.Stamp),
                _ => Tagged(2, entry.Index, happened.Offset),
            },
            happened.Causation);
    }

    // The top byte tells which of the numbering schemes it is.
    private static UInt128 Tagged(ulong scheme, ulong high, ulong low) =>
        ((UInt128)scheme << 120) + ((UInt128)high << 64) + low;
}
