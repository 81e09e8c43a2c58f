using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>
/// The newest records in memory, by index, in one ring of bytes. What was not written to disk yet is never overwritten:
/// without room the append is refused.
/// </summary>
internal sealed class JournalRing(int capacity)
{
    private byte[] _bytes = new byte[capacity];
    private long[] _positions = new long[1024];

    /// <summary>Index of the oldest record here.</summary>
    public ulong First { get; private set; } = 1;

    /// <summary>Index that the next record has.</summary>
    public ulong Next { get; private set; } = 1;

    /// <summary>Position behind the newest record; positions only grow.</summary>
    public long End { get; private set; }

    public long PositionOf(ulong index) =>
        index == Next ? End : _positions[(int)(index % (ulong)_positions.Length)];

    /// <summary>Starts anew behind an entry.</summary>
    public void Reset(ulong last) => First = Next = last + 1;

    /// <summary>Appends a record; false where bytes that are still needed would be overwritten.</summary>
    public bool TryAppend(in JournalRecordHeader header, ReadOnlySpan<byte> events, long neededFrom)
    {
        Invariant.Check(header.Index == Next);
        var length = header.PaddedLength;
        if (length > _bytes.Length)
        {
            // One entry larger than the ring: the ring grows to it, once what waits is written.
            if (neededFrom != End)
            {
                return false;
            }

            (_bytes, First) = (new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length)], Next);
        }

        if (End + length - neededFrom > _bytes.Length)
        {
            return false;
        }

        while (First < Next && End + length - PositionOf(First) > _bytes.Length)
        {
            First++;
        }

        if (Next - First == (ulong)_positions.Length)
        {
            GrowPositions();
        }

        _positions[(int)(Next % (ulong)_positions.Length)] = End;
        Put(MemoryMarshal.AsBytes(new ReadOnlySpan<JournalRecordHeader>(in header)), End);
        Put(events, End + JournalRecordHeader.Size);
        Span<byte> zeros = stackalloc byte[8];
        zeros.Clear();
        Put(zeros[..(length - (int)header.Length)], End + header.Length);
        End += length;
        Next++;
        return true;
    }

    /// <summary>Copies bytes out.</summary>
    public void CopyTo(long position, Span<byte> destination)
    {
        var at = (int)(position % _bytes.Length);
        var first = Math.Min(destination.Length, _bytes.Length - at);
        _bytes.AsSpan(at, first).CopyTo(destination);
        _bytes.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    private void Put(ReadOnlySpan<byte> bytes, long position)
    {
        var at = (int)(position % _bytes.Length);
        var first = Math.Min(bytes.Length, _bytes.Length - at);
        bytes[..first].CopyTo(_bytes.AsSpan(at));
        bytes[first..].CopyTo(_bytes);
    }

    private void GrowPositions()
    {
        var grown = new long[_positions.Length * 2];
        for (var index = First; index < Next; index++)
        {
            grown[(int)(index % (ulong)grown.Length)] = PositionOf(index);
        }

        _positions = grown;
    }
}
