using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>
/// The project's own 64-bit hash: the same on every build and machine, so its values may stand in logs. It multiplies
/// to 128 bits and folds the halves (the multiply-and-fold of the wyhash family). It finds faults; it does not resist
/// an attacker: where one must be resisted, the chain hash of the log does it.
/// </summary>
public static class StableHash
{
    // Odd constants with about half of the bits set: the fractional digits of sqrt(2), sqrt(3), sqrt(5) and sqrt(7).
    private const ulong First = 0x6A09E667F3BCC909;
    private const ulong Second = 0xBB67AE8584CAA73B;
    private const ulong Third = 0x3C6EF372FE94F82B;
    private const ulong Fourth = 0xA54FF53A5F1D36F1;

    // The golden ratio, and two odd factors with good avalanche.
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong FirstFactor = 0xBF58476D1CE4E5B9;
    private const ulong SecondFactor = 0x94D049BB133111EB;

    private const int BlockSize = 32;

    /// <summary>Mixes two words into one.</summary>
    /// <param name="left">A word.</param>
    /// <param name="right">A word.</param>
    /// <returns>The mixed word.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong left, ulong right)
    {
        left ^= First;
        right ^= Second;

        // The high half alone stays in a register; asking for both halves at once goes through memory.
        return Bmi2.X64.IsSupported
            ? Bmi2.X64.MultiplyNoFlags(left, right) ^ unchecked(left * right)
            : Math.BigMul(left, right, out var low) ^ low;
    }

    /// <summary>Hashes bytes.</summary>
    /// <param name="bytes">Any number of bytes.</param>
    /// <param name="seed">Continues from an earlier hash, or separates domains.</param>
    /// <returns>The hash.</returns>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var length = (ulong)bytes.Length;
        var laneA = seed ^ Third;
        var laneB = seed ^ Fourth;
        while (bytes.Length >= 32)
        {
            laneA = Mix(Word(bytes) ^ laneA, Word(bytes[8..]));
            laneB = Mix(Word(bytes[16..]) ^ laneB, Word(bytes[24..]));
            bytes = bytes[32..];
        }

        while (bytes.Length >= 8)
        {
            laneA = Mix(Word(bytes) ^ laneA, laneB);
            bytes = bytes[8..];
        }

        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        return Mix(Mix(laneA ^ rest, laneB), length ^ Fourth);
    }

    /// <summary>
    /// Hashes many bytes, in blocks of four words: every word goes through a bijection keyed by its position and the
    /// seed (multiply, xor-shift, multiply), and the results are added. The bytes count as padded with zeros to a
    /// multiple of 32, and their number is mixed in. Gives other values than <see cref="Of"/>; the same with and
    /// without vector hardware.
    /// </summary>
    /// <param name="bytes">Any number of bytes.</param>
    /// <param name="seed">Continues from an earlier hash, or separates domains.</param>
    /// <returns>The hash.</returns>
    public static ulong OfMany(ReadOnlySpan<byte> bytes, ulong seed)
    {
        // Unchecked: a check in the loop would keep the vectors on the stack.
        unchecked
        {
            var keys = Vector256.Create(First, Second, Third, Fourth) ^ Vector256.Create(seed * Golden);
            var wideKeys = Vector512.Create(keys, keys + Vector256.Create(Golden));
            var wideSum = Vector512<ulong>.Zero;
            ref var start = ref MemoryMarshal.GetReference(bytes);
            var length = (nuint)bytes.Length;
            nuint offset = 0;
            for (; offset + (2 * BlockSize) <= length; offset += 2 * BlockSize)
            {
                wideSum += Mixed(Vector512.LoadUnsafe(ref start, offset).AsUInt64() ^ wideKeys);
                wideKeys += Vector512.Create(2 * Golden);
            }

            var sum = wideSum.GetLower() + wideSum.GetUpper();
            keys = wideKeys.GetLower();
            if (offset + BlockSize <= length)
            {
                sum += Mixed(Vector256.LoadUnsafe(ref start, offset).AsUInt64() ^ keys);
                keys += Vector256.Create(Golden);
                offset += BlockSize;
            }

            if (offset != length)
            {
                sum += Mixed(LastBlock(bytes[(int)offset..]) ^ keys);
            }

            return Mix(Mix(Vector256.Sum(sum), seed), (ulong)bytes.Length ^ Fourth);
        }
    }

    private static Vector256<ulong> LastBlock(ReadOnlySpan<byte> bytes)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        bytes.CopyTo(block);
        return Vector256.Create<byte>(block).AsUInt64();
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
