using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// What happens on an instrument beyond one order: entering, last and reference price, breaker, triggers, modes.
/// </summary>
internal sealed class Market(ExchangeState state, EventWriter events, OpenOrders openOrders)
{
    private readonly Auction _auction = new(state, events, openOrders);

    /// <summary>
    /// Lets an accepted order trade where the mode allows, then rests, completes or cancels what is left of it.
    /// </summary>
    public void Enter(ref IncomingOrder incoming)
    {
        ref var instrument = ref state.Instruments.At((int)incoming.Instrument);
        if (instrument.Mode == SymbolMode.Normal)
        {
            var book = state.Books[incoming.Instrument];
            if (book.Crosses(incoming.Side, incoming.Price))
            {
                var settlement = new Settlement(state, events, openOrders, ref incoming);
                var open = incoming.Open;
                book.Match(incoming.Side, incoming.Price, ref open, ref settlement);
            }
        }

        Finish(ref incoming);
        if (incoming.Executed > 0)
        {
            AfterTrade(incoming.Instrument, incoming.LastPrice);
        }
    }

    /// <summary>Fires what is due until nothing is, or the mode forbids it.</summary>
    public void FireTriggers(uint number)
    {
        ref var instrument = ref state.Instruments.At((int)number);
        while (instrument.Mode == SymbolMode.Normal && instrument.LastPrice != 0 && instrument.StopOrders != 0)
        {
            var slot = state.Triggers[number].Due(instrument.LastPrice);
            if (slot < 0)
            {
                return;
            }

            Trigger(slot, ref instrument);
        }
    }

    /// <summary>Counts a band violation; enough of them in one window trip the breaker.</summary>
    public void CountViolation(uint number)
    {
        ref var instrument = ref state.Instruments.At((int)number);
        ref var policy = ref state.Policies.At((int)number).Policy;
        if (policy.ViolationWindow == 0 || policy.BreakerViolations == 0)
        {
            return;
        }

        var window = state.Globals.Timestamp / policy.ViolationWindow;
        var before = instrument.ViolationWindow == window ? instrument.Violations : 0;
        instrument.Violations = before == uint.MaxValue ? before : before + 1;
        instrument.ViolationWindow = window;
        if (instrument.Violations >= policy.BreakerViolations && instrument.Mode == SymbolMode.Normal)
        {
            instrument.Violations = 0;
            Trip(number, ChangeCause.Violations);
        }
    }

    /// <summary>Changes the mode, by a command or by the end of a breaker's duration.</summary>
    public void ChangeMode(uint number, SymbolMode mode, ChangeCause cause, ushort reason)
    {
        ref var instrument = ref state.Instruments.Write((int)number);
        if (instrument.Mode == mode)
        {
            return;
        }

        if (instrument.Mode == SymbolMode.HardHalt)
        {
            CarryOutPendingCancels(number);
        }

        SetMode(number, ref instrument, mode, cause, reason);
        instrument.BreakerDeadline = 0;
        state.BreakerEnds.Remove((int)number);
        if (mode == SymbolMode.Normal)
        {
            if (state.Books[number].IsCrossed)
            {
                var price = _auction.Uncross(number);
                instrument.LastPrice = price;
                if (instrument.ReferencePrice == price)
                {
                    instrument.ReferenceAt = state.Globals.Timestamp;
                }
                else
                {
                    MoveReference(number, price, ChangeCause.Trade);
                }
            }

            FireTriggers(number);
        }
    }

    /// <summary>Sets the reference price, and tells.</summary>
    public void MoveReference(uint number, long price, ChangeCause cause)
    {
        ref var instrument = ref state.Instruments.Write((int)number);
        instrument.ReferenceAt = state.Globals.Timestamp;
        instrument.ReferencePrice = price;
        ref var changed = ref events.Append<ReferencePriceChanged>(
            EventKind.ReferencePriceChanged, number, ref instrument);
        changed.Price = new Price(price);
        changed.Cause = cause;
        changed.Reserved0 = 0;
        changed.Reserved1 = 0;
        changed.Reserved2 = 0;
    }

    private void Finish(ref IncomingOrder incoming)
    {
        var isFilled = incoming.HasBudget ? incoming.Budget == 0 : incoming.Open == 0;
        if (incoming.Ending == CancelReason.None && !isFilled
            && (incoming.HasBudget || incoming.TimeInForce >= TimeInForce.ImmediateOrCancel))
        {
            incoming.Ending = CancelReason.ImmediateOrCancel;
        }

        if (incoming.Ending == CancelReason.None && !isFilled)
        {
            Rest(ref incoming);
            return;
        }

        // From here it leaves: whatever is still held is released; a filled order holds nothing.
        if (incoming.Ending != CancelReason.None && !incoming.IsCancelled)
        {
            openOrders.CancelIncoming(ref incoming);
        }

        Invariant.Check(incoming.Hold == 0);
        Remove(in incoming);
    }

    private void Rest(ref IncomingOrder incoming)
    {
        if (incoming.HasRecords)
        {
            openOrders.Update(incoming.Slot, in incoming);
        }
        else
        {
            openOrders.Insert(in incoming, stopPrice: 0);
        }

        openOrders.Rest(incoming.Slot, incoming.Price, incoming.Open);
    }

    private void Remove(in IncomingOrder incoming)
    {
        if (incoming.HasRecords)
        {
            openOrders.Update(incoming.Slot, in incoming);
            openOrders.Delete(incoming.Slot);
        }
        else
        {
            state.OrderSlots.Free(incoming.Slot);
        }
    }

