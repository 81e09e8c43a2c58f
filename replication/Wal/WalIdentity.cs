namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Whose log it is. A disk that was wiped is formatted under the next incarnation, so that nobody takes it for the
/// member it was before.
/// </summary>
/// <param name="ClusterId">The cluster, drawn at genesis.</param>
/// <param name="NodeId">The member's number, from 1.</param>
/// <param name="Incarnation">Counts the lives of its disk, from 1.</param>
/// <param name="Salt">
/// Drawn at random by the host that formats the disk, and told to nobody: it seeds the checksums, so that no client can
/// make a payload that looks like a part of the log's own structure.
/// </param>
public readonly record struct WalIdentity(UInt128 ClusterId, uint NodeId, uint Incarnation, ulong Salt);
