using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Deadlines in log time.</summary>
internal sealed class Timers(ModelState state, ModelEvents events, Market market)
{
    private const int FiredPerEntryMax = 64;

    private sealed record Timer(long Deadline, TimerKind Kind, ulong Id);

    public long NextDeadline => Next()?.Deadline ?? long.MaxValue;

    /// <summary>Fires what is due, a bounded part of it; each is looked for after the one before took effect.</summary>
    public void FireDue()
    {
        for (var fired = 0; fired < FiredPerEntryMax; fired++)
        {
            if (Next() is not { } timer || timer.Deadline > state.Now || events.IsEntryFull)
            {
                return;
            }

            events.BeginCause(
                CauseFrame.TimerOffset,
                (ulong)timer.Deadline,
                new UInt128((3UL << 56) | (ulong)timer.Kind, timer.Id),
                correlation: 0);
            events.Append(EventKind.TimerFired, EventStream.System, new TimerFired
            {
                Id = timer.Id,
                Deadline = timer.Deadline,
                Kind = timer.Kind,
            });
            Fire(timer);
        }
    }

    private Timer? Next()
    {
        var expiries = state.Orders.Values
            .Where(order => order.ExpiryArmed)
            .Select(order => new Timer(order.ExpiresAt, TimerKind.OrderExpiry, order.Id));
        var deadMen = state.Accounts.Values
            .Where(account => account.DeadManDeadline is not null)
            .Select(account => new Timer(InLogTime(account.DeadManDeadline!.Value), TimerKind.DeadMan, account.Id));
        var graces = state.Sessions.Values
            .Where(session => session.GraceDeadline is not null)
            .Select(session => new Timer(InLogTime(session.GraceDeadline!.Value), TimerKind.SessionGrace, session.Id));
        var breakers = state.Instruments.Values
            .Where(instrument => instrument.BreakerEnd is not null)
            .Select(instrument => new Timer(instrument.BreakerEnd!.Value, TimerKind.BreakerEnd, instrument.Id));
        var continuations = state.Instruments.Values
            .Where(instrument => instrument.Continuation is not null)
            .Select(instrument =>
                new Timer(instrument.Continuation!.Value.Deadline, TimerKind.Continuation, instrument.Id));
        return expiries.Concat(deadMen).Concat(graces).Concat(breakers).Concat(continuations)
            .MinBy(timer => (timer.Deadline, timer.Kind, timer.Id));
    }

    private long InLogTime(long serviceTime) => serviceTime + state.Outage;

    private void Fire(Timer timer)
    {
        switch (timer.Kind)
        {
            case TimerKind.OrderExpiry:
                market.CancelByTimer(state.Orders[timer.Id], CancelReason.Expired);
                break;
            case TimerKind.DeadMan:
                if (CancelAllOf((uint)timer.Id, CancelReason.DeadMan))
                {
                    state.Accounts[(uint)timer.Id].DeadManDeadline = null;
                }

                break;
            case TimerKind.SessionGrace:
                var session = state.Sessions[(uint)timer.Id];
                if (CancelAllOf(session.Account, CancelReason.Disconnected))
                {
                    session.GraceDeadline = null;
                }

                break;
            case TimerKind.Continuation:
                market.Continue(state.Instruments[(uint)timer.Id]);
                break;
            default:
                market.ChangeMode(
                    state.Instruments[(uint)timer.Id], SymbolMode.Normal, ChangeCause.Timer, reason: 0);
                break;
        }
    }

    /// <summary>Cancels or marks in order of id, as many as may be at once. True where none is left.</summary>
    private bool CancelAllOf(uint account, CancelReason reason)
    {
        var cancels = 0;
        foreach (var order in state.OrdersOf(account))
        {
            if (order.Instrument.Mode != SymbolMode.HardHalt && ++cancels > state.Policy.StepsMax)
            {
                return false;
            }

            events.Look(1);
            market.CancelByTimer(order, reason);
        }

        return true;
    }
}
