using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Portable;

/// <summary>A snapshot file or store cannot be used.</summary>
/// <param name="fault">Its name.</param>
/// <param name="message">Which file, where in it, and what is wrong.</param>
public sealed class PortableSnapshotException(SnapshotFault fault, string message) : Exception(message)
{
    /// <summary>What is wrong.</summary>
    public SnapshotFault Fault { get; } = fault;
}
