using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>The tunables of snapshots.</summary>
public sealed record SnapshotOptions
{
    /// <summary>A snapshot is due at every multiple of so many entries; 0 where only by order.</summary>
    public ulong IntervalEntries { get; init; } = 100_000;

    /// <summary>
    /// Bytes of records read between two entries. 32 KiB take about 10 µs: 1 % of the pause that is allowed.
    /// </summary>
    public int SliceBytes { get; init; } = 32 << 10;

    /// <summary>Snapshots that are kept: the newest, and what is fallen back to.</summary>
    public int Retain { get; init; } = 2;

    /// <summary>Bytes written or read at once in files of canonical streams; whole sectors.</summary>
    public int PieceBytes { get; init; } = 256 << 10;

    /// <summary>Most bytes of a chunk in a message.</summary>
    public int ChunkBytes { get; init; } = 128 << 10;

    /// <summary>Refuses what cannot work.</summary>
    /// <returns>These options.</returns>
    public SnapshotOptions Validate()
    {
        Invariant.Check(SliceBytes is >= 1 and <= 1 << 20);
        Invariant.Check(Retain >= 1);
        Invariant.Check(PieceBytes >= IDisk.Sector);
        Invariant.Check(PieceBytes % IDisk.Sector == 0);
        Invariant.Check(ChunkBytes >= 1);
        Invariant.Check(ChunkBytes <= PieceBytes);
        return this;
    }
}
