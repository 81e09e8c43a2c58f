using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Cancels, amends and replaces orders.</summary>
internal sealed class OrderChanges(ExchangeState state, EventWriter events, OpenOrders openOrders, Market market)
{
    private readonly OrderChecks _checks = new(state);
    private readonly Refusal _refusal = state.Refusal;
    private readonly OldestIds _oldest = new(state.Orders);

    public RejectCode Cancel(in CancelOrder command, ref CommandResult result)
    {
        var code = Find(in command.Header, command.OrderId.Value, command.ClientOrderId, out var slot);
        if (code != RejectCode.None)
        {
            return code;
        }

        ref var order = ref state.Orders.At(slot);
        var id = order.Id;
        openOrders.Cancel(slot, CancelReason.User);
        result.Id = id;
        result.Status = OrderStatus.Cancelled;
        return RejectCode.None;
    }

    public RejectCode Amend(in AmendOrder command, ref CommandResult result)
    {
        var lots = command.Quantity.Lots;
        if (state.HasInstrument(command.Header.Instrument.Value) && !OrderChecks.IsQuantity(lots))
        {
            return _refusal.Of(RejectCode.InvalidQuantity, lots, 0);
        }

        var code = Find(in command.Header, command.OrderId.Value, command.ClientOrderId, out var slot);
        if (code != RejectCode.None)
        {
            return code;
        }

        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref order.Terms;
        var executed = terms.Quantity - order.Open;
        if (lots >= terms.Quantity)
        {
            return _refusal.Of(RejectCode.QuantityNotReduced, lots, terms.Quantity);
        }

        if (lots <= executed)
        {
            return _refusal.Of(RejectCode.QuantityBelowExecuted, lots, executed);
        }

        Reduce(slot, ref order, ref terms, terms.Quantity - lots);
        result.Id = order.Id;
        result.Remaining = new Quantity(order.Open);
        result.Status = order.IsWaiting ? OrderStatus.Waiting
            : executed > 0 ? OrderStatus.PartiallyFilled
            : OrderStatus.Accepted;
        return RejectCode.None;
    }

    public RejectCode Replace(in ReplaceOrder command, ref CommandResult result)
    {
        var code = CheckReplace(in command, out var slot, out var price, out var quantity, out var hold);
        if (code != RejectCode.None)
        {
            result.Status = OrderStatus.Rejected;
            return code;
        }

        // From here it must succeed.
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref order.Terms;
        ref var instrument = ref state.Instruments.At(order.Instrument);
        var open = quantity - (terms.Quantity - order.Open);
        openOrders.LeaveBook(ref order, ref instrument);
        MoveHold(order.Side, ref terms, hold, out var available);
        terms.Quantity = quantity;
        order.Price = price;
        order.Visible = open;
        order.Hidden = 0;
        AppendChanged(EventKind.OrderReplaced, ref instrument, in order, in terms, open, available);

        // Most replaced orders meet nobody: those rest again as they are.
        if (instrument.Mode != SymbolMode.Normal || !state.Books[order.Instrument].Crosses(order.Side, price))
        {
            openOrders.Rest(slot, ref order, ref instrument, price, open);
            result.Id = order.Id;
            result.Remaining = new Quantity(open);
            result.Status = OrderStatus.Accepted;
            return RejectCode.None;
        }

        var incoming = market.FromRecords(slot, price, open);
        market.Enter(ref incoming);
        OrderPlacement.Reply(in incoming, ref result);
        if (incoming.Executed > 0)
        {
            market.FireTriggers(incoming.Instrument);
        }

        return RejectCode.None;
    }

    public Decision CancelAll(in CommandHeader header)
    {
        var number = header.Instrument.Value;
        if (number != 0 && !state.HasInstrument(number))
        {
            return Decision.Reject(RejectCode.UnknownInstrument);
        }

        return header.Account.Value == 0 ? CancelInstrument(number) : CancelAccount(in header);
    }

    /// <summary>
    /// Cancels an account's orders in order of acceptance for a timer, as far as its steps go. Those on instruments in
    /// hard halt are marked instead; a mark that is there already stays.
    /// </summary>
    /// <returns>True where none is left to cancel.</returns>
    public bool CancelByTimer(uint account, CancelReason reason)
    {
        var steps = state.Globals.Policy.StepsMax;
        var next = state.Accounts.At((int)account).FirstOrder;
        while (next != 0)
        {
            var slot = next - 1;
            next = state.Orders.At(slot).Terms.AccountNext;
            if (state.Instruments.At(state.Orders.At(slot).Instrument).Mode != SymbolMode.HardHalt)
            {
                if (steps == 0)
                {
                    return false;
                }

                steps--;
            }

            events.Look(1);
            CancelOrMark(slot, reason);
        }

        return true;
    }

