using System.Runtime.CompilerServices;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>The halves of a 128-bit number. The checked cast would refuse a number beyond 64 bits.</summary>
internal static class Words
{
    public static ulong Low(UInt128 number) => unchecked((ulong)number);

    public static ulong High(UInt128 number) => unchecked((ulong)(number >> 64));

    public static ulong Low(Int128 number) => unchecked((ulong)number);

    public static ulong High(Int128 number) => unchecked((ulong)(number >> 64));

    /// <summary>A sum that its operands' bounds keep in range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Plus(Int128 left, Int128 right) => unchecked(left + right);

    /// <summary>A difference that its operands' bounds keep in range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Minus(Int128 left, Int128 right) => unchecked(left - right);
}
