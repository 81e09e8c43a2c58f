using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Which part of the log is durable, as seen from tickets that come back. The mark is about the log as it is now: where
/// entries were overwritten while their write was under way, its completion says nothing about the entries that stand
/// there since (ABA: [5 of term 1 submitted] → [5 truncated] → [5 of term 3 submitted] → [first write done]).
/// </summary>
internal sealed class DurableMarks(RaftReady ready)
{
    private readonly Batch<Outstanding> _outstanding = new(8);
    private ulong _lastTicket;

    // Entries in memory behind this one were not given out to be written.
    private ulong _givenIndex;

    private struct Outstanding
    {
        public ulong Ticket;
        public ulong Index;
        public long At;
    }

    /// <summary>All writes up to this ticket are durable.</summary>
    public ulong Ticket { get; private set; }

    /// <summary>The log up to here is durable. Falls only with the log.</summary>
    public ulong Index { get; private set; }

    /// <summary>Ticket of the latest term and vote: nothing is said in a term that could be forgotten.</summary>
    public ulong TermTicket { get; private set; }

    public bool IsTermDurable => Ticket >= TermTicket;

    public ulong LastTicket => _lastTicket;

    /// <summary>The log as it was found on disk.</summary>
    /// <param name="index">Read back up to here.</param>
    /// <param name="given">It ends here.</param>
    public void Restart(ulong index, ulong given)
    {
        Index = index;
        _givenIndex = given;
    }

    /// <summary>More of what the disk holds was read back.</summary>
    public void Restored(ulong index)
    {
        Invariant.Check(index <= _givenIndex);
        Index = index;
    }

    public void WriteTerm(in HardState hardState, long now)
    {
        ref var write = ref Add(LogWriteKind.HardState, Index, now);
        write.HardState = hardState;
        TermTicket = write.Ticket;
    }

    /// <summary>Gives out the entries that were added since the last time.</summary>
    public void WriteEntries(ulong last, long now)
    {
        if (last <= _givenIndex)
        {
            return;
        }

        ref var write = ref Add(LogWriteKind.Append, last, now);
        write.First = _givenIndex + 1;
        write.Last = last;
        _givenIndex = last;
    }

    /// <summary>Before the entries go: what was given out has to be taken back.</summary>
    public void Truncate(ulong last, in LogPoint before, long now)
    {
        var from = before.Index + 1;
        for (var i = 0; i < _outstanding.Count; i++)
        {
            _outstanding[i].Index = Math.Min(_outstanding[i].Index, from - 1);
        }

        Index = Math.Min(Index, from - 1);
        if (from <= _givenIndex)
        {
            ref var write = ref Add(LogWriteKind.Truncate, from - 1, now);
            write.First = from;
            write.Last = Math.Min(last, _givenIndex);
            write.Point = before;
            _givenIndex = from - 1;
        }
    }

    public void Reset(in LogPoint point, long now)
    {
        for (var i = 0; i < _outstanding.Count; i++)
        {
            _outstanding[i].Index = 0;
        }

        Index = 0;
        ref var write = ref Add(LogWriteKind.Reset, point.Index, now);
        write.Point = point;
        _givenIndex = point.Index;
    }

    public void Repair(ulong first, ulong last, long now)
    {
        ref var write = ref Add(LogWriteKind.Repair, Index, now);
        write.First = first;
        write.Last = last;
    }

    public void Persisted(ulong ticket)
    {
        Invariant.Check(ticket <= _lastTicket);
        Ticket = Math.Max(Ticket, ticket);
        var done = 0;
        while (done < _outstanding.Count && _outstanding[done].Ticket <= ticket)
        {
            Index = Math.Max(Index, _outstanding[done].Index);
            done++;
        }

        _outstanding.RemoveFirst(done);
    }

    /// <summary>Since when the oldest write is under way.</summary>
    public bool TryOldest(out long at)
    {
        at = _outstanding.Count == 0 ? 0 : _outstanding[0].At;
        return _outstanding.Count > 0;
    }

    private ref LogWrite Add(LogWriteKind kind, ulong index, long now)
    {
        _lastTicket++;
        _outstanding.Add(new Outstanding { Ticket = _lastTicket, Index = index, At = now });
        ref var write = ref ready.WriteBatch.Add();
        write.Kind = kind;
        write.Ticket = _lastTicket;
        return ref write;
    }
}
