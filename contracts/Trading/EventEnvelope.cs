using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Names one event for ever: (cluster epoch, stream, sequence). The id of a trade is the id of its event. The epoch
/// rises when a cluster is restored, so an id is never given twice.
/// </summary>
/// <param name="Value">Epoch in bits 96 to 111, stream in bits 64 to 95, sequence in the lower half.</param>
public readonly record struct EventId(UInt128 Value)
{
    /// <summary>Builds an id.</summary>
    /// <param name="epoch">Cluster epoch.</param>
    /// <param name="stream">The stream: an instrument's number or one of <see cref="EventStream"/>.</param>
    /// <param name="sequence">The event's number in its stream.</param>
    /// <returns>The id.</returns>
    public static EventId Of(ushort epoch, uint stream, ulong sequence) =>
        new(new UInt128(((ulong)epoch << 32) | stream, sequence));

    /// <summary>Cluster epoch.</summary>
    public ushort Epoch => (ushort)((Value >> 96) & ushort.MaxValue);

    /// <summary>The stream.</summary>
    public uint Stream => (uint)((Value >> 64) & uint.MaxValue);

    /// <summary>The event's number in its stream.</summary>
    public ulong Sequence => (ulong)(Value & ulong.MaxValue);
}

/// <summary>
/// One event with everything that its frames say about it. Every event has all of it; <see cref="EventReader"/> does
/// not yield one that lacks a part.
/// </summary>
public readonly ref struct EventEnvelope
{
    private readonly ref readonly EntryFrame _entry;
    private readonly ref readonly CauseFrame _cause;

    internal EventEnvelope(ref readonly EntryFrame entry, ref readonly CauseFrame cause, ReadOnlySpan<byte> bytes)
    {
        _entry = ref entry;
        _cause = ref cause;
        Bytes = bytes;
    }

    /// <summary>The whole event as it stands in the journal: header and body, without the frames.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>What follows the 16 bytes of the event's header.</summary>
    public ReadOnlySpan<byte> Payload => Bytes[Unsafe.SizeOf<EventHeader>()..];

    /// <summary>`event_id`.</summary>
    public EventId EventId => EventId.Of(Epoch, Stream, Sequence);

    /// <summary>`event_version`.</summary>
    public byte EventVersion => Header.Version;

    /// <summary>Which event.</summary>
    public EventKind Kind => Header.Kind;

    /// <summary>The stream: an instrument's number or one of <see cref="EventStream"/>.</summary>
    public uint Stream => Header.Stream;

    /// <summary>The instrument whose stream it is; `symbol` at the edge is its text. None for other streams.</summary>
    public InstrumentId Instrument =>
        new(Stream is EventStream.System or EventStream.Ledger ? 0 : Stream);

    /// <summary>`seq`: 1, 2, 3… in its stream, without gaps.</summary>
    public ulong Sequence => Header.Sequence;

    /// <summary>Cluster epoch.</summary>
    public ushort Epoch => (ushort)_entry.Header.Stream;

    /// <summary>`term` of the log entry.</summary>
    public ulong Term => _entry.Term;

    /// <summary>Index of the log entry.</summary>
    public ulong Index => _entry.Header.Sequence;

    /// <summary>`occurred_at`: log time of the entry, nanoseconds.</summary>
    public long OccurredAt => _entry.Timestamp;

    /// <summary>Offset of the command in its entry; <see cref="CauseFrame.TimerOffset"/> for a timer.</summary>
    public uint Offset => _cause.Header.Stream;

    /// <summary>The command's stamp, or the timer's deadline.</summary>
    public ulong CauseStamp => _cause.Header.Sequence;

    /// <summary>`correlation_id`; zero for a timer, or where the client gave none.</summary>
    public UInt128 CorrelationId => _cause.Correlation;

    /// <summary>`causation_id`, never zero; see <see cref="CauseFrame.Causation"/>.</summary>
    public UInt128 CausationId => _cause.Causation;

    /// <summary>The event as its layout.</summary>
    /// <typeparam name="T">The layout of <see cref="Kind"/>.</typeparam>
    /// <returns>A view of <see cref="Bytes"/>.</returns>
    /// <exception cref="InvariantViolationException">The layout has another size.</exception>
    public ref readonly T As<T>()
        where T : unmanaged
    {
        Invariant.Check(Unsafe.SizeOf<T>() == Bytes.Length);
        return ref Unsafe.As<byte, T>(ref MemoryMarshal.GetReference(Bytes));
    }

    private ref readonly EventHeader Header => ref Unsafe.As<byte, EventHeader>(ref MemoryMarshal.GetReference(Bytes));
}
