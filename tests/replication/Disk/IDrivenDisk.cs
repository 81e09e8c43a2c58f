using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Tests.Disk;

/// <summary>A disk whose requests come back when the test asks for them.</summary>
internal interface IDrivenDisk : IDisk
{
    /// <summary>Nothing is under way.</summary>
    bool IsIdle { get; }

    /// <summary>Takes a request that has ended, and waits for it if need be.</summary>
    DiskRequest CompleteNext();
}
