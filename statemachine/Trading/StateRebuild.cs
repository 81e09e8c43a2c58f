using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Makes everything derived anew from the records, after a restore. Order comes from numbers in the records.
/// </summary>
internal sealed class StateRebuild(ExchangeState state, KeyMemory keys, OpenOrders openOrders)
{
    public void Run()
    {
        Occupy();
        for (var i = 1u; i <= state.Globals.Instruments; i++)
        {
            state.AddBook(i);
        }

        RebuildOrders();
        RebuildQueues();
        RebuildTimers();
        state.RefreshPolicyHashes(instrument: 0);
    }

    private static void Occupy<T>(Table<T> table, SlotSet slots)
        where T : unmanaged, IRecord<T>
    {
        for (var slot = 0; slot < table.Limit; slot++)
        {
            if (!T.IsEmpty(table.At(slot)))
            {
                slots.Occupy(slot);
            }
        }
    }

    private void Occupy()
    {
        Occupy(state.Balances, state.BalanceSlots);
        Occupy(state.ApiKeys, state.ApiKeySlots);
        Occupy(state.Proposals, state.ProposalSlots);
        Occupy(state.Orders, state.OrderSlots);
        Occupy(state.Sessions, state.SessionSlots);
        Occupy(state.Keys, state.KeySlots);
        Occupy(state.ClientOrderIds, state.ClientOrderIdSlots);
        Occupy(state.Drains, state.DrainSlots);
        Occupy(state.Members, state.MemberSlots);
        for (var slot = 0; slot < state.Balances.Limit; slot++)
        {
            ref var balance = ref state.Balances.At(slot);
            state.BalanceIndex.Add(ExchangeState.BalanceHash(balance.Account, balance.Asset), slot);
        }

        for (var slot = 0; slot < state.ApiKeys.Limit; slot++)
        {
            state.IndexApiKey(slot);
        }

        for (var slot = 0; slot < state.Sessions.Limit; slot++)
        {
            if (state.SessionSlots.Contains(slot))
            {
                state.SessionIndex.Add(ExchangeState.SessionHash(state.Sessions.At(slot).Id), slot);
                state.Replies.Reserve(Admission.ReplySlot(slot, Session.Window - 1));
            }
        }
    }

    private void RebuildOrders()
    {
        var byAcceptance = new List<(ulong Key, int Slot)>();
        var byPriority = new List<(ulong Key, int Slot)>();
        for (var slot = 0; slot < state.Orders.Limit; slot++)
        {
            ref var order = ref state.Orders.At(slot);
            if (order.Id != 0)
            {
                byAcceptance.Add((order.Id, slot));
                byPriority.Add((order.Priority, slot));
            }
        }

        byAcceptance.Sort();
        byPriority.Sort();
        foreach (var (_, slot) in byAcceptance)
        {
            ref var order = ref state.Orders.At(slot);
            ref var terms = ref order.Terms;
            ref var instrument = ref state.Instruments.At(order.Instrument);
            terms.BaseBalance = state.FindBalance(order.Account, instrument.BaseAsset);
            terms.QuoteBalance = state.FindBalance(order.Account, instrument.QuoteAsset);
            openOrders.LinkToAccount(slot, ref terms, ref state.Accounts.At((int)order.Account));
            if (terms.PendingCancel != CancelReason.None)
            {
                state.PendingCancels[order.Instrument]++;
            }
        }

        foreach (var (_, slot) in byPriority)
        {
            ref var order = ref state.Orders.At(slot);
            ref var terms = ref order.Terms;
            if (order.IsWaiting)
            {
                state.Triggers[order.Instrument].Add(
                    slot, ref order, terms.StopPrice, OrderRules.TriggersOnRise(terms.Type, order.Side));
            }
            else
            {
                state.Books[order.Instrument].Add(slot, ref order);
            }
        }
    }

    private void RebuildQueues()
    {
        var numbered = new List<(ulong Number, int Slot)>();
        for (var slot = 0; slot < state.Keys.Limit; slot++)
        {
            if (state.KeySlots.Contains(slot))
            {
                numbered.Add((state.Keys.At(slot).Number, slot));
                state.KeyIndex.Add(Words.Low(state.Keys.At(slot).Id), slot);
            }
        }

        numbered.Sort();
        foreach (var (_, slot) in numbered)
        {
            keys.EnqueueKey(slot);
        }

        numbered.Clear();
        for (var slot = 0; slot < state.ClientOrderIds.Limit; slot++)
        {
            if (state.ClientOrderIdSlots.Contains(slot))
            {
                ref var taken = ref state.ClientOrderIds.At(slot);
                numbered.Add((taken.Number, slot));
                state.ClientOrderIdIndex.Add(ExchangeState.ClientOrderIdHash(taken.Account, taken.Id), slot);
            }
        }

        numbered.Sort();
        foreach (var (_, slot) in numbered)
        {
            keys.EnqueueClientOrderId(slot);
        }
    }

    private void RebuildTimers()
    {
        for (var slot = 0; slot < state.Orders.Limit; slot++)
        {
            ref var terms = ref state.Orders.At(slot).Terms;
            if (terms.ExpiresAt != 0 && terms.PendingCancel == CancelReason.None)
            {
                state.Expiries.Set(slot, terms.ExpiresAt, state.Orders.At(slot).Id);
            }
        }

        for (var i = 1; i <= state.Globals.Accounts; i++)
        {
            if (state.Accounts.At(i).DeadManDeadline != 0)
            {
                state.DeadMen.Set(i, state.Accounts.At(i).DeadManDeadline, (ulong)i);
            }
        }

        for (var slot = 0; slot < state.Sessions.Limit; slot++)
        {
            ref var session = ref state.Sessions.At(slot);
            if (session.GraceDeadline != 0)
            {
                state.Graces.Set(slot, session.GraceDeadline, session.Id);
            }
        }

        for (var i = 1; i <= state.Globals.Instruments; i++)
        {
            ref var instrument = ref state.Instruments.At(i);
            if (instrument.ModeDeadline != 0)
            {
                var timers = instrument.Continues == 0 ? state.BreakerEnds : state.Continuations;
                timers.Set(i, instrument.ModeDeadline, (ulong)i);
            }
        }
    }
}
