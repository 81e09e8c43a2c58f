using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>What surrounds matching: last and reference price, breaker, triggers, modes.</summary>
internal sealed class Market(ModelState state, ModelEvents events, Matching matching, Uncrossing uncrossing)
{
    /// <summary>
    /// An order of a command comes to the book: it rests in auction, else it matches, and what follows happens.
    /// </summary>
    public Answer EnterBook(ModelOrder order)
    {
        if (order.Instrument.Mode == SymbolMode.Auction)
        {
            matching.Rest(order);
            return new Answer { Id = order.Id, Status = OrderStatus.Accepted, Remaining = order.Open };
        }

        var execution = matching.Match(order);
        var isOpen = execution.Status is OrderStatus.Accepted or OrderStatus.PartiallyFilled;
        var answer = new Answer
        {
            Id = order.Id,
            Status = execution.Status,
            Executed = execution.Lots,
            Remaining = isOpen ? order.Open : 0,
            Notional = execution.Notional,
        };
        AfterTaker(order.Instrument, execution);
        if (execution.Lots > 0)
        {
            RunTriggers(order.Instrument);
        }

        return answer;
    }

    /// <summary>Counts a price outside the band; enough of them trip the breaker.</summary>
    public void CountViolation(ModelInstrument instrument)
    {
        var policy = instrument.Policy;
        if (policy.BreakerViolations == 0 || policy.ViolationWindow == 0)
        {
            return;
        }

        instrument.Violations.Add(state.Now, policy.ViolationWindow);
        var count = instrument.Violations.At(state.Now, policy.ViolationWindow);
        if (count >= policy.BreakerViolations && instrument.Mode == SymbolMode.Normal)
        {
            instrument.Violations.Restart();
            Trip(instrument, ChangeCause.Violations);
        }
    }

    /// <summary>Sets another mode, with all that leaving the old and entering the new one brings.</summary>
    public void ChangeMode(ModelInstrument instrument, SymbolMode mode, ChangeCause cause, ushort reason)
    {
        instrument.BreakerEnd = null;
        instrument.Continuation = null;
        if (instrument.Mode == SymbolMode.HardHalt)
        {
            var waiting = instrument.AllOrders().Where(order => order.WaitingCancel != CancelReason.None).ToList();
            events.Look(waiting.Count == 0 ? 0 : instrument.OpenOrderCount);
            foreach (var order in waiting.Take((int)state.Policy.StepsMax))
            {
                matching.CancelWithDelta(order, order.WaitingCancel);
            }

            if (waiting.Count > state.Policy.StepsMax)
            {
                instrument.Continuation = (state.Now, mode);
                return;
            }
        }

        SetMode(instrument, mode, cause, reason);
        if (mode == SymbolMode.Normal && instrument.IsCrossed)
        {
            uncrossing.Run(instrument);
            if (instrument.IsCrossed)
            {
                SetMode(instrument, SymbolMode.Auction, ChangeCause.Unfinished, reason: 0);
                instrument.Continuation = (state.Now, SymbolMode.Normal);
            }
        }

        RunTriggers(instrument);
    }

    /// <summary>The present mode is asked for: nothing that is pending may end it. A cascade goes on.</summary>
    public static void Keep(ModelInstrument instrument)
    {
        instrument.BreakerEnd = null;
        if (instrument.Continuation?.Mode != instrument.Mode)
        {
            instrument.Continuation = null;
        }
    }

    /// <summary>Takes up what one cause left over: a mode change, or triggers.</summary>
    public void Continue(ModelInstrument instrument)
    {
        var mode = instrument.Continuation!.Value.Mode;
        instrument.Continuation = null;
        if (mode == instrument.Mode)
        {
            RunTriggers(instrument);
        }
        else
        {
            ChangeMode(instrument, mode, ChangeCause.Timer, reason: 0);
        }
    }

    public void SetReferencePrice(ModelInstrument instrument, long price, ChangeCause cause)
    {
        instrument.ReferencePrice = price;
        instrument.ReferenceTime = state.Now;
        events.Append(EventKind.ReferencePriceChanged, instrument.Id, new ReferencePriceChanged
        {
            Price = new Price(price),
            Cause = cause,
        });
    }

    /// <summary>Cancels an order by a timer; in hard halt the cancel waits under its first reason.</summary>
    public void CancelByTimer(ModelOrder order, CancelReason reason)
    {
        if (order.Instrument.Mode != SymbolMode.HardHalt)
        {
            matching.CancelWithDelta(order, reason);
        }
        else if (order.WaitingCancel == CancelReason.None)
        {
            order.WaitingCancel = reason;
            order.ExpiryArmed = false;
        }
    }

