using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>The life of an order in the tables: it rests or waits, is cancelled, and leaves.</summary>
internal sealed class OpenOrders(ExchangeState state, EventWriter events)
{
    /// <summary>
    /// Puts an incoming order into the tables and links it to its account. Its slot is already taken.
    /// </summary>
    public void Insert(in IncomingOrder incoming, long stopPrice)
    {
        var slot = incoming.Slot;
        state.Orders.Reserve(slot);
        state.Terms.Reserve(slot);
        ref var order = ref state.Orders.Write(slot);
        order.Id = incoming.Id;
        order.Price = incoming.Price;
        order.Group = incoming.Group;
        order.Account = incoming.Account;
        order.Instrument = (ushort)incoming.Instrument;
        order.Side = incoming.Side;
        order.Flags = 0;
        order.Hidden = 0;
        order.Visible = incoming.Open;

        ref var terms = ref state.Terms.Write(slot);
        terms = new OrderTerms
        {
            Exists = 1,
            DisplayQuantity = incoming.Display,
            ExpiresAt = incoming.ExpiresAt,
            StopPrice = stopPrice,
            ClientOrderId = incoming.ClientOrderId,
            MakerRate = incoming.MakerRate,
            TakerRate = incoming.TakerRate,
            Type = incoming.Type,
            TimeInForce = incoming.TimeInForce,
            SelfTradePrevention = incoming.Prevention,
            PostOnly = incoming.PostOnly ? (byte)1 : (byte)0,
            BaseBalance = incoming.BaseBalance,
            QuoteBalance = incoming.QuoteBalance,
        };
        Update(slot, in incoming);

        ref var account = ref state.Accounts.Write((int)incoming.Account);
        account.OpenOrders++;
        LinkToAccount(slot, ref terms, ref account);
        state.Instruments.At((int)incoming.Instrument).OpenOrders++;
        if (incoming.ExpiresAt != 0)
        {
            state.Expiries.Set(slot, incoming.ExpiresAt, incoming.Id);
        }
    }

    /// <summary>Brings what matching changed of an order back into the tables.</summary>
    public void Update(int slot, in IncomingOrder incoming)
    {
        ref var terms = ref state.Terms.Write(slot);
        terms.Quantity = incoming.Quantity;
        terms.Hold = incoming.Hold;
        terms.FeeAccrued = incoming.FeeAccrued;
        terms.RebateAccrued = incoming.RebateAccrued;
        terms.BaseBalance = incoming.BaseBalance;
        terms.QuoteBalance = incoming.QuoteBalance;
    }

    /// <summary>Puts an order at the end of its level, showing what it may.</summary>
    public void Rest(int slot, long price, long open)
    {
        ref var order = ref state.Orders.Write(slot);
        var display = state.Terms.At(slot).DisplayQuantity;
        order.Price = price;
        order.Flags = 0;
        order.Visible = display == 0 ? open : Math.Min(display, open);
        order.Hidden = open - order.Visible;
        order.Priority = ++state.Globals.Priority;
        ref var level = ref state.Books[order.Instrument].Add(slot, ref order);
        events.BookDelta(
            order.Instrument,
            ref state.Instruments.At(order.Instrument),
            order.Side,
            price,
            level.Visible,
            level.Orders);
    }

