using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>The sizes and times of a write-ahead log.</summary>
public sealed record WalOptions
{
    /// <summary>
    /// Bytes of a segment. Large enough that a change of segments is rare, small enough that a whole one is read into
    /// memory when the log is recovered.
    /// </summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>Most bytes of a group, which is one write: the longest entry and what stands around it.</summary>
    public int GroupBytesMax { get; init; } = (4 << 20) + (64 << 10);

    /// <summary>
    /// Groups that may be under way, waiting or being filled: the bound of the queue. The last one is kept for what is
    /// not an entry, so that a vote never waits for room.
    /// </summary>
    public int Groups { get; init; } = 4;

    /// <summary>Empty segments kept ready ahead of the one in use.</summary>
    public int SegmentsAhead { get; init; } = 1;

    /// <summary>Released segments kept for their next use; what is more is deleted.</summary>
    public int SparesMax { get; init; } = 4;

    /// <summary>
    /// Bytes at the end of the room at hand that entries may not take: terms, votes and truncations still find a place
    /// when the disk is full.
    /// </summary>
    public int ReserveBytes { get; init; } = 64 << 10;

    /// <summary>A mark to seek by is kept for about every so many bytes of log.</summary>
    public int MarkBytes { get; init; } = 64 << 10;

    /// <summary>Idle for so long, nanoseconds, the log seals its last group.</summary>
    public long SealAfter { get; init; } = 1_000_000;

    /// <summary>A request under way for longer, nanoseconds, means that the disk has stalled.</summary>
    public long StallAfter { get; init; } = 2_000_000_000;

    /// <summary>Most readers at once.</summary>
    public int ReadersMax { get; init; } = 16;

    /// <summary>Bytes of a reader's buffer.</summary>
    public int ReaderBytes { get; init; } = (4 << 20) + (128 << 10);

    /// <summary>
    /// Whether recovery checks every chain hash. The checksums find what the disk did; the chain also finds what we
    /// did.
    /// </summary>
    public bool IsChainVerified { get; init; } = true;

    /// <summary>The longest payload that fits a group.</summary>
    public int PayloadBytesMax =>
        Math.Min(GroupBytesMax - GroupHeader.Size - RecordHeader.Size - EntryCodec.HeaderSize - 8,
            (int)EntryHeader.PayloadLengthMax);

    /// <summary>Checks that the sizes go together.</summary>
    /// <exception cref="InvariantViolationException">They do not.</exception>
    public void Validate()
    {
        Invariant.Check(SegmentBytes % IDisk.Sector == 0);
        Invariant.Check(GroupBytesMax % IDisk.Sector == 0);
        Invariant.Check(ReaderBytes % IDisk.Sector == 0);
        Invariant.Check(ReserveBytes % IDisk.Sector == 0);
        Invariant.Check(PayloadBytesMax > 0);

        // One being written, one to fill, one for what is not an entry.
        Invariant.Check(Groups is >= 3 and <= 64);

        // Whatever the queue holds goes into one new segment, its reserve left alone.
        Invariant.Check(ReserveBytes >= 4 * IDisk.Sector);
        Invariant.Check(((long)Groups * GroupBytesMax) + ReserveBytes <= SegmentBytes);
        Invariant.Check(SegmentsAhead is >= 1 and <= 16);
        Invariant.Check(SparesMax is >= 0 and <= 1024);
        Invariant.Check(MarkBytes > 0);
        Invariant.Check(SealAfter > 0);
        Invariant.Check(StallAfter > SealAfter);
        Invariant.Check(ReadersMax is >= 1 and <= 256);

        // The longest record, wherever it starts within a sector.
        Invariant.Check(ReaderBytes >= GroupBytesMax + IDisk.Sector);
    }
}
