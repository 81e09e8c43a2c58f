namespace Exchange.Rsm.Replication.Raft;

/// <summary>A message to send.</summary>
public struct OutboundMessage
{
    /// <summary>The envelope, sealed.</summary>
    public PeerMessage Header;

    /// <summary>The body: a part of the node's own memory, valid until <see cref="RaftNode.Advance"/>.</summary>
    public ReadOnlyMemory<byte> Body;
}

/// <summary>What has to be made durable.</summary>
public enum LogWriteKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Term and vote.</summary>
    HardState = 1,

    /// <summary>
    /// Entries <see cref="LogWrite.First"/> to <see cref="LogWrite.Last"/> go away, and all behind them.
    /// </summary>
    Truncate = 2,

    /// <summary>
    /// Entries <see cref="LogWrite.First"/> to <see cref="LogWrite.Last"/> follow; bytes from
    /// <see cref="RaftNode.EntryBytes"/>.
    /// </summary>
    Append = 3,

    /// <summary>
    /// The whole log goes away: a snapshot stands in for everything up to <see cref="LogWrite.Point"/>, which was
    /// stored before. The next entry is the one behind it.
    /// </summary>
    Reset = 4,

    /// <summary>
    /// Damaged entries <see cref="LogWrite.First"/> to <see cref="LogWrite.Last"/> get their bytes back:
    /// <see cref="RaftNode.RepairedBytes"/>.
    /// </summary>
    Repair = 5,
}

/// <summary>One write to the log. In the order given; see the duties at <see cref="RaftNode"/>.</summary>
public struct LogWrite
{
    /// <summary>What.</summary>
    public LogWriteKind Kind;

    /// <summary>Rises from write to write; <see cref="RaftNode.Persisted"/> gives it back.</summary>
    public ulong Ticket;

    /// <summary>First index.</summary>
    public ulong First;

    /// <summary>Last index.</summary>
    public ulong Last;

    /// <summary>Term and vote.</summary>
    public HardState HardState;

    /// <summary>Where the log starts anew; of a truncation, the entry that becomes the last.</summary>
    public LogPoint Point;
}

/// <summary>A read that may be served, or may not.</summary>
/// <param name="Context">As it was asked for.</param>
/// <param name="Index">Serve as soon as this is applied.</param>
/// <param name="Refusal">None, or why it may not be served.</param>
/// <param name="IsLease">
/// Given under a lease: after the read and before the reply, the clock is told again and
/// <see cref="RaftNode.ConfirmLease"/> asked.
/// </param>
public readonly record struct ReadState(ulong Context, ulong Index, Refusal Refusal, bool IsLease);

/// <summary>Older entries that somebody needs and that are no longer in memory.</summary>
/// <param name="Peer">For which follower; the node itself where its own log is to be cut there.</param>
/// <param name="First">The first one needed.</param>
/// <param name="Last">The last one worth reading.</param>
/// <param name="BytesMax">Stop before the entry that would exceed this many bytes; the first is always read.</param>
/// <param name="IsRepair">Whether the peer asked for them because its own are damaged.</param>
public readonly record struct EntryRead(MemberId Peer, ulong First, ulong Last, int BytesMax, bool IsRepair);

/// <summary>A part of the newest snapshot that a follower needs.</summary>
/// <param name="Peer">For whom.</param>
/// <param name="Index">Of the snapshot it is receiving; zero: the newest there is.</param>
/// <param name="Offset">From here, bytes.</param>
/// <param name="BytesMax">Most bytes.</param>
public readonly record struct SnapshotRead(MemberId Peer, ulong Index, ulong Offset, int BytesMax);

/// <summary>A part of a snapshot that came from the leader. Its bytes: <see cref="RaftNode.ReceivedPart"/>.</summary>
/// <param name="Index">Last index in the snapshot.</param>
/// <param name="Term">Its term.</param>
/// <param name="Offset">Where the part begins, bytes.</param>
/// <param name="Length">Bytes of the whole snapshot.</param>
public readonly record struct SnapshotPart(ulong Index, ulong Term, ulong Offset, ulong Length);

/// <summary>
/// Everything a node wants done since the last time. Belongs to the node; valid until <see cref="RaftNode.Advance"/>.
/// </summary>
public sealed class RaftReady
{
    internal readonly Batch<OutboundMessage> MessageBatch = new(8);
    internal readonly Batch<LogWrite> WriteBatch = new(4);
    internal readonly Batch<ReadState> ReadBatch = new(4);
    internal readonly Batch<EntryRead> EntryReadBatch = new(2);
    internal readonly Batch<SnapshotRead> SnapshotReadBatch = new(2);
    internal readonly Batch<SnapshotPart> SnapshotPartBatch = new(1);

    /// <summary>To send, at once and in any order.</summary>
    public ReadOnlySpan<OutboundMessage> Messages => MessageBatch.Items;

    /// <summary>To store, in this order.</summary>
    public ReadOnlySpan<LogWrite> Writes => WriteBatch.Items;

    /// <summary>Reads that are decided.</summary>
    public ReadOnlySpan<ReadState> Reads => ReadBatch.Items;

    /// <summary>Older entries to read: answered by <see cref="RaftNode.EntriesRead"/>.</summary>
    public ReadOnlySpan<EntryRead> EntryReads => EntryReadBatch.Items;

    /// <summary>Parts of a snapshot to read: answered by <see cref="RaftNode.SnapshotPartRead"/>.</summary>
    public ReadOnlySpan<SnapshotRead> SnapshotReads => SnapshotReadBatch.Items;

    /// <summary>Parts of a snapshot to store: answered by <see cref="RaftNode.SnapshotPartStored"/>.</summary>
    public ReadOnlySpan<SnapshotPart> SnapshotParts => SnapshotPartBatch.Items;

    /// <summary>Everything up to here is committed and may be applied.</summary>
    public ulong CommitIndex { get; internal set; }

    internal void Clear()
    {
        MessageBatch.Clear();
        WriteBatch.Clear();
        ReadBatch.Clear();
        EntryReadBatch.Clear();
        SnapshotReadBatch.Clear();
        SnapshotPartBatch.Clear();
    }
}
