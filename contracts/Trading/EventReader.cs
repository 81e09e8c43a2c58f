using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>Why bytes are not events.</summary>
public enum EventError : byte
{
    /// <summary>Nothing is wrong: the bytes ended after a whole event.</summary>
    None = 0,

    /// <summary>The bytes end within an event.</summary>
    Truncated = 1,

    /// <summary>The kind is not one this build knows.</summary>
    UnknownKind = 2,

    /// <summary>The layout version is not one this build reads.</summary>
    UnsupportedVersion = 3,

    /// <summary>The length is not the kind's.</summary>
    Length = 4,

    /// <summary>An event or cause frame without an entry frame, or an event without a cause frame, before it.</summary>
    MissingFrame = 5,

    /// <summary>An entry frame without index or log time, or with an epoch above 65,535.</summary>
    EntryFrame = 6,

    /// <summary>A cause frame without a causation id.</summary>
    CauseFrame = 7,

    /// <summary>No stream has the number.</summary>
    Stream = 8,

    /// <summary>The event has no sequence.</summary>
    Sequence = 9,
}

/// <summary>
/// Walks the bytes of events and yields each with its full envelope; the frames are read on the way. Bad bytes stop it:
/// it then stays where it is, answers false for ever, and says why. It never throws.
/// </summary>
public ref struct EventReader
{
    private const uint InstrumentMax = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _bytes;
    private ref readonly EntryFrame _entry;
    private ref readonly CauseFrame _cause;

    /// <summary>Starts at the first byte, which must be that of an entry frame.</summary>
    /// <param name="bytes">The events of whole entries, back to back; any bytes.</param>
    public EventReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Bytes read so far; where <see cref="Error"/> is set, the place of what cannot be read.</summary>
    public int Position { get; private set; }

    /// <summary>Why the last read failed; none at the end of the bytes.</summary>
    public EventError Error { get; private set; }

    /// <summary>Takes the next event.</summary>
    /// <param name="envelope">The event; valid as long as the bytes are.</param>
    /// <returns>False at the end and where the bytes are bad: <see cref="Error"/> tells which.</returns>
    public bool TryRead(out EventEnvelope envelope)
    {
        while (Position < _bytes.Length)
        {
            var rest = _bytes[Position..];
            Error = Check(rest);
            if (Error != EventError.None)
            {
                break;
            }

            ref readonly var header = ref As<EventHeader>(rest);
            Position += header.Length;
            switch (header.Kind)
            {
                case EventKind.Entry:
                    _entry = ref As<EntryFrame>(rest);
                    _cause = ref Unsafe.NullRef<CauseFrame>();
                    break;
                case EventKind.Cause:
                    _cause = ref As<CauseFrame>(rest);
                    break;
                default:
                    envelope = new EventEnvelope(in _entry, in _cause, rest[..header.Length]);
                    return true;
            }
        }

        envelope = default;
        return false;
    }

    private readonly EventError Check(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < Unsafe.SizeOf<EventHeader>())
        {
            return EventError.Truncated;
        }

        ref readonly var header = ref As<EventHeader>(rest);
        var size = EventLayouts.SizeOf(header.Kind);
        if (size == 0)
        {
            return EventError.UnknownKind;
        }

        if (header.Version != EventHeader.CurrentVersion)
        {
            return EventError.UnsupportedVersion;
        }

        if (header.Length != size)
        {
            return EventError.Length;
        }

        if (rest.Length < size)
        {
            return EventError.Truncated;
        }

        return header.Kind switch
        {
            EventKind.Entry => CheckEntry(in As<EntryFrame>(rest)),
            EventKind.Cause => CheckCause(in As<CauseFrame>(rest)),
            _ => CheckEvent(in header),
        };
    }

    private static EventError CheckEntry(ref readonly EntryFrame frame) =>
        frame.Header.Stream <= ushort.MaxValue && frame.Header.Sequence != 0 && frame.Timestamp > 0
            ? EventError.None
            : EventError.EntryFrame;

    private readonly EventError CheckCause(ref readonly CauseFrame frame)
    {
        if (Unsafe.IsNullRef(in _entry))
        {
            return EventError.MissingFrame;
        }

        return frame.Causation != UInt128.Zero ? EventError.None : EventError.CauseFrame;
    }

    private readonly EventError CheckEvent(ref readonly EventHeader header)
    {
        if (Unsafe.IsNullRef(in _cause))
        {
            return EventError.MissingFrame;
        }

        if (header.Stream is > InstrumentMax and not EventStream.Ledger)
        {
            return EventError.Stream;
        }

        return header.Sequence != 0 ? EventError.None : EventError.Sequence;
    }

    // The length was checked before anything behind the header is read. Read in place, aligned or not.
    private static ref readonly T As<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged => ref Unsafe.As<byte, T>(ref MemoryMarshal.GetReference(bytes));
}
