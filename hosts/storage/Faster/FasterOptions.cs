namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>The tunables of a <see cref="FasterSnapshotStore"/>.</summary>
public sealed record FasterOptions
{
    /// <summary>
    /// Bits of a log page: 2 MiB, so that the largest record (1 MiB) fits. A page is what is checksummed and read.
    /// </summary>
    public int PageBits { get; init; } = 21;

    /// <summary>Bits of the log's part in memory: 32 MiB. Records are written once and not read again.</summary>
    public int MemoryBits { get; init; } = 25;

    /// <summary>Bits of a log segment, one file each: 256 MiB.</summary>
    public int SegmentBits { get; init; } = 28;

    /// <summary>Buckets of the hash index, 64 bytes for up to seven records.</summary>
    public long IndexBuckets { get; init; } = 1 << 18;

    /// <summary>Slices that may wait for the writer; beyond them a cut is read no further.</summary>
    public int Buffers { get; init; } = 16;

    /// <summary>Snapshots that are kept.</summary>
    public int Retain { get; init; } = 2;

    /// <summary>Runs of changes in one log before it is written anew: each costs a page of memory when read.</summary>
    public int RunsMax { get; init; } = 24;

    /// <summary>Bytes that a log may exceed twice the live records by, before it is written anew.</summary>
    public long SlackBytes { get; init; } = 64 << 20;

    /// <summary>A write or checkpoint that takes longer is given up, and its log with it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Refuses what cannot work.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">A value is out of its range, or two do not fit together.</exception>
    public FasterOptions Validate()
    {
        var isGood = PageBits is >= 14 and <= 25
            && MemoryBits >= PageBits + 2
            && MemoryBits <= 34
            && SegmentBits >= PageBits
            && SegmentBits <= 34
            && IndexBuckets >= 64
            && Buffers >= 2
            && Retain >= 1
            && RunsMax is >= 1 and <= 256
            && SlackBytes >= 0
            && Timeout > TimeSpan.Zero;
        return isGood ? this : throw new ArgumentException("The options of the snapshot store do not fit together.");
    }
}
