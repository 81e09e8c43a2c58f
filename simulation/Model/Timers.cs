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
            if (Next() is not { } timer || timer.Deadline > state.Now)
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
        return expiries.Concat(deadMen).Concat(graces).Concat(breakers)
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
                state.Accounts[(uint)timer.Id].DeadManDeadline = null;
                CancelAllOf((uint)timer.Id, CancelReason.DeadMan);
                break;
            case TimerKind.SessionGrace:
                var session = state.Sessions[(uint)timer.Id];
                session.GraceDeadline = null;
                CancelAllOf(session.Account, CancelReason.Disconnected);
                break;
            default:
                market.ChangeMode(
                    state.Instruments[(uint)timer.Id], SymbolMode.Normal, ChangeCause.Timer, reason: 0);
                break;
        }
    }

    private void CancelAllOf(uint account, CancelReason reason)
    {
        foreach (var order in state.OrdersOf(account))
        {
            market.CancelByTimer(order, reason);
        }
    }
}
