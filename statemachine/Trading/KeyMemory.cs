using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// What is remembered for a time: keyed commands with their replies, fences, client order ids. Each kind is one queue
/// in
/// order of admission; its head is forgotten when its deadline has passed, a bounded number an entry. Nothing whose
/// deadline has not passed is ever evicted: at the cap the command is refused.
/// </summary>
internal sealed class KeyMemory(ExchangeState state)
{
    /// <summary>
    /// Most of each kind forgotten in one entry beyond what it can add, so that a mass expiry does not stall it and the
    /// queues still shrink however many commands an entry has.
    /// </summary>
    private const int ForgottenMax = 64;

    public void Forget(uint commands)
    {
        var most = ForgottenMax + (long)commands;
        var now = state.Globals.Timestamp;
        for (var i = 0; i < most && state.KeyQueue.First != 0; i++)
        {
            if (state.Keys.At(state.KeyQueue.First - 1).Deadline > now)
            {
                break;
            }

            ForgetFirstKey();
        }

        for (var i = 0; i < most && state.ClientOrderIdQueue.First != 0; i++)
        {
            if (state.ClientOrderIds.At(state.ClientOrderIdQueue.First - 1).Deadline > now)
            {
                break;
            }

            ForgetFirstClientOrderId(now);
        }
    }

    /// <summary>Remembers a key or fence of an account below its cap.</summary>
    /// <returns>Its slot.</returns>
    public int Remember(
        UInt128 id, CommandKind kind, uint account, ulong fingerprint, ulong stamp, long deadline, bool isFenced)
    {
        var isStaffs = IsStaffs(kind);
        var slot = state.KeySlots.Allocate();
        state.Keys.Reserve(slot);
        ref var key = ref state.Keys.Write(slot);
        key = new RememberedKey
        {
            Id = id,
            Account = account,
            Fingerprint = fingerprint,
            Stamp = stamp,
            Deadline = deadline,
            Fenced = isFenced ? 1u : 0u,
            Staff = isStaffs ? 1u : 0u,
            Number = ++state.Globals.KeyNumber,
        };
        state.KeyIndex.Add(Words.Low(id), slot);
        CountOf(ref state.Accounts.Write((int)account), isStaffs)++;
        EnqueueKey(slot);
        return slot;
    }

    /// <summary>Whether the account may remember one more key of a kind.</summary>
    public bool IsFull(CommandKind kind, uint account) =>
        CountOf(ref state.Accounts.At((int)account), IsStaffs(kind)) >= state.Globals.Policy.KeysMax
        || state.KeySlots.Count >= state.Caps.Keys;

    /// <summary>Takes a client order id of an account below its cap.</summary>
    public void TakeClientOrderId(uint account, UInt128 id, ulong orderId)
    {
        var slot = state.ClientOrderIdSlots.Allocate();
        state.ClientOrderIds.Reserve(slot);
        ref var taken = ref state.ClientOrderIds.Write(slot);
        taken = new ClientOrderId { Id = id, Account = account, OrderId = orderId };
        state.ClientOrderIdIndex.Add(ExchangeState.ClientOrderIdHash(account, id), slot);
        state.Accounts.Write((int)account).ClientOrderIds++;
        Requeue(slot, ref taken);
    }

    public void EnqueueKey(int slot)
    {
        if (state.KeyQueue.Last != 0)
        {
            state.Keys.At(state.KeyQueue.Last - 1).NextInQueue = slot + 1;
        }
        else
        {
            state.KeyQueue.First = slot + 1;
        }

        state.KeyQueue.Last = slot + 1;
    }

    public void EnqueueClientOrderId(int slot)
    {
        if (state.ClientOrderIdQueue.Last != 0)
        {
            state.ClientOrderIds.At(state.ClientOrderIdQueue.Last - 1).NextInQueue = slot + 1;
        }
        else
        {
            state.ClientOrderIdQueue.First = slot + 1;
        }

        state.ClientOrderIdQueue.Last = slot + 1;
    }

    // Counted apart, so that an owner who fills his account's keys cannot keep an officer from freezing it.
    private static bool IsStaffs(CommandKind kind) => CommandRules.Of(kind).Role != Roles.Trader;

    private static ref uint CountOf(ref Account account, bool isStaffs) =>
        ref isStaffs ? ref account.StaffKeys : ref account.Keys;

    private void ForgetFirstKey()
    {
        var slot = state.KeyQueue.First - 1;
        ref var key = ref state.Keys.Write(slot);
        state.KeyQueue.First = key.NextInQueue;
        state.KeyQueue.Last = key.NextInQueue == 0 ? 0 : state.KeyQueue.Last;
        state.KeyIndex.Remove(Words.Low(key.Id), slot);
        CountOf(ref state.Accounts.Write((int)key.Account), key.Staff != 0)--;
        state.KeySlots.Free(slot);
        state.Globals.StampFloor = Math.Max(state.Globals.StampFloor, key.Stamp + 1);
        key = default;
    }

    private void ForgetFirstClientOrderId(long now)
    {
        var slot = state.ClientOrderIdQueue.First - 1;
        ref var taken = ref state.ClientOrderIds.Write(slot);
        state.ClientOrderIdQueue.First = taken.NextInQueue;
        state.ClientOrderIdQueue.Last = taken.NextInQueue == 0 ? 0 : state.ClientOrderIdQueue.Last;
        taken.NextInQueue = 0;
        if (state.FindOrder(taken.OrderId) >= 0)
        {
            Requeue(slot, ref taken);
            return;
        }

        state.ClientOrderIdIndex.Remove(ExchangeState.ClientOrderIdHash(taken.Account, taken.Id), slot);
        state.Accounts.Write((int)taken.Account).ClientOrderIds--;
        state.ClientOrderIdSlots.Free(slot);
        taken = default;
    }

    private void Requeue(int slot, ref ClientOrderId taken)
    {
        taken.Deadline = state.Globals.Timestamp + state.Globals.Policy.ClientOrderIdRetention;
        taken.Number = ++state.Globals.ClientOrderIdNumber;
        EnqueueClientOrderId(slot);
    }
}