    private void AfterTrade(uint number, long last)
    {
        ref var instrument = ref state.Instruments.At((int)number);
        ref var policy = ref state.Policies.At((int)number).Policy;
        instrument.LastPrice = last;
        var reference = instrument.ReferencePrice;
        if (instrument.Mode == SymbolMode.Normal
            && policy.BreakerBasisPoints != 0
            && reference != 0
            && (Int128)Math.Abs(last - reference) * InstrumentPolicy.BasisPoints
                > (Int128)reference * policy.BreakerBasisPoints)
        {
            Trip(number, ChangeCause.Shock);
        }
        else if (policy.ReferenceInterval != 0
            && (reference == 0 || state.Globals.Timestamp - instrument.ReferenceAt >= policy.ReferenceInterval))
        {
            MoveReference(number, last, ChangeCause.Trade);
        }
    }

    private void Trip(uint number, ChangeCause cause)
    {
        ref var instrument = ref state.Instruments.Write((int)number);
        ref var policy = ref state.Policies.At((int)number).Policy;
        SetMode(number, ref instrument, policy.BreakerMode, cause, reason: 0);
        if (instrument.LastPrice != 0)
        {
            instrument.ReferencePrice = instrument.LastPrice;
        }

        instrument.ReferenceAt = state.Globals.Timestamp;
        if (policy.BreakerDuration != 0)
        {
            instrument.BreakerDeadline = state.Globals.Timestamp + policy.BreakerDuration;
            state.BreakerEnds.Set((int)number, instrument.BreakerDeadline, number);
        }
    }

    private void SetMode(uint number, ref Instrument instrument, SymbolMode mode, ChangeCause cause, ushort reason)
    {
        ref var changed = ref events.Append<ModeChanged>(EventKind.ModeChanged, number, ref instrument);
        changed.LastPrice = new Price(instrument.LastPrice);
        changed.ReferencePrice = new Price(instrument.ReferencePrice);
        changed.PolicyHash = instrument.PolicyHash;
        changed.From = instrument.Mode;
        changed.To = mode;
        changed.Cause = cause;
        changed.Reserved0 = 0;
        changed.Reason = reason;
        changed.Reserved1 = 0;
        instrument.Mode = mode;
    }

    private void Trigger(int slot, ref Instrument instrument)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref state.Terms.Write(slot);
        ref var triggered = ref events.Append<OrderTriggered>(
            EventKind.OrderTriggered, order.Instrument, ref instrument);
        triggered.OrderId = new OrderId(order.Id);
        triggered.StopPrice = new Price(terms.StopPrice);
        triggered.LastPrice = new Price(instrument.LastPrice);
        triggered.Account = new AccountId(order.Account);
        triggered.Reserved0 = 0;
        openOrders.StopWaiting(slot);

        var incoming = FromRecords(slot, order.Price, order.Open);
        var book = state.Books[order.Instrument];
        if (!OrderRules.HasLimit(terms.Type))
        {
            incoming.TimeInForce = TimeInForce.ImmediateOrCancel;
        }
        else if (incoming.PostOnly && book.Crosses(order.Side, order.Price))
        {
            incoming.Ending = CancelReason.PostOnly;
        }
        else if (incoming.TimeInForce == TimeInForce.FillOrKill
            && book.Fillable(order.Side, order.Price, order.Open, order.Group, incoming.Prevention) < order.Open)
        {
            incoming.Ending = CancelReason.FillOrKill;
        }

        // Once triggered it is a limit order like any other.
        terms.Type = OrderType.Limit;
        terms.StopPrice = 0;
        if (incoming.Ending != CancelReason.None)
        {
            Finish(ref incoming);
            return;
        }

        Enter(ref incoming);
    }

    /// <summary>An order of the tables, out of every queue, as an incoming one.</summary>
    public IncomingOrder FromRecords(int slot, long price, long open)
    {
        ref var order = ref state.Orders.At(slot);
        ref var terms = ref state.Terms.At(slot);
        return new IncomingOrder
        {
            HasRecords = true,
            Instrument = order.Instrument,
            Account = order.Account,
            Slot = slot,
            Id = order.Id,
            Side = order.Side,
            Type = terms.Type,
            TimeInForce = terms.TimeInForce,
            Prevention = terms.SelfTradePrevention,
            PostOnly = terms.PostOnly != 0,
            Group = order.Group,
            Price = price,
            Quantity = terms.Quantity,
            Open = open,
            Display = terms.DisplayQuantity,
            ExpiresAt = terms.ExpiresAt,
            Hold = terms.Hold,
            FeeAccrued = terms.FeeAccrued,
            RebateAccrued = terms.RebateAccrued,
            MakerRate = terms.MakerRate,
            TakerRate = terms.TakerRate,
            BaseBalance = terms.BaseBalance,
            QuoteBalance = terms.QuoteBalance,
        };
    }

    private void CarryOutPendingCancels(uint number)
    {
        if (state.PendingCancels.Count == 0)
        {
            return;
        }

        var due = new List<int>();
        foreach (var id in state.PendingCancels)
        {
            var slot = state.FindOrder(id);
            if (state.Orders.At(slot).Instrument == number)
            {
                due.Add(slot);
            }
        }

        foreach (var slot in due)
        {
            openOrders.Cancel(slot, state.Terms.At(slot).PendingCancel);
        }
    }
}
