using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>The tunables of the event journal.</summary>
public sealed record JournalOptions
{
    /// <summary>Bytes of the newest events that are kept in memory, and served from there.</summary>
    public int RecentBytes { get; init; } = 16 << 20;

    /// <summary>Bytes written or read at once; whole sectors.</summary>
    public int PieceBytes { get; init; } = 256 << 10;

    /// <summary>Bytes of a segment file; whole sectors. One large entry makes a larger one.</summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Bytes that drains may hold back. At 4/5 of it an alarm; beyond it the slowest is to be deregistered, by a
    /// command in the log: the journal drops nothing by itself.
    /// </summary>
    public long QuotaBytes { get; init; } = 8L << 30;

    /// <summary>Refuses what cannot work.</summary>
    /// <returns>These options.</returns>
    public JournalOptions Validate()
    {
        Invariant.Check(PieceBytes >= IDisk.Sector);
        Invariant.Check(PieceBytes % IDisk.Sector == 0);
        Invariant.Check(SegmentBytes >= PieceBytes + IDisk.Sector);
        Invariant.Check(SegmentBytes % IDisk.Sector == 0);
        Invariant.Check(RecentBytes >= PieceBytes);
        Invariant.Check(QuotaBytes >= SegmentBytes);
        return this;
    }
}
