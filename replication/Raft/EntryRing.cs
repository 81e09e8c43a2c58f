using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The newest entries, as bytes, one behind the other: what is sent and stored is taken from here without a copy. An
/// entry never wraps around the end. Entries leave at the front, and only those that their owner can do without.
/// </summary>
internal sealed class EntryRing
{
    private readonly byte[] _bytes;
    private readonly long[] _starts;
    private readonly int[] _lengths;
    private readonly ulong _entryMask;

    // Counts bytes ever placed, gaps at the end of the ring included: the place is the rest modulo the ring's size.
    private long _tail;

    public EntryRing(int bytes, int entries)
    {
        _bytes = new byte[bytes];
        _starts = new long[entries];
        _lengths = new int[entries];
        _entryMask = (ulong)entries - 1;
    }

    /// <summary>Index of the oldest entry held; one above <see cref="Last"/> where none is.</summary>
    public ulong First { get; private set; } = 1;

    public ulong Last { get; private set; }

    /// <summary>The entry before <see cref="First"/>.</summary>
    public LogPoint Before { get; private set; }

    public byte[] Bytes => _bytes;

    public bool Has(ulong index) => index >= First && index <= Last;

    /// <summary>Empties the ring.</summary>
    public void Restart(in LogPoint before)
    {
        Before = before;
        First = before.Index + 1;
        Last = before.Index;
    }

    /// <summary>Room for the next entry.</summary>
    /// <param name="length">Its bytes.</param>
    /// <param name="dispensable">Entries up to here may go.</param>
    /// <param name="place">The room.</param>
    /// <returns>False where there is none.</returns>
    public bool TryAdd(int length, ulong dispensable, out Span<byte> place)
    {
        place = default;
        var start = _tail;
        var offset = (int)(start & (_bytes.Length - 1));
        if (offset + length > _bytes.Length)
        {
            start += _bytes.Length - offset;
            offset = 0;
        }

        if (length > _bytes.Length)
        {
            return false;
        }

        while (First <= Last
            && (start + length - _starts[First & _entryMask] > _bytes.Length || Last - First >= _entryMask))
        {
            if (First > dispensable)
            {
                return false;
            }

            Before = LogPoint.Of(in HeaderAt(First));
            First++;
        }

        Last++;
        _starts[Last & _entryMask] = start;
        _lengths[Last & _entryMask] = length;
        _tail = start + length;
        place = _bytes.AsSpan(offset, length);
        return true;
    }

    public void Truncate(ulong from)
    {
        Invariant.Check(from >= First);
        Last = Math.Min(Last, from - 1);
        if (Last >= First)
        {
            _tail = _starts[Last & _entryMask] + _lengths[Last & _entryMask];
        }
    }

    public int OffsetOf(ulong index) => (int)(_starts[index & _entryMask] & (_bytes.Length - 1));

    public int LengthOf(ulong index) => _lengths[index & _entryMask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly EntryHeader HeaderAt(ulong index)
    {
        Invariant.Check(Has(index));
        return ref MemoryMarshal.AsRef<EntryHeader>(_bytes.AsSpan(OffsetOf(index), EntryCodec.HeaderSize));
    }

    public ReadOnlySpan<byte> EntryAt(ulong index)
    {
        Invariant.Check(Has(index));
        return _bytes.AsSpan(OffsetOf(index), LengthOf(index));
    }

    /// <summary>The longest run of entries that lie one behind the other.</summary>
    /// <param name="first">From this one.</param>
    /// <param name="last">To this one at most.</param>
    /// <param name="bytesMax">Ends before the entry that would exceed it; the first always belongs to it.</param>
    /// <param name="end">The last entry of the run.</param>
    /// <returns>The bytes.</returns>
    public ReadOnlyMemory<byte> Run(ulong first, ulong last, int bytesMax, out ulong end)
    {
        Invariant.Check(Has(first));
        var start = OffsetOf(first);
        var length = LengthOf(first);
        end = first;
        while (end < last)
        {
            var next = LengthOf(end + 1);
            if (OffsetOf(end + 1) != start + length || length + next > bytesMax)
            {
                break;
            }

            length += next;
            end++;
        }

        return _bytes.AsMemory(start, length);
    }
}
