using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Fires what is due by log time. Dead-man switches and graces are kept in service time (log time − outage), which does
/// not run between the last entry of one term and the first of the next: nobody could have renewed them then.
/// </summary>
internal sealed class Timers(ExchangeState state, EventWriter events, OrderChanges changes, Market market)
{
    public long NextDeadline
    {
        get
        {
            var next = Math.Min(state.Expiries.FirstDeadline, state.BreakerEnds.FirstDeadline);
            next = Math.Min(next, state.Continuations.FirstDeadline);
            return Math.Min(next, Math.Min(InLogTime(state.DeadMen), InLogTime(state.Graces)));
        }
    }

    public void Fire()
    {
        for (var fired = 0;
            fired < EffectLimits.TimersMax && NextDeadline <= state.Globals.Timestamp && !events.IsEntryFull;
            fired++)
        {
            FireOne(NextDeadline);
        }
    }

    // Equal deadlines fire in order of kind; within a kind the heap orders them by id.
    private void FireOne(long deadline)
    {
        if (state.Expiries.FirstDeadline == deadline)
        {
            var slot = Take(state.Expiries, TimerKind.OrderExpiry, deadline);
            changes.CancelOrMark(slot, CancelReason.Expired);
        }
        else if (InLogTime(state.DeadMen) == deadline)
        {
            var account = Take(state.DeadMen, TimerKind.DeadMan, deadline);
            if (changes.CancelByTimer((uint)account, CancelReason.DeadMan))
            {
                state.Accounts.Write(account).DeadManDeadline = 0;
            }
            else
            {
                state.DeadMen.Set(account, state.Accounts.At(account).DeadManDeadline, (ulong)account);
            }
        }
        else if (InLogTime(state.Graces) == deadline)
        {
            var session = Take(state.Graces, TimerKind.SessionGrace, deadline);
            if (changes.CancelByTimer(state.Sessions.At(session).Account, CancelReason.Disconnected))
            {
                state.Sessions.Write(session).GraceDeadline = 0;
            }
            else
            {
                state.Graces.Set(session, state.Sessions.At(session).GraceDeadline, state.Sessions.At(session).Id);
            }
        }
        else if (state.BreakerEnds.FirstDeadline == deadline)
        {
            var instrument = Take(state.BreakerEnds, TimerKind.BreakerEnd, deadline);
            market.ChangeMode((uint)instrument, SymbolMode.Normal, ChangeCause.Timer, reason: 0);
        }
        else
        {
            var instrument = Take(state.Continuations, TimerKind.Continuation, deadline);
            market.GoOn((uint)instrument);
        }
    }

    private int Take(TimerHeap heap, TimerKind kind, long deadline)
    {
        var (slot, id) = (heap.FirstSlot, heap.FirstId);
        heap.Remove(slot);
        events.BeginTimer(Causation.OfTimer(kind, id), (ulong)deadline);
        ref var fired = ref events.AppendSystem<TimerFired>(EventKind.TimerFired);
        fired.Id = id;
        fired.Deadline = deadline;
        fired.Kind = kind;
        fired.Reserved0 = 0;
        fired.Reserved1 = 0;
        fired.Reserved2 = 0;
        return slot;
    }

    private long InLogTime(TimerHeap heap) =>
        heap.Count == 0 ? long.MaxValue : heap.FirstDeadline + state.Globals.Outage;
}