    /// <summary>Puts an order among those that wait for their stop.</summary>
    public void Wait(int slot)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref state.Terms.At(slot);
        order.Flags = Order.WaitingFlag;
        order.Priority = ++state.Globals.Priority;
        state.Instruments.At(order.Instrument).StopOrders++;
        state.Triggers[order.Instrument].Add(
            slot, ref order, terms.StopPrice, OrderRules.TriggersOnRise(terms.Type, order.Side));
    }

    /// <summary>Takes a waiting order out of its queue. It stays in the tables.</summary>
    public void StopWaiting(int slot)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref state.Terms.At(slot);
        state.Triggers[order.Instrument].Remove(ref order, OrderRules.TriggersOnRise(terms.Type, order.Side));
        state.Instruments.At(order.Instrument).StopOrders--;
        order.Flags = 0;
    }

    /// <summary>Takes a resting order out of the book and tells its level. It stays in the tables.</summary>
    public void LeaveBook(int slot)
    {
        ref var order = ref state.Orders.Write(slot);
        var level = state.Books[order.Instrument].Remove(ref order);
        events.BookDelta(
            order.Instrument,
            ref state.Instruments.At(order.Instrument),
            order.Side,
            level.Price,
            level.Visible,
            level.Orders);
    }

    /// <summary>Cancels an order where it stands: releases its hold, tells, deletes.</summary>
    public void Cancel(int slot, CancelReason reason)
    {
        ref var order = ref state.Orders.Write(slot);
        state.Instruments.Touch(order.Instrument);
        if (order.IsWaiting)
        {
            StopWaiting(slot);
            CancelUnlinked(slot, reason);
            return;
        }

        var (instrument, side) = (order.Instrument, order.Side);
        var level = state.Books[instrument].Remove(ref order);
        CancelUnlinked(slot, reason);
        events.BookDelta(
            instrument, ref state.Instruments.At(instrument), side, level.Price, level.Visible, level.Orders);
    }

    /// <summary>Cancels an order that is in no book or queue any more.</summary>
    public void CancelUnlinked(int slot, CancelReason reason)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref state.Terms.Write(slot);
        var released = terms.Hold;
        ref var balance = ref state.Balances.Write(order.Side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance);
        balance.Hold(-released);
        terms.Hold = 0;
        AppendCancelled(
            order.Instrument, order.Account, order.Side, reason, order.Id, order.Price, order.Open, released);
        Delete(slot);
    }

    /// <summary>Cancels the rest of an order that is just matching.</summary>
    public void CancelIncoming(ref IncomingOrder incoming)
    {
        ref var balance = ref state.Balances.Write(
            incoming.Side == Side.Buy ? incoming.QuoteBalance : incoming.BaseBalance);
        balance.Hold(-incoming.Hold);
        AppendCancelled(
            incoming.Instrument,
            incoming.Account,
            incoming.Side,
            incoming.Ending,
            incoming.Id,
            incoming.Price,
            incoming.HasBudget ? 0 : incoming.Open,
            incoming.Hold);
        incoming.Hold = 0;
        incoming.IsCancelled = true;
    }

    private void AppendCancelled(
        uint instrument,
        uint account,
        Side side,
        CancelReason reason,
        ulong orderId,
        long price,
        long remaining,
        Int128 released)
    {
        ref var cancelled = ref events.Append<OrderCancelled>(
            EventKind.OrderCancelled, instrument, ref state.Instruments.At((int)instrument));
        cancelled.Account = new AccountId(account);
        cancelled.Side = side;
        cancelled.Reason = reason;
        cancelled.Reserved0 = 0;
        cancelled.OrderId = new OrderId(orderId);
        cancelled.Price = new Price(price);
        cancelled.Remaining = new Quantity(remaining);
        cancelled.Released = new Amount(released);
    }

    /// <summary>An iceberg shows its next part and gets a new priority.</summary>
    public void Replenish(int slot, ref Order order)
    {
        var shown = Math.Min(state.Terms.At(slot).DisplayQuantity, order.Hidden);
        order.Visible = shown;
        order.Hidden -= shown;
        order.Priority = ++state.Globals.Priority;
        ref var replenished = ref events.Append<OrderReplenished>(
            EventKind.OrderReplenished, order.Instrument, ref state.Instruments.At(order.Instrument));
        replenished.OrderId = new OrderId(order.Id);
        replenished.Visible = new Quantity(shown);
        replenished.Account = new AccountId(order.Account);
        replenished.Reserved0 = 0;
    }

    /// <summary>
    /// Removes an order that holds nothing from the tables. Its slot may be given to another at once.
    /// </summary>
    public void Delete(int slot)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref state.Terms.Write(slot);
        Invariant.Check(terms.Hold == 0);
        UnlinkFromAccount(slot, ref terms, ref state.Accounts.Write((int)order.Account));
        state.Instruments.Touch(order.Instrument);
        state.Instruments.At(order.Instrument).OpenOrders--;
        if (terms.ExpiresAt != 0)
        {
            state.Expiries.Remove(slot);
        }

        if (terms.PendingCancel != CancelReason.None)
        {
            state.PendingCancels[order.Instrument]--;
        }

        order = default;
        terms = default;
        state.OrderSlots.Free(slot);
    }

    public void LinkToAccount(int slot, ref OrderTerms terms, ref Account account)
    {
        terms.AccountNext = 0;
        terms.AccountPrevious = account.LastOrder;
        if (account.LastOrder != 0)
        {
            state.Terms.At(account.LastOrder - 1).AccountNext = slot + 1;
        }
        else
        {
            account.FirstOrder = slot + 1;
        }

        account.LastOrder = slot + 1;
    }

    private void UnlinkFromAccount(int slot, ref OrderTerms terms, ref Account account)
    {
        Invariant.Check(account.OpenOrders > 0);
        account.OpenOrders--;
        if (terms.AccountPrevious != 0)
        {
            state.Terms.At(terms.AccountPrevious - 1).AccountNext = terms.AccountNext;
        }
        else
        {
            Invariant.Check(account.FirstOrder == slot + 1);
            account.FirstOrder = terms.AccountNext;
        }

        if (terms.AccountNext != 0)
        {
            state.Terms.At(terms.AccountNext - 1).AccountPrevious = terms.AccountPrevious;
        }
        else
        {
            account.LastOrder = terms.AccountPrevious;
        }
    }
}
