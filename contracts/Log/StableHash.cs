using System.Buffers.Binary;
using System.Runtime.CompilerServices;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
