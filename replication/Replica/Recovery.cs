using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Gives consensus back what the log holds behind the snapshot, up to the first damage, and on from there whenever
/// damage was repaired. A log that ends before the snapshot, or holds another entry at its index, was overtaken by it
/// just before a crash: it begins anew behind it.
/// </summary>
internal sealed class Recovery(RaftNode node, WriteAheadLog log, ChainHasher hasher, SnapshotPoint snapshot)
{
    private readonly OutputBuffer _entry = new();
    private LogReader? _reader;
    private bool _isBeginningAnew;

    // The snapshot's own entry is damaged.
    private bool _isPassed;

    /// <summary>Why it cannot go on.</summary>
    public ReplicaFailure Failure { get; private set; }

    /// <summary>Entries read so far.</summary>
    public ulong Count { get; private set; }

    /// <summary>Goes on reading.</summary>
    /// <param name="countMax">Most entries in this step.</param>
    /// <returns>True at the end, or at a failure.</returns>
    public bool Step(int countMax)
    {
        if (_isBeginningAnew)
        {
            return BeginAnew();
        }

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

        return Read(countMax);
    }

    /// <summary>Goes on behind damage that was repaired, while the replica runs.</summary>
    /// <param name="countMax">Most entries in this step.</param>
    /// <returns>Whether something was read.</returns>
    public bool Resume(int countMax)
    {
        if (!node.CanRestore)
        {
            // Also where a leader's log took the place of what was still to be read.
            Close();
            return false;
        }

        if (_reader is null && !log.TryOpenReader(node.Last.Index + 1, out _reader))
        {
            return false;
        }

        var count = Count;
        if (Read(countMax) && node.CanRestore && Failure == ReplicaFailure.None)
        {
            node.RestoreEnded();
        }

        return Count != count;
    }

    private bool Read(int countMax)
    {
        for (var i = 0; i < countMax; i++)
        {
            switch (_reader!.Read(out var header, out var payload))
            {
                case ReadOutcome.Entry:
                    if (header.Index == snapshot.Point.Index && header.ChainHash != snapshot.Point.ChainHash)
                    {
                        return BeginAnew();
                    }

                    if (header.Index == snapshot.Point.Index + 1 && !IsBehindSnapshot(in header, payload))
                    {
                        return _isPassed ? BeginAnew() : Fail(ReplicaFailure.SnapshotFork);
                    }

                    Take(in header, payload);
                    break;
                case ReadOutcome.Pending:
                    return false;
                case ReadOutcome.End:
                    return End();
                case ReadOutcome.Damaged when TryPass():
                    break;
                case ReadOutcome.Damaged:
                    return End();
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

    // The snapshot's own entry may be damaged, too: the one behind it then shows whether the two belong together.
    private bool IsBehindSnapshot(in EntryHeader header, ReadOnlySpan<byte> payload) =>
        EntryCodec.CheckChain(in header, payload, snapshot.Point.ChainHash, hasher) == EntryError.None;

    // What the snapshot holds is not missed. What comes behind it is said to be damaged: there the log ends for now.
    private bool TryPass()
    {
        var fault = FaultAt(_reader!.Next);
        _isPassed = true;
        if (fault.Last <= snapshot.Point.Index)
        {
            _reader.Seek(fault.Last + 1);
            return true;
        }

        node.RestoreDamaged(new LogDamage(
            node.Last.Index + 1, fault.Last, fault.LastChain, log.LastIndex, log.LastTerm));
        return false;
    }

    private WalFault FaultAt(ulong index)
    {
        foreach (var fault in log.Faults)
        {
            if (index >= fault.First && index <= fault.Last)
            {
                return fault;
            }
        }

        throw new InvariantViolationException($"entry {index} is damaged and in no fault");
    }

    // Also where the log has no room for it at the moment: what it holds is not to be read on meanwhile.
    private bool BeginAnew()
    {
        _isBeginningAnew = true;
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
        Close();
        return true;
    }

    private void Close()
    {
        _reader?.Close();
        _reader = null;
    }
}
