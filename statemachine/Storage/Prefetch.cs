using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Asks the processor for a cache line without waiting for it. It has no effect on any result, and none at all where
/// the
/// processor has no such instruction.
/// </summary>
internal static unsafe class Prefetch
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Line<T>(ref T place)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
        }
    }

    /// <summary>Asks for a line some bytes behind a place, even beyond the end of what the place is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Behind(ref byte place, int bytes)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((byte*)Unsafe.AsPointer(ref place) + bytes);
        }
    }
}
