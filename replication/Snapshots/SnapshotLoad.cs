namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>A snapshot that was refused.</summary>
/// <param name="Index">Its index; 0 where not even that could be read.</param>
/// <param name="Fault">Why.</param>
public readonly record struct SnapshotRefusal(ulong Index, SnapshotFault Fault);

/// <summary>What came of loading.</summary>
/// <param name="Manifest">The snapshot that the machine now is; null where none could be loaded.</param>
/// <param name="Refused">The newer ones that were refused, and why. To be reported: each is a lost copy.</param>
/// <param name="IsMachineUsable">
/// False where every restore failed and left the machine empty: a new one must take its place.
/// </param>
public sealed record SnapshotLoad(
    SnapshotManifest? Manifest,
    IReadOnlyList<SnapshotRefusal> Refused,
    bool IsMachineUsable);
