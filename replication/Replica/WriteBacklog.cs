using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Hands consensus' writes to the log, in order. What the log has no room for waits here as a copy: the bytes in
/// consensus' memory may be other ones by the time there is room. Bounded by what consensus leaves uncommitted.
/// </summary>
internal sealed class WriteBacklog(WriteAheadLog log, RaftNode node)
{
    private readonly List<LogWrite> _writes = [];
    private readonly List<int> _lengths = [];
    private readonly OutputBuffer _bytes = new();
    private readonly List<int> _starts = [];
    private int _next;
    private int _position;

    // Of the first write that waits: how many of its bytes the log has taken already.
    private int _taken;

    private long _fullSince;

    public bool IsEmpty => _next == _writes.Count;

    /// <summary>After a while without room, asks again: somebody may have made some, and nobody says so.</summary>
    public void LookForRoom(long now, long after)
    {
        if (!log.IsFull)
        {
            _fullSince = now;
        }
        else if (now - _fullSince >= after)
        {
            _fullSince = now;
            log.TryAgain();
        }
    }

    /// <summary>Takes a write.</summary>
    public void Take(in LogWrite write)
    {
        var start = _bytes.Length;
        if (write.Kind == LogWriteKind.Append)
        {
            for (var index = write.First; index <= write.Last;)
            {
                var run = node.EntryBytes(index, write.Last, out var end).Span;
                _bytes.Append(run);
                index = end + 1;
            }
        }
        else if (write.Kind == LogWriteKind.Repair)
        {
            _bytes.Append(node.RepairedBytes.Span);
        }

        _writes.Add(write);
        _lengths.Add(_bytes.Length - start);
    }

    /// <summary>Gives the log what it has room for.</summary>
    public void Flush()
    {
        while (_next < _writes.Count)
        {
            var write = _writes[_next];
            if (!TryGive(in write, _bytes.Written.Slice(_position, _lengths[_next])))
            {
                return;
            }

            _position += _lengths[_next];
            _taken = 0;
            _next++;
        }

        _writes.Clear();
        _lengths.Clear();
        _bytes.Clear();
        (_next, _position) = (0, 0);
    }

    private bool TryGive(in LogWrite write, ReadOnlySpan<byte> bytes)
    {
        switch (write.Kind)
        {
            case LogWriteKind.HardState:
                return IsTaken(log.SetHardState(write.Ticket, StateOf(write.HardState)));
            case LogWriteKind.Append:
                return TryGiveEntries(in write, bytes);
            case LogWriteKind.Truncate:
                return IsTaken(log.TruncateFrom(
                    write.Ticket, write.First, write.Point.Term, write.Point.ChainHash));
            case LogWriteKind.Reset:
                return IsTaken(log.Reset(write.Ticket, write.Point.Index, write.Point.Term, write.Point.ChainHash));
            default:
                Invariant.Check(write.Kind == LogWriteKind.Repair);
                return TryGiveRepairs(in write, bytes);
        }
    }

    private bool TryGiveEntries(in LogWrite write, ReadOnlySpan<byte> bytes)
    {
        while (_taken < bytes.Length)
        {
            var entry = bytes[_taken..];
            var header = MemoryMarshal.Read<EntryHeader>(entry);
            var length = EntryCodec.HeaderSize + (int)header.PayloadLength;

            // Only the last entry carries the ticket: in two groups, the first must not speak for the second.
            var ticket = header.Index == write.Last ? write.Ticket : write.Ticket - 1;
            if (!IsTaken(log.Append(ticket, in header, entry[EntryCodec.HeaderSize..length])))
            {
                return false;
            }

            _taken += length;
        }

        return true;
    }

    // From the end to the beginning: each copy is proved by the one behind it. Where the log refuses one, the rest is
    // left damaged: whoever reads on finds it so, and asks again. The ticket is given all the same.
    private bool TryGiveRepairs(in LogWrite write, ReadOnlySpan<byte> bytes)
    {
        FindStarts(bytes);
        while (_starts.Count > 0)
        {
            var start = _starts[^1];
            var before = _starts.Count > 1 ? MemoryMarshal.Read<EntryHeader>(bytes[_starts[^2]..]).ChainHash : default;
            var header = MemoryMarshal.Read<EntryHeader>(bytes[start..]);
            var payload = bytes.Slice(start + EntryCodec.HeaderSize, (int)header.PayloadLength);
            var refusal = log.Repair(write.Ticket - 1, in header, payload, in before);
            if (refusal is WalRefusal.NotDamaged or WalRefusal.OtherEntry)
            {
                break;
            }

            if (!IsTaken(refusal))
            {
                return false;
            }

            _starts.RemoveAt(_starts.Count - 1);
        }

        if (!IsTaken(log.SetHardState(write.Ticket, log.LastHardState)))
        {
            return false;
        }

        _starts.Clear();
        return true;
    }

    private void FindStarts(ReadOnlySpan<byte> bytes)
    {
        for (var start = 0; _taken == 0 && start < bytes.Length;)
        {
            _starts.Add(start);
            start += EntryCodec.HeaderSize + (int)MemoryMarshal.Read<EntryHeader>(bytes[start..]).PayloadLength;
        }

        // Once for each write, which may have to wait for room many times.
        _taken = bytes.Length;
    }

    private WalHardState StateOf(HardState state) =>
        new(state.Term, MemberBits.Of(state.VotedFor), state.CommitIndex, node.Epoch)
        {
            VoteFloorTerm = state.VoteFloorTerm,
            VoteFloorIndex = state.VoteFloorIndex,
        };

    // A failed log takes nothing any more; the replica is told by its phase.
    private static bool IsTaken(WalRefusal refusal)
    {
        Invariant.Check(refusal is WalRefusal.None or WalRefusal.Full or WalRefusal.NoSpace or WalRefusal.Failed);
        return refusal == WalRefusal.None;
    }

}

/// <summary>A member in the 64 bits that the log keeps of a vote.</summary>
internal static class MemberBits
{
    public static ulong Of(MemberId member) => member.Number | ((ulong)member.Incarnation << 32);

    public static MemberId To(ulong bits) => new(unchecked((uint)bits), (uint)(bits >> 32));
}
