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

    /// <summary>Remembers a key or fence where it is not <see cref="IsFull"/>.</summary>
    /// <returns>Its slot.</returns>
    public int Remember(
        UInt128 id,
        CommandKind kind,
        in CommandHeader header,
        ulong fingerprint,
        ulong stamp,
        long deadline,
        bool isFenced)
    {
        var scope = ScopeOf(kind, in header);
        var slot = state.KeySlots.Allocate();
        state.Keys.Reserve(slot);
        ref var key = ref state.Keys.Write(slot);
        key = new RememberedKey
        {
            Id = id,
            Holder = HolderOf(scope, in header),
            Fingerprint = fingerprint,
            Stamp = stamp,
            Deadline = deadline,
            Fenced = isFenced ? 1u : 0u,
            Scope = scope,
            Number = ++state.Globals.KeyNumber,
        };
        state.KeyIndex.Add(Words.Low(id), slot);
        CountOf(scope, key.Holder)++;
        EnqueueKey(slot);
        return slot;
    }

    /// <summary>
    /// Whether no more key of a kind is remembered for the header's account, or without one for its user. No policy and
    /// no owner keeps staff from sending: what is theirs has a least number, and places that owners leave free.
    /// </summary>
    public bool IsFull(CommandKind kind, in CommandHeader header)
    {
        var scope = ScopeOf(kind, in header);
        var holder = (int)HolderOf(scope, in header);
        var count = scope switch
        {
            KeyScope.User => state.Users.At(holder).Keys,
            KeyScope.Staff => state.Accounts.At(holder).StaffKeys,
            _ => state.Accounts.At(holder).Keys,
        };
        var most = state.Globals.Policy.KeysMax;
        return scope == KeyScope.Trader
            ? count >= most || state.KeySlots.Count >= state.Caps.TraderKeys
            : count >= Math.Max(most, state.Caps.StaffKeys) || state.KeySlots.Count >= state.Caps.Keys;
    }

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

    // Counted apart, so that an owner who fills his account's keys cannot keep an officer from freezing it, nor one of
    // the staff another from halting the market.
    private static KeyScope ScopeOf(CommandKind kind, in CommandHeader header) =>
        header.Account.Value == 0 ? KeyScope.User
        : CommandRules.Of(kind).Role == Roles.Trader ? KeyScope.Trader
        : KeyScope.Staff;

    private static uint HolderOf(KeyScope scope, in CommandHeader header) =>
        scope == KeyScope.User ? header.User.Value : header.Account.Value;

    // To be changed.
    private ref uint CountOf(KeyScope scope, uint holder)
    {
        if (scope == KeyScope.User)
        {
            return ref state.Users.Write((int)holder).Keys;
        }

        ref var account = ref state.Accounts.Write((int)holder);
        return ref scope == KeyScope.Staff ? ref account.StaffKeys : ref account.Keys;
    }

    private void ForgetFirstKey()
    {
        var slot = state.KeyQueue.First - 1;
        ref var key = ref state.Keys.Write(slot);
        state.KeyQueue.First = key.NextInQueue;
        state.KeyQueue.Last = key.NextInQueue == 0 ? 0 : state.KeyQueue.Last;
        state.KeyIndex.Remove(Words.Low(key.Id), slot);
        CountOf(key.Scope, key.Holder)--;
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
