using System.Buffers.Binary;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>What may be appended by a leader, and what is refused by name.</summary>
internal sealed class Proposals(
    NodeState state,
    Leadership leadership,
    Reconfiguration changes,
    Transfer transfer)
{
    /// <summary>When the state machine's next timer is due, log time.</summary>
    public long NextDeadline { get; set; } = long.MaxValue;

    public Refusal Commands(ReadOnlySpan<byte> payload, uint commandCount, out ulong index)
    {
        index = 0;
        var refusal = RefusalToPropose();
        if (refusal != Refusal.None)
        {
            return refusal;
        }

        // A quarter, so that one entry under way and one being applied leave room for the next.
        var payloadMax = Math.Min((int)EntryHeader.PayloadLengthMax, state.Options.RingBytes / 4);
        if (payload.Length > payloadMax || commandCount > EntryHeader.CommandCountMax)
        {
            return Refusal.TooLarge;
        }

        return Appended(leadership.TryAppend(EntryKind.Commands, commandCount, payload), out index);
    }

    public Refusal Members(Configuration target, out ulong index)
    {
        index = 0;
        var refusal = RefusalToPropose();
        if (refusal != Refusal.None)
        {
            return refusal;
        }

        refusal = changes.Propose(target);
        index = refusal == Refusal.None ? state.Log.Last.Index : 0;
        return refusal;
    }

    public Refusal ClockStep(long upTo, out ulong index)
    {
        index = 0;
        var refusal = RefusalToPropose();
        if (refusal != Refusal.None)
        {
            return refusal;
        }

        Span<byte> payload = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(payload, upTo);
        return Appended(leadership.TryAppend(EntryKind.Time, 0, payload), out index);
    }

    /// <summary>
    /// Where a timer of the state machine is due and no entry will come that moves log time past it, one without
    /// commands does. The rest of many timers needs another one: at most so many fire in one entry.
    /// </summary>
    public void ProposeTime()
    {
        if (NextDeadline > state.Clock.Bounded || RefusalToPropose() != Refusal.None || !leadership.HasCommittedInTerm)
        {
            return;
        }

        var last = state.Log.Last;
        if (last.Timestamp < NextDeadline || state.Applied.Index == last.Index)
        {
            leadership.TryAppend(EntryKind.Time, 0, default);
        }
    }

    /// <summary>Why this node does not act as a leader.</summary>
    public Refusal RefusalToLead()
    {
        if (state.Has(RaftFaults.DiskFailed | RaftFaults.Amnesiac | RaftFaults.Quarantined))
        {
            return Refusal.Faulty;
        }

        if (!state.IsLeader)
        {
            return Refusal.NotLeader;
        }

        return transfer.IsUnderWay ? Refusal.Transferring : Refusal.None;
    }

    private static Refusal Full(bool isFull) => isFull ? Refusal.BackPressure : Refusal.None;

    private Refusal RefusalToPropose()
    {
        var refusal = RefusalToLead();
        if (refusal != Refusal.None)
        {
            return refusal;
        }

        if (state.IsHeadroomLow)
        {
            return Refusal.Headroom;
        }

        return Full(state.Log.Last.Index - state.Applied.Index >= (ulong)state.Options.UncommittedEntriesMax);
    }

    private Refusal Appended(bool isAppended, out ulong index)
    {
        index = isAppended ? state.Log.Last.Index : 0;
        return Full(!isAppended);
    }
}
