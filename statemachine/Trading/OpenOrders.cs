using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>The life of an order in the tables: it rests or waits, is cancelled, and leaves.</summary>
internal sealed class OpenOrders(ExchangeState state, EventWriter events)
{
    /// <summary>
    /// Puts an incoming order into the tables and links it to its account. Its slot is already taken, and empty: only
    /// what is not zero is written.
    /// </summary>
    public ref Order Insert(in IncomingOrder incoming, long stopPrice, ref Instrument instrument)
    {
        var slot = incoming.Slot;
        state.Orders.Reserve(slot);
        ref var order = ref state.Orders.Write(slot);
        Invariant.Check(order.Id == 0);
        order.Id = incoming.Id;
        order.Price = incoming.Price;
        order.Group = incoming.Group;
        order.Account = incoming.Account;
        order.Instrument = (ushort)incoming.Instrument;
        order.Side = incoming.Side;
        order.Visible = incoming.Open;

        ref var terms = ref order.Terms;
        terms.DisplayQuantity = incoming.Display;
        terms.ExpiresAt = incoming.ExpiresAt;
        terms.StopPrice = stopPrice;
        terms.ClientOrderId = incoming.ClientOrderId;
        terms.MakerRate = incoming.MakerRate;
        terms.TakerRate = incoming.TakerRate;
        terms.Type = incoming.Type;
        terms.TimeInForce = incoming.TimeInForce;
        terms.SelfTradePrevention = incoming.Prevention;
        terms.PostOnly = incoming.PostOnly ? (byte)1 : (byte)0;
        Update(ref terms, in incoming);

        ref var account = ref state.Accounts.Write(unchecked((int)incoming.Account));
        account.OpenOrders++;
        LinkToAccount(slot, ref terms, ref account);
        instrument.OpenOrders++;
        if (incoming.ExpiresAt != 0)
        {
            state.Expiries.Set(slot, incoming.ExpiresAt, incoming.Id);
        }

        return ref order;
    }

    /// <summary>Brings what matching changed of an order back into the tables.</summary>
    public ref Order Update(int slot, in IncomingOrder incoming)
    {
        ref var order = ref state.Orders.Write(slot);
        Update(ref order.Terms, in incoming);
        return ref order;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Update(ref OrderTerms terms, in IncomingOrder incoming)
    {
        terms.Quantity = incoming.Quantity;
        terms.Hold = incoming.Hold;
        terms.FeeAccrued = incoming.FeeAccrued;
        terms.RebateAccrued = incoming.RebateAccrued;
        terms.BaseBalance = incoming.BaseBalance;
        terms.QuoteBalance = incoming.QuoteBalance;
    }

    /// <summary>
    /// Puts an order at the end of its level, showing what it may. The order and its instrument are written already.
    /// </summary>
    public void Rest(int slot, ref Order order, ref Instrument instrument, long price, long open)
    {
        var display = order.Terms.DisplayQuantity;
        order.Price = price;
        order.Flags = 0;
        order.Visible = display == 0 ? open : Math.Min(display, open);
        order.Hidden = open - order.Visible;
        order.Priority = ++state.Globals.Priority;
        ref var level = ref state.Books[order.Instrument].Add(slot, ref order);
        events.BookDelta(order.Instrument, ref instrument, order.Side, in level);
    }

    /// <summary>Puts an order among those that wait for their stop.</summary>
    public void Wait(int slot)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var terms = ref order.Terms;
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
        ref var terms = ref order.Terms;
        state.Triggers[order.Instrument].Remove(ref order, OrderRules.TriggersOnRise(terms.Type, order.Side));
        state.Instruments.At(order.Instrument).StopOrders--;
        order.Flags = 0;
    }

    /// <summary>
    /// Takes a resting order out of the book and tells its level. It stays in the tables, written already.
    /// </summary>
    public void LeaveBook(ref Order order, ref Instrument instrument)
    {
        var level = state.Books[order.Instrument].Remove(ref order);
        events.BookDelta(order.Instrument, ref instrument, order.Side, in level);
    }

    /// <summary>Cancels an order where it stands: releases its hold, tells, deletes.</summary>
    public void Cancel(int slot, CancelReason reason)
    {
        ref var order = ref state.Orders.Write(slot);
        ref var instrument = ref state.Instruments.Write(order.Instrument);
        if (order.IsWaiting)
        {
            StopWaiting(slot);
            Cancel(slot, ref order, ref instrument, reason);
            return;
        }

        var (number, side) = (order.Instrument, order.Side);
        var level = state.Books[number].Remove(ref order);
        Cancel(slot, ref order, ref instrument, reason);
        events.BookDelta(number, ref instrument, side, in level);
    }

