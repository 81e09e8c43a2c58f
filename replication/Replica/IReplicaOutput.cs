using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// What a replica wants the world to know. Called from within <see cref="Replica.Run"/>, in order; nothing that is
/// handed out is valid after the call.
/// </summary>
public interface IReplicaOutput
{
    /// <summary>Send a message to another member, or lose it.</summary>
    /// <param name="message">The envelope, sealed.</param>
    /// <param name="body">Its body.</param>
    void Send(in PeerMessage message, ReadOnlySpan<byte> body);

    /// <summary>
    /// A committed entry was applied: what it decided may be told. After a restart the entries behind the snapshot are
    /// applied, and told, again.
    /// </summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="events">Its events.</param>
    /// <param name="results">One result for each command.</param>
    void Applied(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results);

    /// <summary>
    /// A read was decided: it may be served now, from the state as it is, or not at all. Under a lease
    /// <see cref="Replica.ConfirmLease"/> is asked once more after the read.
    /// </summary>
    /// <param name="read">Which, and whether.</param>
    void Read(in ReadState read);

    /// <summary>A snapshot of a peer took the place of the state: entries up to its index were never told.</summary>
    /// <param name="index">The snapshot's index.</param>
    void Installed(ulong index);
}
