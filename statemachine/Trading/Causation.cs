using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Causation ids of what has no command id of its own. The top byte tells the sources apart, so that a session's
/// command
/// and a timer never share one; among the digests of keyed commands a clash is as unlikely as between two of them.
/// </summary>
internal static class Causation
{
    private const int TagShift = 56;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 OfSession(uint session, ulong number) => new((1UL << TagShift) | session, number);

    public static UInt128 OfPlace(ulong index, uint offset) => new((2UL << TagShift) | index, offset);

    public static UInt128 OfTimer(TimerKind kind, ulong id) => new((3UL << TagShift) | (ulong)kind, id);

    public static UInt128 OfCheckpoint(ulong index) => new(4UL << TagShift, index);
}
