namespace Exchange.Rsm.Simulation.Faults;

/// <summary>How the world goes wrong. Each way has a counter; one that never strikes fails a fleet.</summary>
public enum FaultKind : byte
{
    None = 0,

    MessageLost = 1,
    MessageLate = 2,
    MessageDuplicated = 3,
    MessageReordered = 4,
    MessageFlipped = 5,
    LinkSlow = 6,
    LinkClogged = 7,
    PartitionTwoWay = 8,
    PartitionOneWay = 9,
    PartitionPartial = 10,
    PeersLostClientsReachable = 11,
    QueueOverflow = 12,

    Crash = 20,
    CrashOfAll = 21,
    CrashInRecovery = 22,
    Pause = 23,
    DiskLost = 24,
    BackupRestored = 25,

    WriteLost = 30,
    WriteTorn = 31,
    NameLost = 32,
    BitRot = 33,
    WriteMisdirected = 34,
    ReadError = 35,
    WriteError = 36,
    DiskFull = 37,
    DiskSlow = 38,
    DiskStalled = 39,
    ReadShort = 40,

    ClockOffset = 50,
    ClockDrift = 51,
    ClockJumpForward = 52,
    ClockJumpBack = 53,
    ClockFrozen = 54,

    ClientRetry = 60,
    ClientDuplicate = 61,
    ClientGivesUp = 62,

    BrokerAway = 64,
    DeliveryTwice = 65,
    DeliveryLate = 66,
    LedgerRestart = 67,
}

/// <summary>How often each fault struck.</summary>
public sealed class FaultCounts
{
    /// <summary>One more than the highest number of a kind.</summary>
    public const int Kinds = 80;

    private readonly long[] _counts = new long[Kinds];

    /// <summary>All kinds, in order of their numbers.</summary>
    public static IReadOnlyList<FaultKind> All { get; } =
        [.. Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.None)];

    /// <summary>How often one kind struck.</summary>
    public long this[FaultKind kind] => _counts[(int)kind];

    /// <summary>How often any struck.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            for (var i = 0; i < Kinds; i++)
            {
                total += _counts[i];
            }

            return total;
        }
    }

    public void Clear() => Array.Clear(_counts);

    public void Count(FaultKind kind) => _counts[(int)kind]++;

    public void Add(FaultCounts other)
    {
        for (var i = 0; i < Kinds; i++)
        {
            _counts[i] += other._counts[i];
        }
    }
}
