using System.Diagnostics;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>The two clocks of the machine, in nanoseconds.</summary>
internal static class HostClock
{
    private const long NanosPerSecond = 1_000_000_000;
    private const long NanosPerTick = 100;

    /// <summary>Never goes back, and means nothing but distances.</summary>
    public static long Monotonic
    {
        get
        {
            var time = Stopwatch.GetTimestamp();
            return Stopwatch.Frequency == NanosPerSecond
                ? time
                : (long)((Int128)time * NanosPerSecond / Stopwatch.Frequency);
        }
    }

    /// <summary>Nanoseconds since 1970; may be set by anybody at any time.</summary>
    public static long Wall => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * NanosPerTick;
}
