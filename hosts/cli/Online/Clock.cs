namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>Wall time as commands carry it.</summary>
internal static class Clock
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Nanoseconds since 1970.</summary>
    public static long Now => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;
}