    public void CancelOrMark(int slot, CancelReason reason)
    {
        ref var order = ref state.Orders.At(slot);
        if (state.Instruments.At(order.Instrument).Mode != SymbolMode.HardHalt)
        {
            openOrders.Cancel(slot, reason);
            return;
        }

        ref var terms = ref state.Orders.Write(slot).Terms;
        if (terms.PendingCancel == CancelReason.None)
        {
            terms.PendingCancel = reason;
            state.PendingCancels[order.Instrument]++;
            state.Expiries.Remove(slot);
        }
    }

    private Decision CancelInstrument(uint number)
    {
        // Book order would do, but order of acceptance is what every other cancel-all promises.
        events.Look((int)state.Instruments.At((int)number).OpenOrders);
        _oldest.Begin(state.Globals.Policy.StepsMax, onlyPending: false);
        state.Books[number].CollectIds(_oldest);
        state.Triggers[number].CollectIds(_oldest);
        var ids = _oldest.End();
        foreach (var id in ids)
        {
            openOrders.Cancel(state.FindOrder(id), CancelReason.CancelAll);
        }

        return Decision.Accept((ulong)ids.Length);
    }

    private Decision CancelAccount(in CommandHeader header)
    {
        var number = header.Instrument.Value;
        var code = number == 0 ? RejectCode.None : RefusalOf(number);
        if (code != RejectCode.None)
        {
            return Decision.Reject(code);
        }

        var count = 0UL;
        var next = state.Accounts.At((int)header.Account.Value).FirstOrder;
        while (next != 0 && count < state.Globals.Policy.StepsMax)
        {
            events.Look(1);
            var slot = next - 1;
            next = state.Orders.At(slot).Terms.AccountNext;
            var instrument = state.Orders.At(slot).Instrument;
            if ((number == 0 || instrument == number) && RefusalOf(instrument) == RejectCode.None)
            {
                openOrders.Cancel(slot, CancelReason.CancelAll);
                count++;
            }
        }

        return Decision.Accept(count);
    }

    private RejectCode RefusalOf(uint instrument) =>
        ModeRules.Refusal(state.Instruments.At((int)instrument).Mode, CommandKind.CancelAll, rests: false);

    // UnknownInstrument, UnknownOrder, mode: what every command on an order checks first.
    private RejectCode Find(in CommandHeader header, ulong orderId, UInt128 clientOrderId, out int slot)
    {
        slot = -1;
        var number = header.Instrument.Value;
        if (!state.HasInstrument(number))
        {
            return _refusal.Of(RejectCode.UnknownInstrument);
        }

        state.Instruments.Touch((int)number);
        if (orderId == 0)
        {
            var taken = state.FindClientOrderId(header.Account.Value, clientOrderId);
            orderId = taken < 0 ? 0 : state.ClientOrderIds.At(taken).OrderId;
        }

        slot = state.FindOrder(orderId);
        if (slot < 0
            || state.Orders.At(slot).Account != header.Account.Value
            || state.Orders.At(slot).Instrument != number)
        {
            return _refusal.Of(RejectCode.UnknownOrder);
        }

        var code = ModeRules.Refusal(state.Instruments.At((int)number).Mode, header.Kind, rests: true);
        return code == RejectCode.None ? code : _refusal.Of(code);
    }

    // The hidden part shrinks first, then the shown: what others see changes as late as possible.
    private void Reduce(int slot, ref Order order, ref OrderTerms terms, long lots)
    {
        ref var instrument = ref state.Instruments.At(order.Instrument);
        var fromHidden = Math.Min(order.Hidden, lots);
        var fromVisible = lots - fromHidden;
        terms.Quantity -= lots;
        order.Hidden -= fromHidden;
        MoveHold(
            order.Side,
            ref terms,
            Settlement.HoldOf(order.Side, order.Price, order.Open - fromVisible, in terms, in instrument),
            out var available);
        AppendChanged(
            EventKind.OrderAmended, ref instrument, in order, in terms, order.Open - fromVisible, available);
        if (fromVisible == 0 || order.IsWaiting)
        {
            order.Visible -= fromVisible;
            return;
        }

        ref var level = ref state.Books[order.Instrument].Reduce(ref order, fromVisible);
        order.Visible -= fromVisible;
        events.BookDelta(order.Instrument, ref instrument, order.Side, in level);
    }