    private void AfterTaker(ModelInstrument instrument, Execution execution)
    {
        if (execution.LastPrice == 0)
        {
            return;
        }

        var last = execution.LastPrice;
        var reference = instrument.ReferencePrice;
        var policy = instrument.Policy;
        instrument.LastPrice = last;
        if (instrument.Mode == SymbolMode.Normal
            && policy.BreakerBasisPoints != 0
            && reference != 0
            && Math.Abs(last - reference) * InstrumentPolicy.BasisPoints > reference * policy.BreakerBasisPoints)
        {
            Trip(instrument, ChangeCause.Shock);
        }
        else if (policy.ReferenceInterval != 0
            && (reference == 0 || state.Now - instrument.ReferenceTime >= policy.ReferenceInterval))
        {
            SetReferencePrice(instrument, last, ChangeCause.Trade);
        }
    }

    private void RunTriggers(ModelInstrument instrument)
    {
        var steps = 0u;
        while (instrument.Mode == SymbolMode.Normal)
        {
            if (NextDue(instrument) is not { } order)
            {
                instrument.Continuation = null;
                return;
            }

            if (steps >= state.Policy.StepsMax)
            {
                instrument.Continuation = (state.Now, SymbolMode.Normal);
                return;
            }

            events.Append(EventKind.OrderTriggered, instrument.Id, new OrderTriggered
            {
                OrderId = new OrderId(order.Id),
                StopPrice = new Price(order.StopPrice),
                LastPrice = new Price(instrument.LastPrice),
                Account = new AccountId(order.Account),
            });
            instrument.Waiting.Remove(order);
            order.Waiting = false;
            steps += 1 + Enter(order);
        }
    }

    /// <summary>A triggered order comes to the book; how many makers it looked at and met.</summary>
    private uint Enter(ModelOrder order)
    {
        var instrument = order.Instrument;
        var looked = 0;
        var fillable = order.TimeInForce == TimeInForce.FillOrKill ? matching.Fillable(order, out looked) : 0;
        events.Look(looked);
        var bestOpposite = instrument.BestOppositePrice(order.Side);
        if (order.PostOnly && OrderChecks.WouldCross(order.Side, order.Price, bestOpposite))
        {
            matching.Cancel(order, CancelReason.PostOnly);
        }
        else if (order.TimeInForce == TimeInForce.FillOrKill && fillable < order.Open)
        {
            matching.Cancel(order, CancelReason.FillOrKill);
        }
        else
        {
            var execution = matching.Match(order);
            AfterTaker(instrument, execution);
            return (uint)looked + execution.Meetings;
        }

        return (uint)looked;
    }

    /// <summary>
    /// Rising triggers first, the lowest stop price first; then falling ones, the highest first; the oldest first.
    /// </summary>
    private static ModelOrder? NextDue(ModelInstrument instrument)
    {
        var last = instrument.LastPrice;
        if (last == 0)
        {
            return null;
        }

        var due = instrument.Waiting.Where(order => order.IsDueAt(last)).ToList();
        var rising = due.Where(order => OrderRules.TriggersOnRise(order.Type, order.Side));
        var falling = due.Where(order => !OrderRules.TriggersOnRise(order.Type, order.Side));
        return rising.OrderBy(order => order.StopPrice).ThenBy(order => order.Id)
            .Concat(falling.OrderByDescending(order => order.StopPrice).ThenBy(order => order.Id))
            .FirstOrDefault();
    }

    private void Trip(ModelInstrument instrument, ChangeCause cause)
    {
        SetMode(instrument, instrument.Policy.BreakerMode, cause, reason: 0);
        if (instrument.LastPrice != 0)
        {
            instrument.ReferencePrice = instrument.LastPrice;
        }

        instrument.ReferenceTime = state.Now;
        instrument.Continuation = null;
        if (instrument.Policy.BreakerDuration != 0)
        {
            instrument.BreakerEnd = state.Now + instrument.Policy.BreakerDuration;
        }
    }

    private void SetMode(ModelInstrument instrument, SymbolMode mode, ChangeCause cause, ushort reason)
    {
        events.Append(EventKind.ModeChanged, instrument.Id, new ModeChanged
        {
            LastPrice = new Price(instrument.LastPrice),
            ReferencePrice = new Price(instrument.ReferencePrice),
            PolicyHash = state.PolicyHashOf(instrument),
            From = instrument.Mode,
            To = mode,
            Cause = cause,
            Reason = reason,
        });
        instrument.Mode = mode;
    }
}
