using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Snapshots on their way between members. What travels is the manifest, one sector, and behind it the canonical
/// stream; consensus knows it as one row of bytes.
/// </summary>
internal sealed class SnapshotTraffic(SnapshotPipeline pipeline, WriteAheadLog log, ReplicaOptions options)
{
    private readonly List<SnapshotRead> _reads = [];
    private readonly OutputBuffer _part = new();
    private readonly byte[] _manifest = new byte[SnapshotManifest.Size];
    private SnapshotPart _waiting;
    private bool _isWaiting;
    private bool _isFaultTold;
    private long _servedAt;
    private long _retryAt;

    /// <summary>
    /// The log must keep what follows: who receives this snapshot needs the entries behind it. Only as long as somebody
    /// goes on asking for it.
    /// </summary>
    public ulong HeldIndex => pipeline.Outbox.Manifest?.Index ?? ulong.MaxValue;

    public void Add(in SnapshotRead read) => _reads.Add(read);

    /// <summary>Takes a part that came. Consensus sends no other before this one was answered.</summary>
    public void Take(in SnapshotPart part, ReadOnlySpan<byte> bytes)
    {
        (_waiting, _isWaiting) = (part, true);
        _part.Clear();
        _part.Append(bytes);
    }

    /// <summary>Answers what can be answered.</summary>
    /// <returns>True where something was.</returns>
    public bool Step(RaftNode node, long now)
    {
        var isMoving = false;
        if (_reads.Count > 0)
        {
            _servedAt = now;
        }
        else if (now - _servedAt > options.SnapshotHoldNanos)
        {
            pipeline.Outbox.Drop();
        }

        if (pipeline.Outbox.State == OutboxState.Failed)
        {
            // A full disk is not filled again at once, and not by the next heartbeat either.
            _retryAt = now + options.SnapshotRetryNanos;
            pipeline.Outbox.Drop();
        }

        for (var i = _reads.Count - 1; i >= 0; i--)
        {
            var read = _reads[i];
            if (TryServe(node, in read, now))
            {
                _reads.RemoveAt(i);
                isMoving = true;
            }
        }

        if (_isWaiting && TryStore(node))
        {
            _isWaiting = false;
            isMoving = true;
        }

        return TellFault(node) || isMoving;
    }

    // The disk may fail when all parts are answered for: unless somebody says so, the sender waits for ever.
    private bool TellFault(RaftNode node)
    {
        var inbox = pipeline.Inbox;
        var isTold = _isFaultTold;
        _isFaultTold = inbox.Fault != SnapshotFault.None && inbox.Expected is not null;
        if (!_isFaultTold || isTold)
        {
            return false;
        }

        node.SnapshotRefused(inbox.Expected!.Index);
        return true;
    }

    public static SnapshotPoint PointOf(SnapshotManifest manifest)
    {
        var isConfiguration = Configuration.TryDecode(manifest.Configuration.Span, out var members);
        Invariant.Check(isConfiguration);
        ref readonly var header = ref manifest.Header;
        return new SnapshotPoint(LogPointOf(manifest), members, header.StateHash, header.EventChainHash);
    }

    private static LogPoint LogPointOf(SnapshotManifest manifest) => new()
    {
        Index = manifest.Header.Index,
        Term = manifest.Header.Term,
        Timestamp = manifest.Header.Timestamp,
        Epoch = manifest.Header.Epoch,
        ChainHash = manifest.Header.ChainHash,
    };

    private bool TryServe(RaftNode node, in SnapshotRead read, long now)
    {
        var outbox = pipeline.Outbox;
        var isSame = outbox.Manifest is { } given && outbox.State != OutboxState.Failed
            && (read.Index == given.Index || (read.Index == 0 && given.Index + 1 >= log.FirstIndex));
        if (!isSame)
        {
            // Another one was asked for than the one at hand: the newest takes its place, from its start.
            if (pipeline.List.Count == 0 || now < _retryAt)
            {
                node.SnapshotPartRead(in read, default, length: 0, []);
                return true;
            }

            if (!outbox.TryPrepare(pipeline.List[0]))
            {
                return false;
            }
        }

        if (outbox.State != OutboxState.Ready)
        {
            return false;
        }

        var manifest = outbox.Manifest!;
        var length = SnapshotManifest.Size + manifest.Header.Length;
        var offset = isSame && read.Offset < length ? read.Offset : 0;
        if (offset < SnapshotManifest.Size)
        {
            manifest.Write(_manifest);
            node.SnapshotPartRead(
                read with { Offset = offset }, LogPointOf(manifest), length, _manifest.AsSpan((int)offset));
            return true;
        }

        if (!outbox.TryChunk(offset - SnapshotManifest.Size, out var bytes, out _))
        {
            return false;
        }

        var part = bytes[..Math.Min(bytes.Length, read.BytesMax)];
        node.SnapshotPartRead(read with { Offset = offset }, LogPointOf(manifest), length, part);
        return true;
    }

    private bool TryStore(RaftNode node)
    {
        var bytes = _part.Written;
        if (_waiting.Offset == 0)
        {
            return TryOffer(node, bytes);
        }

        var inbox = pipeline.Inbox;
        var offset = _waiting.Offset - SnapshotManifest.Size;
        switch (inbox.Take(_waiting.Index, offset, bytes, Crc32C.Of(bytes)))
        {
            case ChunkAnswer.Busy:
                return false;
            case ChunkAnswer.Taken or ChunkAnswer.Elsewhere or ChunkAnswer.Damaged:
                node.SnapshotPartStored(_waiting.Index, SnapshotManifest.Size + inbox.NextOffset);
                return true;
            default:
                node.SnapshotRefused(_waiting.Index);
                return true;
        }
    }

    private bool TryOffer(RaftNode node, ReadOnlySpan<byte> bytes)
    {
        if (SnapshotManifest.TryRead(bytes, out var manifest) != SnapshotFault.None
            || manifest!.Index != _waiting.Index
            || manifest.Header.Length + SnapshotManifest.Size != _waiting.Length)
        {
            node.SnapshotRefused(_waiting.Index);
            return true;
        }

        if (!pipeline.Inbox.TryOffer(manifest))
        {
            return false;
        }

        node.SnapshotPartStored(_waiting.Index, SnapshotManifest.Size + pipeline.Inbox.NextOffset);
        return true;
    }
}
