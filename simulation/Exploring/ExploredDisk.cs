using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>What a replica that is explored has durably, and what it wants to have.</summary>
internal sealed class ExploredDisk
{
    private readonly List<byte[]> _entries = [];
    private readonly List<LogWrite> _pending = [];
    private readonly List<byte[]> _pendingEntries = [];

    public HardState HardState { get; private set; }

    public IReadOnlyList<byte[]> Entries => _entries;

    public bool IsBusy => _pending.Count > 0;

    /// <summary>Takes a write, with the bytes of its entries.</summary>
    public void Take(RaftNode raft, in LogWrite write)
    {
        _pending.Add(write);
        for (var index = write.First; write.Kind == LogWriteKind.Append && index <= write.Last;)
        {
            var bytes = raft.EntryBytes(index, write.Last, out var end).Span;
            while (!bytes.IsEmpty)
            {
                var isEntry = EntryCodec.TryRead(bytes, out _, out var payload, out _);
                Invariant.Check(isEntry);
                var length = EntryCodec.HeaderSize + payload.Length;
                _pendingEntries.Add(bytes[..length].ToArray());
                bytes = bytes[length..];
            }

            index = end + 1;
        }
    }

    /// <summary>Makes the next write durable; answers its ticket.</summary>
    public ulong WriteNext()
    {
        var write = _pending[0];
        _pending.RemoveAt(0);
        switch (write.Kind)
        {
            case LogWriteKind.HardState:
                HardState = write.HardState;
                break;
            case LogWriteKind.Truncate:
                var first = (int)write.First - 1;
                _entries.RemoveRange(first, Math.Max(_entries.Count - first, 0));
                break;
            case LogWriteKind.Append:
                Invariant.Check(write.First == (ulong)_entries.Count + 1);
                var count = (int)(write.Last - write.First + 1);
                _entries.AddRange(_pendingEntries.Take(count));
                _pendingEntries.RemoveRange(0, count);
                break;
            default:
                throw new InvariantViolationException("nothing else is written where there are no snapshots");
        }

        return write.Ticket;
    }

    /// <summary>What was wanted and is not durable is forgotten.</summary>
    public void Crash()
    {
        _pending.Clear();
        _pendingEntries.Clear();
    }
}
