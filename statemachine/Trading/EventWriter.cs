using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Appends events with their envelopes. Frames are written before it is known whether an event follows, and taken back
/// where none did: what a command does not do costs it nothing to ask.
/// </summary>
internal sealed class EventWriter(ExchangeState state)
{
    private OutputBuffer _buffer = new(64);
    private int _start;

    // Where the frame of the present command or timer begins, and its first event.
    private int _causeStart;
    private int _causeEnd;
    private long _lookedBytes;

    /// <summary>Bytes appended in this entry.</summary>
    public ReadOnlySpan<byte> Written => _buffer.Written[_start..];

    /// <summary>Whether no further command or timer may begin in this entry.</summary>
    public bool IsEntryFull
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Bytes + _lookedBytes >= state.Globals.Policy.EntryBytesMax;
    }

    // The entry's frame counts with the first event: before it, it may be taken back yet.
    private long Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var bytes = _buffer.Length - _start;
            return bytes == Unsafe.SizeOf<EntryFrame>() ? 0 : bytes;
        }
    }

    public void BeginEntry(OutputBuffer buffer)
    {
        _buffer = buffer;
        _start = buffer.Length;
        _lookedBytes = 0;
        ref var globals = ref state.Globals;
        ref var entry = ref _buffer.Append<EntryFrame>();
        WriteHeader(ref entry.Header, Unsafe.SizeOf<EntryFrame>(), EventKind.Entry, globals.Epoch, globals.Index);
        entry.Term = globals.Term;
        entry.Timestamp = globals.Timestamp;
    }

    /// <summary>Counts orders that were walked over: an entry gets full by what it reads too.</summary>
    public void Look(int orders) => _lookedBytes += (long)orders * EffectLimits.LookBytes;

    /// <summary>What made no event made no frame: an entry without events leaves nothing.</summary>
    public void EndEntry()
    {
        if (_buffer.Length == _start + Unsafe.SizeOf<EntryFrame>())
        {
            _buffer.TakeBack(_start);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginCommand(in CommandHeader header, uint offset, UInt128 causation) =>
        BeginCause(offset, header.Stamp, causation, header.Correlation);

    public void BeginTimer(UInt128 causation, ulong deadline) =>
        BeginCause(CauseFrame.TimerOffset, deadline, causation, correlation: 0);

    /// <summary>Ends what a command or timer appended; without an event its frame goes as well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndCause()
    {
        if (_buffer.Length == _causeEnd)
        {
            _buffer.TakeBack(_causeStart);
        }
    }

    /// <summary>Appends an event of an instrument's stream; the caller fills in every field after the header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Append<T>(EventKind kind, uint instrument, ref Instrument record)
        where T : unmanaged =>
        ref Append<T>(kind, instrument, ++record.Sequence);

    public ref T AppendSystem<T>(EventKind kind)
        where T : unmanaged =>
        ref Append<T>(kind, EventStream.System, ++state.Globals.SystemSequence);

    public ref T AppendLedger<T>(EventKind kind)
        where T : unmanaged =>
        ref Append<T>(kind, EventStream.Ledger, ++state.Globals.LedgerSequence);

    public void BookDelta(uint number, ref Instrument instrument, Side side, in PriceLevel level)
    {
        ref var delta = ref Append<BookDelta>(EventKind.BookDelta, number, ref instrument);
        delta.Price = new Price(level.Price);
        delta.Quantity = new Quantity(level.Visible);
        delta.Orders = unchecked((uint)level.Orders);
        delta.Side = side;
        delta.Reserved0 = 0;
        delta.Reserved1 = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T Append<T>(EventKind kind, uint stream, ulong sequence)
        where T : unmanaged
    {
        ref var place = ref _buffer.Append<T>();
        WriteHeader(ref Unsafe.As<T, EventHeader>(ref place), Unsafe.SizeOf<T>(), kind, stream, sequence);
        return ref place;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteHeader(ref EventHeader header, int length, EventKind kind, uint stream, ulong sequence)
    {
        // Length, kind and version in one store; all known when this is compiled.
        Unsafe.As<EventHeader, uint>(ref header) =
            (uint)length | ((uint)kind << 16) | ((uint)EventHeader.CurrentVersion << 24);
        header.Stream = stream;
        header.Sequence = sequence;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginCause(uint offset, ulong stamp, UInt128 causation, UInt128 correlation)
    {
        _causeStart = _buffer.Length;
        ref var cause = ref _buffer.Append<CauseFrame>();
        WriteHeader(ref cause.Header, Unsafe.SizeOf<CauseFrame>(), EventKind.Cause, offset, stamp);
        cause.Causation = causation;
        cause.Correlation = correlation;
        _causeEnd = _buffer.Length;
    }
}
