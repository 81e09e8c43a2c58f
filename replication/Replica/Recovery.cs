using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Gives consensus back what the log holds behind the snapshot. A log that ends before the snapshot, or holds another
/// entry at its index, was overtaken by it just before a crash: it begins anew behind it.
/// </summary>
internal sealed class Recovery(RaftNode node, WriteAheadLog log, SnapshotPoint snapshot)
{
    private readonly OutputBuffer _entry = new();
    private LogReader? _reader;

    /// <summary>Why it cannot go on.</summary>
    public ReplicaFailure Failure { get; private set; }

    /// <summary>Entries read so far.</summary>
    public ulong Count { get; private set; }

    /// <summary>Goes on reading.</summary>
    /// <param name="countMax">Most entries in this step.</param>
    /// <returns>True at the end, or at a failure.</returns>
    public bool Step(int countMax)
    {
        var first = snapshot.Point.Index + 1;
        if (_reader is null)
        {
            if (log.LastIndex < snapshot.Point.Index)
            {
                return BeginAnew();
            }

            if (log.FirstIndex > first && log.LastIndex >= first)
            {
                return Fail(ReplicaFailure.LogGap);
            }

            // The snapshot's own entry, where it is still there, shows whether the two belong together.
            var isThere = snapshot.Point.Index > 0 && log.FirstIndex <= snapshot.Point.Index;
            var isOpen = log.TryOpenReader(isThere ? snapshot.Point.Index : first, out _reader);
            Invariant.Check(isOpen);
        }

        for (var i = 0; i < countMax; i++)
        {
            switch (_reader!.Read(out var header, out var payload))
            {
                case ReadOutcome.Entry:
                    if (header.Index == snapshot.Point.Index && header.ChainHash != snapshot.Point.ChainHash)
                    {
                        return BeginAnew();
                    }

                    Take(in header, payload);
                    break;
                case ReadOutcome.Pending:
                    return false;
                case ReadOutcome.End:
                    return End();
                case ReadOutcome.Damaged:
                    Skip();
                    break;
                default:
                    return Fail(ReplicaFailure.Disk);
            }
        }

        return false;
    }

    private void Take(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Index <= snapshot.Point.Index)
        {
            return;
        }

        _entry.Clear();
        _entry.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<EntryHeader>(in header)));
        _entry.Append(payload);
        node.Restore(_entry.Written);
        Count++;
    }

    // One range from the first damaged entry to the last: consensus repairs it as a whole.
    private void Skip()
    {
        var last = _reader!.Next;
        foreach (var fault in log.Faults)
        {
            last = Math.Max(last, fault.Last);
        }

        var first = Math.Max(_reader.Next, snapshot.Point.Index + 1);
        if (last >= first)
        {
            node.RestoreDamaged(first, last);
        }

        _reader.Seek(last + 1);
    }

    private bool BeginAnew()
    {
        var point = snapshot.Point;
        var refusal = log.Reset(ticket: 0, point.Index, point.Term, point.ChainHash);
        if (refusal is WalRefusal.Full or WalRefusal.Opening)
        {
            return false;
        }

        return refusal == WalRefusal.None ? End() : Fail(ReplicaFailure.Disk);
    }

    private bool Fail(ReplicaFailure failure)
    {
        Failure = failure;
        return End();
    }

    private bool End()
    {
        _reader?.Close();
        return true;
    }
}
