using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// A log as consensus needs it, without a disk under it: writes are durable in the order given, in groups, some time
/// after they were given; a crash keeps a beginning of the group under way and nothing behind it. What the bytes of a
/// disk can do to that is another profile's business.
/// </summary>
internal sealed class ModelledLog
{
    private readonly List<PendingWrite> _pending = [];
    private readonly List<StoredEntry> _queued = [];
    private byte[] _bytes = new byte[1 << 14];
    private int _used;
    private int _groupCount;
    private bool _isTruncationForgotten;

    /// <summary>What would be there after a crash now, at the least.</summary>
    public LogImage Durable { get; } = new();

    /// <summary>What was given out to be written.</summary>
    public LogImage Issued { get; } = new();

    /// <summary>Whether a group is being written.</summary>
    public bool IsWriting => _groupCount > 0;

    public bool HasPending => _pending.Count > 0;

    public void Clear()
    {
        _pending.Clear();
        _queued.Clear();
        _used = 0;
        _groupCount = 0;
        _isTruncationForgotten = false;
        Durable.Clear();
        Issued.Clear();
    }

    public ReadOnlySpan<byte> BytesOf(in StoredEntry entry) => _bytes.AsSpan(entry.Start, entry.Length);

    /// <summary>Takes a write that carries no entries.</summary>
    public void Take(in LogWrite write)
    {
        Invariant.Check(write.Kind is LogWriteKind.HardState or LogWriteKind.Truncate or LogWriteKind.Reset);
        _pending.Add(new PendingWrite { Write = write });
        Carry(in write, Issued);
    }

    /// <summary>The last ticket given out.</summary>
    public ulong LastTicket => _pending[^1].Write.Ticket;

    /// <summary>Planted: what is given out is cut, what is durable is not.</summary>
    public void TakeButForget(in LogWrite write)
    {
        Carry(in write, Issued);
        _isTruncationForgotten = true;
    }

    /// <summary>Planted: the group is said to be written and is not; answers its last ticket.</summary>
    public ulong DropGroup()
    {
        var ticket = _pending[_groupCount - 1].Write.Ticket;
        Forget(_groupCount);
        _groupCount = 0;
        _isTruncationForgotten = true;
        return ticket;
    }

    /// <summary>Entries follow, in pieces.</summary>
    public void BeginEntries(in LogWrite write) =>
        _pending.Add(new PendingWrite { Write = write, QueuedFirst = _queued.Count });

    /// <summary>Takes entries, one behind the other.</summary>
    public void AddEntries(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var entry = Store(bytes);
            _queued.Add(entry);
            Issued.Append(in entry);
            bytes = bytes[entry.Length..];
        }
    }

    /// <summary>These were all.</summary>
    public void EndEntries(in LogWrite write)
    {
        ref var pending = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending)[^1];
        pending.QueuedCount = _queued.Count - pending.QueuedFirst;
        Invariant.Check(pending.QueuedCount == (int)(write.Last - write.First + 1));
    }

    /// <summary>What is there is replaced by a snapshot that was stored before.</summary>
    public void ResetTo(in LogPoint point)
    {
        Invariant.Check(_pending.Count == 0);
        Durable.Reset(in point);
        Issued.CopyFrom(Durable);
    }

    /// <summary>Begins to write all that waits, as one group; answers what names the group.</summary>
    public ulong BeginGroup()
    {
        Invariant.Check(_groupCount == 0);
        Invariant.Check(_pending.Count > 0);
        _groupCount = _pending.Count;
        ref readonly var last = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending)[^1];
        var term = last.Write.HardState.Term + Issued.TermAt(Issued.Last);
        return StableHash.Mix(term ^ ((ulong)last.Write.Kind << 56), Issued.Last);
    }

    /// <summary>The group is durable; answers the last ticket.</summary>
    public ulong CompleteGroup()
    {
        Invariant.Check(_groupCount > 0);
        var ticket = _pending[_groupCount - 1].Write.Ticket;
        for (var i = 0; i < _groupCount; i++)
        {
            Carry(_pending[i], int.MaxValue);
        }

        Forget(_groupCount);
        _groupCount = 0;
        return ticket;
    }

    /// <summary>The process ends: a beginning of the group under way is there, drawn from luck.</summary>
    public void Crash(ulong luck, FaultCounts counts)
    {
        var parts = 0;
        for (var i = 0; i < _groupCount; i++)
        {
            parts += Math.Max(_pending[i].QueuedCount, 1);
        }

        var kept = parts == 0 ? 0 : (int)(luck % (ulong)(parts + 1));
        if (_pending.Count > 0 && kept < parts)
        {
            counts.Count(FaultKind.WriteLost);
        }

        for (var i = 0; i < _groupCount && kept > 0; i++)
        {
            Carry(_pending[i], kept);
            kept -= Math.Max(_pending[i].QueuedCount, 1);
        }

        _pending.Clear();
        _queued.Clear();
        _groupCount = 0;
        Issued.CopyFrom(Durable);
    }

    /// <summary>A snapshot stands in for all up to an index.</summary>
    public void DropUpTo(ulong index)
    {
        Durable.DropUpTo(index);
        Issued.DropUpTo(Math.Min(index, Durable.Base.Index));
    }

    private void Carry(in PendingWrite pending, int entriesMax)
    {
        if (pending.Write.Kind != LogWriteKind.Append)
        {
            Carry(in pending.Write, Durable);
            return;
        }

        var count = Math.Min(pending.QueuedCount, entriesMax);
        for (var i = 0; i < count; i++)
        {
            var entry = _queued[pending.QueuedFirst + i];
            if (_isTruncationForgotten && entry.Header.Index != Durable.Last + 1)
            {
                // Only where a bug is planted: the file keeps the bytes it has.
                continue;
            }

            Durable.Append(in entry);
        }
    }

    private static void Carry(in LogWrite write, LogImage image)
    {
        switch (write.Kind)
        {
            case LogWriteKind.HardState:
                image.HardState = write.HardState;
                break;
            case LogWriteKind.Truncate:
                image.Truncate(write.First);
                break;
            default:
                image.Reset(in write.Point);
                break;
        }
    }

    private StoredEntry Store(ReadOnlySpan<byte> bytes)
    {
        var header = System.Runtime.InteropServices.MemoryMarshal.Read<EntryHeader>(bytes);
        var length = EntryCodec.HeaderSize + (int)header.PayloadLength;
        if (_used + length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + length));
        }

        bytes[..length].CopyTo(_bytes.AsSpan(_used));
        _used += length;
        return new StoredEntry { Header = header, Start = _used - length, Length = length };
    }

    private void Forget(int count)
    {
        _pending.RemoveRange(0, count);
        if (_pending.Count == 0)
        {
            _queued.Clear();
        }
    }

    private struct PendingWrite
    {
        public LogWrite Write;
        public int QueuedFirst;
        public int QueuedCount;
    }
}
