namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// What a node is made from: what its disk holds. The entries behind the snapshot follow by
/// <see cref="RaftNode.Restore"/>.
/// </summary>
public sealed record RaftStart
{
    /// <summary>The cluster, drawn when it was founded.</summary>
    public required UInt128 ClusterId { get; init; }

    /// <summary>
    /// The epoch: 1 when founded, one more after each forced recovery or restore of the whole cluster.
    /// </summary>
    public required ushort Epoch { get; init; }

    /// <summary>Who this is.</summary>
    public required MemberId Self { get; init; }

    /// <summary>Term and vote, as last stored.</summary>
    public HardState HardState { get; init; }

    /// <summary>
    /// What the log begins behind. Of a founded cluster the founding members at index 0, the same on each; of a node
    /// that is to be added, nobody at index 0.
    /// </summary>
    public required SnapshotPoint Snapshot { get; init; }

    /// <summary>Counts the starts of this incarnation, or rises from start to start in another way.</summary>
    public uint StartNumber { get; init; }

    /// <summary>
    /// Whether the node has never run: it has given no word that could have been forgotten, so nobody need be asked.
    /// True only where the caller has just made its disk.
    /// </summary>
    public bool IsNew { get; init; }

    /// <summary>The members of a cluster at its founding.</summary>
    /// <param name="members">The same on every member.</param>
    /// <returns>The point before the first entry.</returns>
    public static SnapshotPoint Founded(Configuration members) => new(default, members, 0, 0);
}
