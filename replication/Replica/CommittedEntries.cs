using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// The entries to be applied next: from memory, where they are; after a restart, or far behind, from disk.
/// </summary>
internal sealed class CommittedEntries(RaftNode node, WriteAheadLog log)
{
    private LogReader? _reader;

    /// <summary>Why it cannot go on.</summary>
    public ReplicaFailure Failure { get; private set; }

    public bool TryGet(ulong index, out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        if (node.TryGetEntry(index, out var entry))
        {
            Close();
            header = MemoryMarshal.Read<EntryHeader>(entry);
            payload = entry[EntryCodec.HeaderSize..];
            return true;
        }

        if (_reader is null)
        {
            var isOpen = log.TryOpenReader(index, out _reader);
            Invariant.Check(isOpen);
        }
        else if (_reader.Next != index)
        {
            _reader.Seek(index);
        }

        var outcome = _reader!.Read(out header, out payload);
        if (outcome is not ReadOutcome.Entry and not ReadOutcome.Pending)
        {
            // A committed entry that this log held a moment ago. To wait would be to stand still without a word; the
            // next start finds the damage and repairs it from the others.
            Failure = outcome == ReadOutcome.Failed ? ReplicaFailure.Disk : ReplicaFailure.LogDecayed;
        }

        return outcome == ReadOutcome.Entry;
    }

    public void Close()
    {
        _reader?.Close();
        _reader = null;
    }
}
