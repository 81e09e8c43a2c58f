using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// What happens on an instrument beyond one order: entering, last and reference price, breaker, triggers, modes.
/// </summary>
internal sealed class Market(ExchangeState state, EventWriter events, OpenOrders openOrders)
{
    private readonly Auction _auction = new(state, events, openOrders);
    private readonly FillableWalk _walk = new(state.Orders);
    private readonly OldestIds _oldest = new(state.Orders);

    /// <summary>
    /// Lets an accepted order trade where the mode allows, then rests, completes or cancels what is left of it.
    /// </summary>
    public void Enter(ref IncomingOrder incoming)
    {
        ref var instrument = ref state.Instruments.At((int)incoming.Instrument);
        incoming.StepsLeft = (int)state.Globals.Policy.StepsMax;
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

    /// <summary>
    /// Fires what is due until nothing is, or the mode forbids it, or the steps are used up: then it goes on later.
    /// </summary>
    public void FireTriggers(uint number)
    {
        ref var instrument = ref state.Instruments.At((int)number);
        var steps = 0;
        while (instrument.Mode == SymbolMode.Normal && instrument.LastPrice != 0 && instrument.StopOrders != 0)
        {
            var slot = state.Triggers[number].Due(instrument.LastPrice);
            if (slot < 0)
            {
                break;
            }

            if (steps >= state.Globals.Policy.StepsMax)
            {
                GoOnLater(number, SymbolMode.Normal);
                return;
            }

            steps += Trigger(slot, ref instrument);
        }

        if (instrument.Continues != 0 && instrument.Mode == SymbolMode.Normal)
        {
            DropTimer(number);
        }
    }

    /// <summary>Takes up what one cause left over.</summary>
    public void GoOn(uint number)
    {
        var mode = state.Instruments.At((int)number).NextMode;
        DropTimer(number);
        if (state.Instruments.At((int)number).Mode == mode)
        {
            FireTriggers(number);
        }
        else
        {
            ChangeMode(number, mode, ChangeCause.Timer, reason: 0);
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
            Keep(number, in instrument);
            return;
        }

        DropTimer(number);
        if (instrument.Mode == SymbolMode.HardHalt && !CarryOutPendingCancels(number))
        {
            GoOnLater(number, mode);
            return;
        }

        SetMode(number, ref instrument, mode, cause, reason);
        if (mode != SymbolMode.Normal)
        {
            return;
        }

        if (state.Books[number].IsCrossed)
        {
            Uncross(number, ref instrument);
        }

        FireTriggers(number);
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

    // Where the steps end it, the book is crossed still: it is an auction again until it goes on.
    private void Uncross(uint number, ref Instrument instrument)
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

        if (state.Books[number].IsCrossed)
        {
            SetMode(number, ref instrument, SymbolMode.Auction, ChangeCause.Unfinished, reason: 0);
            GoOnLater(number, SymbolMode.Normal);
        }
    }

    // Who says it again means it to stay: neither the end of a breaker nor an unfinished change takes it away. A
    // cascade goes on, for it changes no mode.
    private void Keep(uint number, in Instrument instrument)
    {
        if (instrument.Continues == 0 || instrument.NextMode != instrument.Mode)
        {
            DropTimer(number);
        }
    }

    // Due at once: the next entry takes it up before its commands, like any timer.
    private void GoOnLater(uint number, SymbolMode mode)
    {
        ref var instrument = ref state.Instruments.Write((int)number);
        instrument.ModeDeadline = state.Globals.Timestamp;
        instrument.Continues = 1;
        instrument.NextMode = mode;
        state.Continuations.Set((int)number, instrument.ModeDeadline, number);
    }

    private void DropTimer(uint number)
    {
        ref var instrument = ref state.Instruments.Write((int)number);
        instrument.ModeDeadline = 0;
        instrument.Continues = 0;
        instrument.NextMode = SymbolMode.Normal;
        state.BreakerEnds.Remove((int)number);
        state.Continuations.Remove((int)number);
    }

    private void Finish(ref IncomingOrder incoming)
    {
        var isFilled = incoming.HasBudget ? incoming.Budget == 0 : incoming.Open == 0;
        if (incoming.StepsLeft == 0
            && incoming.Ending == CancelReason.None
            && !isFilled
            && state.Books[incoming.Instrument].Crosses(incoming.Side, incoming.Price))
        {
            incoming.Ending = CancelReason.StepsMax;
        }

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
        ref var instrument = ref state.Instruments.At((int)incoming.Instrument);
        ref var order = ref incoming.HasRecords
            ? ref openOrders.Update(incoming.Slot, in incoming)
            : ref openOrders.Insert(in incoming, stopPrice: 0, ref instrument);
        openOrders.Rest(incoming.Slot, ref order, ref instrument, incoming.Price, incoming.Open);
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
        DropTimer(number);
        if (policy.BreakerDuration != 0)
        {
            instrument.ModeDeadline = state.Globals.Timestamp + policy.BreakerDuration;
            state.BreakerEnds.Set((int)number, instrument.ModeDeadline, number);
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

    // How many steps it took: itself, and the makers that it looked at and met.
    private int Trigger(int slot, ref Instrument instrument)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref order.Terms;
        ref var triggered = ref events.Append<OrderTriggered>(
            EventKind.OrderTriggered, order.Instrument, ref instrument);
        triggered.OrderId = new OrderId(order.Id);
        triggered.StopPrice = new Price(terms.StopPrice);
        triggered.LastPrice = new Price(instrument.LastPrice);
        triggered.Account = new AccountId(order.Account);
        triggered.Reserved0 = 0;
        openOrders.StopWaiting(slot);

        var steps = 1;
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
        else if (incoming.TimeInForce == TimeInForce.FillOrKill)
        {
            incoming.Ending = Fillable(in incoming) < order.Open ? CancelReason.FillOrKill : CancelReason.None;
            steps += _walk.Looked;
        }

        // Once triggered it is a limit order like any other.
        terms.Type = OrderType.Limit;
        terms.StopPrice = 0;
        if (incoming.Ending != CancelReason.None)
        {
            Finish(ref incoming);
            return steps;
        }

        Enter(ref incoming);
        return steps + (int)state.Globals.Policy.StepsMax - incoming.StepsLeft;
    }

    /// <summary>Lots that an order, not yet in the book, would trade at once.</summary>
    public long Fillable(in IncomingOrder incoming)
    {
        var lots = _walk.Lots(
            state.Books[incoming.Instrument],
            new Fillable(incoming.Side, incoming.Price, incoming.Open, incoming.Group, incoming.Prevention),
            (int)state.Globals.Policy.StepsMax);
        events.Look(_walk.Looked);
        return lots;
    }

    /// <summary>An order of the tables, out of every queue, as an incoming one.</summary>
    public IncomingOrder FromRecords(int slot, long price, long open)
    {
        ref var order = ref state.Orders.At(slot);
        ref var terms = ref order.Terms;
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

    // True where none is left.
    private bool CarryOutPendingCancels(uint number)
    {
        if (state.PendingCancels[number] == 0)
        {
            return true;
        }

        events.Look((int)state.Instruments.At((int)number).OpenOrders);
        _oldest.Begin(state.Globals.Policy.StepsMax, onlyPending: true);
        state.Books[number].CollectIds(_oldest);
        state.Triggers[number].CollectIds(_oldest);
        foreach (var id in _oldest.End())
        {
            var slot = state.FindOrder(id);
            openOrders.Cancel(slot, state.Orders.At(slot).Terms.PendingCancel);
        }

        return state.PendingCancels[number] == 0;
    }
}