    /// <summary>Cancels an order that is in no book or queue any more.</summary>
    public void CancelUnlinked(int slot, CancelReason reason)
    {
        ref var order = ref state.Orders.Write(slot);
        Cancel(slot, ref order, ref state.Instruments.Write(order.Instrument), reason);
    }

    private void Cancel(int slot, ref Order order, ref Instrument instrument, CancelReason reason)
    {
        ref var terms = ref order.Terms;
        var released = terms.Hold;
        state.Balances.Write(order.Side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance)
            .Hold(Words.Minus(0, released));
        terms.Hold = 0;
        ref var cancelled = ref AppendCancelled(order.Instrument, ref instrument, in released);
        cancelled.Account = new AccountId(order.Account);
        cancelled.Side = order.Side;
        cancelled.Reason = reason;
        cancelled.OrderId = new OrderId(order.Id);
        cancelled.Price = new Price(order.Price);
        cancelled.Remaining = new Quantity(order.Open);
        Delete(slot, ref order, ref instrument);
    }

    /// <summary>Cancels the rest of an order that is just matching.</summary>
    public void CancelIncoming(ref IncomingOrder incoming)
    {
        ref var balance = ref state.Balances.Write(
            incoming.Side == Side.Buy ? incoming.QuoteBalance : incoming.BaseBalance);
        balance.Hold(-incoming.Hold);
        ref var instrument = ref state.Instruments.At((int)incoming.Instrument);
        ref var cancelled = ref AppendCancelled(incoming.Instrument, ref instrument, in incoming.Hold);
        cancelled.Account = new AccountId(incoming.Account);
        cancelled.Side = incoming.Side;
        cancelled.Reason = incoming.Ending;
        cancelled.OrderId = new OrderId(incoming.Id);
        cancelled.Price = new Price(incoming.Price);
        cancelled.Remaining = new Quantity(incoming.HasBudget ? 0 : incoming.Open);
        incoming.Hold = 0;
        incoming.IsCancelled = true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref OrderCancelled AppendCancelled(uint number, ref Instrument instrument, in Int128 released)
    {
        ref var cancelled = ref events.Append<OrderCancelled>(EventKind.OrderCancelled, number, ref instrument);
        cancelled.Reserved0 = 0;
        cancelled.Released = new Amount(released);
        return ref cancelled;
    }

    /// <summary>An iceberg shows its next part and gets a new priority.</summary>
    public void Replenish(int slot, ref Order order)
    {
        var shown = Math.Min(state.Orders.At(slot).Terms.DisplayQuantity, order.Hidden);
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
        Delete(slot, ref order, ref state.Instruments.Write(order.Instrument));
    }

    private void Delete(int slot, ref Order order, ref Instrument instrument)
    {
        ref var terms = ref order.Terms;
        Invariant.Check(terms.Hold == 0);
        UnlinkFromAccount(slot, ref terms, ref state.Accounts.Write(unchecked((int)order.Account)));
        instrument.OpenOrders--;
        if (terms.ExpiresAt != 0)
        {
            state.Expiries.Remove(slot);
        }

        if (terms.PendingCancel != CancelReason.None)
        {
            state.PendingCancels[order.Instrument]--;
        }

        order = default;
        state.OrderSlots.Free(slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LinkToAccount(int slot, ref OrderTerms terms, ref Account account)
    {
        terms.AccountNext = 0;
        terms.AccountPrevious = account.LastOrder;
        if (account.LastOrder != 0)
        {
            state.Orders.At(account.LastOrder - 1).Terms.AccountNext = slot + 1;
        }
        else
        {
            account.FirstOrder = slot + 1;
        }

        account.LastOrder = slot + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void UnlinkFromAccount(int slot, ref OrderTerms terms, ref Account account)
    {
        Invariant.Check(account.OpenOrders > 0);
        account.OpenOrders--;
        if (terms.AccountPrevious != 0)
        {
            state.Orders.At(terms.AccountPrevious - 1).Terms.AccountNext = terms.AccountNext;
        }
        else
        {
            Invariant.Check(account.FirstOrder == slot + 1);
            account.FirstOrder = terms.AccountNext;
        }

        if (terms.AccountNext != 0)
        {
            state.Orders.At(terms.AccountNext - 1).Terms.AccountPrevious = terms.AccountPrevious;
        }
        else
        {
            account.LastOrder = terms.AccountPrevious;
        }
    }
}
