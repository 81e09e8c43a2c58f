namespace Exchange.Rsm.Simulation.Plans;

/// <summary>
/// What a schedule is tuned to: size, pace, rates, and the tunables of the product itself. Durations are nanoseconds,
/// rates are millionths.
/// </summary>
public enum Knob : byte
{
    Nodes = 0,
    Clients = 1,
    Keys = 2,
    OperationsUntil = 3,
    FaultsUntil = 4,

    LossPpm = 5,
    DuplicatePpm = 6,
    FlipPpm = 7,
    TailPpm = 8,
    DelayMin = 9,
    DelaySpread = 10,
    TailMax = 11,

    DiskLatencyMin = 12,
    DiskLatencySpread = 13,

    DriftMaxPpm = 14,
    WallErrorMax = 15,

    HeartbeatNanos = 16,
    ElectionMinNanos = 17,
    ElectionMaxNanos = 18,
    LeaseReads = 19,
    MessageBytes = 20,
    InflightMessages = 21,
    RingEntries = 22,
    UncommittedMax = 23,
    SnapshotEvery = 24,
    SnapshotPartBytes = 25,
    HashEvery = 26,
    ClientPatience = 27,
    PayloadBytes = 28,
    StallNanos = 29,
}

/// <summary>One value for each knob.</summary>
public sealed class Knobs
{
    /// <summary>How many there are.</summary>
    public const int Count = 30;

    private const long Micro = 1_000;
    private const long Milli = 1_000_000;

    private readonly long[] _values = new long[Count];

    /// <summary>All knobs as they stand by themselves: a small cluster, a good network, no drift.</summary>
    public static Knobs Plain { get; } = MakePlain();

    /// <summary>One knob.</summary>
    public long this[Knob knob]
    {
        get => _values[(int)knob];
        set => _values[(int)knob] = value;
    }

    /// <summary>The same values to change on.</summary>
    public Knobs Copy()
    {
        var copy = new Knobs();
        _values.CopyTo(copy._values, 0);
        return copy;
    }

    public int AsInt(Knob knob) => (int)this[knob];

    private static Knobs MakePlain() => new()
    {
        [Knob.Nodes] = 3,
        [Knob.Clients] = 2,
        [Knob.Keys] = 2,
        [Knob.OperationsUntil] = 2_000 * Milli,
        [Knob.FaultsUntil] = 2_000 * Milli,
        [Knob.DelayMin] = 200 * Micro,
        [Knob.DelaySpread] = 800 * Micro,
        [Knob.TailMax] = 200 * Milli,
        [Knob.DiskLatencyMin] = 100 * Micro,
        [Knob.DiskLatencySpread] = 300 * Micro,
        [Knob.HeartbeatNanos] = 25 * Milli,
        [Knob.ElectionMinNanos] = 100 * Milli,
        [Knob.ElectionMaxNanos] = 200 * Milli,
        [Knob.MessageBytes] = 4096,
        [Knob.InflightMessages] = 8,
        [Knob.RingEntries] = 256,
        [Knob.UncommittedMax] = 128,
        [Knob.SnapshotEvery] = 64,
        [Knob.SnapshotPartBytes] = 1024,
        [Knob.HashEvery] = 4,
        [Knob.ClientPatience] = 150 * Milli,
        [Knob.PayloadBytes] = 32,
        [Knob.StallNanos] = 300 * Milli,
    };
}
