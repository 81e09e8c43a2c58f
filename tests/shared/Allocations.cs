namespace Exchange.Rsm.Tests;

/// <summary>
/// Says whether a piece of code allocates for each call. The runtime allocates on the measuring thread as well, once,
/// at a time of its own: code replaced while it runs, tables of literals, static fields of a type used first. So the
/// same round is measured again and again: what a call allocates is in every round, what the runtime does is not.
/// </summary>
internal static class Allocations
{
    private const int RoundsMax = 20;

    /// <summary>The fewest bytes that a round allocated; the first rounds are the warm-up.</summary>
    public static long Fewest(Action round) => Fewest(static () => 0, _ => round());

    /// <summary>The same for rounds that need a fresh subject each, whose making is not measured.</summary>
    public static long Fewest<T>(Func<T> prepare, Action<T> round)
    {
        var fewest = long.MaxValue;
        for (var i = 0; i < RoundsMax && fewest > 0; i++)
        {
            var subject = prepare();
            var before = GC.GetAllocatedBytesForCurrentThread();
            round(subject);
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
