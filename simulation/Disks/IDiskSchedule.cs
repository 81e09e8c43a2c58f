namespace Exchange.Rsm.Simulation.Disks;

/// <summary>Where a disk says when it will be done: the world's queue of events.</summary>
public interface IDiskSchedule
{
    /// <summary>The time of the world, nanoseconds.</summary>
    long Now { get; }

    /// <summary>A request will be done.</summary>
    /// <param name="node">Whose disk.</param>
    /// <param name="slot">The request; handed back to <see cref="SimulatedDisk.Complete"/>.</param>
    /// <param name="at">When; <see cref="long.MaxValue"/> where the disk has stalled for good.</param>
    /// <param name="identity">What names the request.</param>
    void DiskWillBeDone(int node, int slot, long at, ulong identity);
}
