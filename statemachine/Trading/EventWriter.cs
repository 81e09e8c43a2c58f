using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Appends events with their envelopes. Frames are written with the first event that needs them.</summary>
internal sealed class EventWriter(ExchangeState state)
{
    private OutputBuffer _buffer = new(64);
    private int _start;

    // What the cause frame of the present command or timer will say.
    private uint _offset;
    private ulong _stamp;
    private UInt128 _causation;
    private UInt128 _correlation;
    private bool _hasEntry;
    private bool _hasCause;
    private long _lookedBytes;

    /// <summary>Bytes appended in this entry.</summary>
    public ReadOnlySpan<byte> Written => _buffer.Written[_start..];

    /// <summary>Whether no further command or timer may begin in this entry.</summary>
    public bool IsEntryFull =>
        _buffer.Length - _start + _lookedBytes >= state.Globals.Policy.EntryBytesMax;

    public void BeginEntry(OutputBuffer buffer)
    {
        _buffer = buffer;
        _start = buffer.Length;
        _hasEntry = false;
        _hasCause = false;
        _lookedBytes = 0;
    }

    /// <summary>Counts orders that were walked over: an entry gets full by what it reads too.</summary>
    public void Look(int orders) => _lookedBytes += (long)orders * EffectLimits.LookBytes;

    public void BeginCommand(in CommandHeader header, uint offset, UInt128 causation)
    {
        _offset = offset;
        _stamp = header.Stamp;
        _causation = causation;
        _correlation = header.Correlation;
        _hasCause = false;
    }

    public void BeginTimer(UInt128 causation, ulong deadline)
    {
        _offset = CauseFrame.TimerOffset;
        _stamp = deadline;
        _causation = causation;
        _correlation = 0;
        _hasCause = false;
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

    public void BookDelta(uint instrument, ref Instrument record, Side side, long price, long visible, int orders)
    {
        ref var delta = ref Append<BookDelta>(EventKind.BookDelta, instrument, ref record);
        delta.Price = new Price(price);
        delta.Quantity = new Quantity(visible);
        delta.Orders = (uint)orders;
        delta.Side = side;
        delta.Reserved0 = 0;
        delta.Reserved1 = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T Append<T>(EventKind kind, uint stream, ulong sequence)
        where T : unmanaged
    {
        if (!_hasCause)
        {
            AppendFrames();
        }

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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendFrames()
    {
        if (!_hasEntry)
        {
            _hasEntry = true;
            ref var globals = ref state.Globals;
            ref var entry = ref _buffer.Append<EntryFrame>();
            WriteHeader(ref entry.Header, Unsafe.SizeOf<EntryFrame>(), EventKind.Entry, globals.Epoch, globals.Index);
            entry.Term = globals.Term;
            entry.Timestamp = globals.Timestamp;
        }

        _hasCause = true;
        ref var cause = ref _buffer.Append<CauseFrame>();
        WriteHeader(ref cause.Header, Unsafe.SizeOf<CauseFrame>(), EventKind.Cause, _offset, _stamp);
        cause.Causation = _causation;
        cause.Correlation = _correlation;
    }
}
