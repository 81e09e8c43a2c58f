using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>Something in the store is not as it must be.</summary>
/// <param name="fault">Its name.</param>
/// <param name="detail">Which file, and where in it.</param>
internal sealed class StoreException(SnapshotFault fault, string detail) : Exception(detail)
{
    public SnapshotFault Fault { get; } = fault;
}
