using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Hash of one record at its place. The state hash is the sum of all records' hashes, so a change costs one of these
/// whatever the size of the state. Each word goes through a bijection keyed by its position and the record's place
/// (multiply, xor-shift, multiply), so a change of one word always changes the sum; the words are mixed side by side in
/// vector lanes, whose results are the same with and without vector hardware.
/// </summary>
internal static class RecordHash
{
    private const ulong First = 0x6A09E667F3BCC909;
    private const ulong Second = 0xBB67AE8584CAA73B;
    private const ulong Third = 0x3C6EF372FE94F82B;
    private const ulong Fourth = 0xA54FF53A5F1D36F1;

    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong FirstFactor = 0xBF58476D1CE4E5B9;
    private const ulong SecondFactor = 0x94D049BB133111EB;

    private const int Block = 32;
    private const int Line = 64;

    // Of the eight words of a line. The lower four are those of a record's single block.
    private static Vector512<ulong> LineKeys
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            First,
            Second,
            Third,
            Fourth,
            unchecked(First + Golden),
            unchecked(Second + Golden),
            unchecked(Third + Golden),
            unchecked(Fourth + Golden));
    }

    /// <summary>Hashes a record.</summary>
    /// <param name="record">The record; its size is a multiple of half a block.</param>
    /// <param name="slot">Where it stands.</param>
    /// <param name="mask">What counts of it: <see cref="RecordMask.Of{T}"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of<T>(ref T record, int slot, in RecordMask mask)
        where T : unmanaged, IRecord<T>
    {
        // Unchecked throughout: an overflow check in the loop would keep the vectors on the stack.
        unchecked
        {
            ref var bytes = ref Unsafe.As<T, byte>(ref record);
            var placed = (((ulong)T.Kind << 32) | (uint)slot) * Golden;
            if (Unsafe.SizeOf<T>() % Line != 0)
            {
                return OfBlocks(ref record, placed, mask.Last.GetUpper());
            }

            // All lines but the first and the last as they stand; the sizes are known when this is compiled.
            var keys = LineKeys ^ Vector512.Create(placed);
            var sum = Mixed((Vector512.LoadUnsafe(ref bytes) & mask.First).AsUInt64() ^ keys);
            for (var offset = Line; offset + Line < Unsafe.SizeOf<T>(); offset += Line)
            {
                keys += Vector512.Create(2 * Golden);
                sum += Mixed(Vector512.LoadUnsafe(ref bytes, (nuint)offset).AsUInt64() ^ keys);
            }

            if (Unsafe.SizeOf<T>() > Line)
            {
                keys += Vector512.Create(2 * Golden);
                var last = Vector512.LoadUnsafe(ref bytes, (nuint)(Unsafe.SizeOf<T>() - Line)) & mask.Last;
                sum += Mixed(last.AsUInt64() ^ keys);
            }

            return Vector256.Sum(sum.GetLower() + sum.GetUpper());
        }
    }

    // A record whose size is an odd number of half or whole blocks.
    private static ulong OfBlocks<T>(ref T record, ulong placed, Vector256<byte> mask)
        where T : unmanaged, IRecord<T>
    {
        unchecked
        {
            ref var bytes = ref Unsafe.As<T, byte>(ref record);
            var keys = Vector256.Create(First, Second, Third, Fourth) ^ Vector256.Create(placed);
            var sum = Vector256<ulong>.Zero;
            var wholeBlocks = (Unsafe.SizeOf<T>() - 1) / Block;
            for (var block = 0; block < wholeBlocks; block++)
            {
                sum += Mixed(Vector256.LoadUnsafe(ref bytes, (nuint)(block * Block)).AsUInt64() ^ keys);
                keys += Vector256.Create(Golden);
            }

            var last = Unsafe.SizeOf<T>() % Block == 0
                ? Vector256.LoadUnsafe(ref bytes, (nuint)(wholeBlocks * Block))
                : Vector256.Create(Vector128.LoadUnsafe(ref bytes, (nuint)(wholeBlocks * Block)), Vector128<byte>.Zero);
            return Vector256.Sum(sum + Mixed((last & mask).AsUInt64() ^ keys));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Mixed(Vector512<ulong> words)
    {
        words *= FirstFactor;
        words ^= words >>> 32;
        words *= SecondFactor;
        return words ^ (words >>> 29);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mixed(Vector256<ulong> words)
    {
        words *= FirstFactor;
        words ^= words >>> 32;
        words *= SecondFactor;
        return words ^ (words >>> 29);
    }
}