    private RejectCode CheckReplace(
        in ReplaceOrder command, out int slot, out long price, out long quantity, out Int128 hold)
    {
        (slot, price, quantity, hold) = (-1, command.Price.Ticks, command.Quantity.Lots, 0);
        var number = command.Header.Instrument.Value;
        if (state.HasInstrument(number))
        {
            if (price != 0 && !OrderChecks.IsPrice(price))
            {
                return _refusal.Of(RejectCode.InvalidPrice, price, 0);
            }

            if (quantity != 0 && !OrderChecks.IsQuantity(quantity))
            {
                return _refusal.Of(RejectCode.InvalidQuantity, quantity, 0);
            }
        }

        var code = Find(in command.Header, command.OrderId.Value, command.ClientOrderId, out slot);
        if (code != RejectCode.None)
        {
            return code;
        }

        ref var order = ref state.Orders.At(slot);
        ref var terms = ref order.Terms;
        price = price == 0 ? order.Price : price;
        quantity = quantity == 0 ? terms.Quantity : quantity;
        ref var account = ref state.Accounts.Write((int)order.Account);
        ref var instrument = ref state.Instruments.At((int)number);
        ref var policy = ref state.Policies.At((int)number).Policy;
        if ((account.Freeze & (byte)AccountFreeze.Trading) != 0)
        {
            return _refusal.Of(RejectCode.AccountFrozen);
        }

        if (!_checks.IsWithinRate(ref account, counts: true, out var found))
        {
            return _refusal.Of(RejectCode.RateLimited, found, state.Globals.Policy.RateCount);
        }

        return _checks.IsWithinThrottle(ref instrument, in policy, counts: true, out found)
            ? CheckNewTerms(slot, price, quantity, ref instrument, in policy, out hold)
            : _refusal.Of(RejectCode.SymbolThrottled, found, policy.ThrottleCount);
    }

    private RejectCode CheckNewTerms(
        int slot,
        long price,
        long quantity,
        ref Instrument instrument,
        in InstrumentPolicy policy,
        out Int128 hold)
    {
        hold = 0;
        ref var order = ref state.Orders.At(slot);
        ref var terms = ref order.Terms;
        var executed = terms.Quantity - order.Open;
        var open = quantity - executed;
        var notional = open >= 0
            ? Money.Notional(price, open, instrument.NotionalUnits)
            : -Money.Notional(price, -open, instrument.NotionalUnits);
        var partsMax = terms.DisplayQuantity * PlaceOrder.IcebergPartsMax;
        var code = _checks.Size(in policy, quantity, hasLots: true, notional, hasNotional: true);
        if (terms.DisplayQuantity != 0 && open > partsMax && code != RejectCode.QuantityLimit)
        {
            return _refusal.Of(RejectCode.QuantityLimit, open, partsMax);
        }

        if (code != RejectCode.None)
        {
            return code;
        }

        if (!OrderChecks.IsInBand(in policy, instrument.ReferencePrice, price, out var bound))
        {
            return _refusal.Of(RejectCode.PriceBand, price, bound);
        }

        if (open <= 0)
        {
            return _refusal.Of(RejectCode.QuantityBelowExecuted, quantity, executed);
        }

        if (order.IsWaiting)
        {
            return _refusal.Of(RejectCode.NotReplaceable);
        }

        var book = state.Books[order.Instrument];
        if (terms.PostOnly != 0 && instrument.Mode == SymbolMode.Normal && book.Crosses(order.Side, price))
        {
            return _refusal.Of(RejectCode.PostOnlyWouldCross, price, book.BestOpposite(order.Side));
        }

        var balance = order.Side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance;
        var available = Words.Plus(state.Balances.At(balance).Available, terms.Hold);
        hold = order.Side == Side.Sell
            ? Money.Product(open, instrument.LotUnits)
            : Money.BuyHold(notional, Math.Max(Math.Max(terms.MakerRate, terms.TakerRate), 0), terms.FeeAccrued);
        return available < hold
            ? _refusal.Of(RejectCode.InsufficientFunds, hold, available)
            : RejectCode.None;
    }

    private void MoveHold(Side side, ref OrderTerms terms, Int128 hold, out Int128 available)
    {
        ref var balance = ref state.Balances.Write(side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance);
        balance.Hold(Words.Minus(hold, terms.Hold));
        terms.Hold = hold;
        available = balance.Available;
    }

    private void AppendChanged(
        EventKind kind,
        ref Instrument instrument,
        in Order order,
        in OrderTerms terms,
        long remaining,
        Int128 available)
    {
        ref var changed = ref events.Append<OrderChanged>(kind, order.Instrument, ref instrument);
        changed.Account = new AccountId(order.Account);
        changed.Side = order.Side;
        changed.Reserved0 = 0;
        changed.Reserved1 = 0;
        changed.OrderId = new OrderId(order.Id);
        changed.Price = new Price(order.Price);
        changed.Quantity = new Quantity(terms.Quantity);
        changed.Remaining = new Quantity(remaining);
        changed.Hold = new Amount(terms.Hold);
        changed.Available = new Amount(available);
        changed.PolicyHash = instrument.PolicyHash;
        changed.ReferencePrice = new Price(instrument.ReferencePrice);
    }
}
