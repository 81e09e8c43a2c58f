using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>What the driver knows where it cuts: of the last entry that it applied, and the membership.</summary>
/// <param name="Last">Header of the last entry applied.</param>
/// <param name="BehaviourVersion">Behaviour version of the machine after it.</param>
/// <param name="ConfigurationIndex">Index of the entry that made the configuration in force.</param>
/// <param name="Configuration">The configuration, opaque here.</param>
public readonly record struct SnapshotCut(
    EntryHeader Last,
    uint BehaviourVersion,
    ulong ConfigurationIndex,
    ReadOnlyMemory<byte> Configuration);
