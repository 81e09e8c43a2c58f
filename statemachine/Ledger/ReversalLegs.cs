using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// Mirrors an earlier entry. What the entry did to an account's available and held balances together is mirrored on its
/// correction account, not on the balances themselves: these are the core's, and a hold of the past has no order to
/// belong to any more. The core carries the correction out by an approved adjustment under the reversal's reference.
/// </summary>
internal static class ReversalLegs
{
    /// <summary>Everything that can be wrong with a request, in order. A repeat is no error; see the caller.</summary>
    public static LedgerError Check(
        LedgerState state, JournalEntry original, in Reversal reversal, OutputBuffer scratch, out bool isRepeat)
    {
        isRepeat = false;
        if (reversal.Reference == 0)
        {
            return LedgerError.FieldOutOfRange;
        }

        if (state.ReversalReferences.TryGet(reversal.Reference, out var earlier))
        {
            isRepeat = earlier.EntryNumber == original.Number;
            return isRepeat ? LedgerError.None : LedgerError.Mismatch;
        }

        if (reversal.User.Value == 0 || reversal.Approver.Value == 0 || reversal.User == reversal.Approver)
        {
            return LedgerError.SeparationOfDuties;
        }

        if (original.Number == 0 || original.Number > state.Head.Number)
        {
            return LedgerError.UnknownEntry;
        }

        var isOwnMoney = original.Kind is JournalEntryKind.Trade or JournalEntryKind.Deposit
            or JournalEntryKind.Withdrawal or JournalEntryKind.Adjustment;
        if (!isOwnMoney)
        {
            return LedgerError.NotReversible;
        }

        if (state.Reversed.TryGet(original.Number, out _))
        {
            return LedgerError.AlreadyReversed;
        }

        if (!JournalCodec.IsChained(original, scratch))
        {
            return LedgerError.JournalChainBroken;
        }

        // Its own bytes agree; whether a ledger wrote them, the sums below must be able to bear.
        foreach (var posting in original.Postings)
        {
            if (!LedgerState.IsWellFormed(in posting))
            {
                return LedgerError.JournalMalformed;
            }
        }

        return LedgerError.None;
    }

    /// <summary>Writes the mirrored legs.</summary>
    public static LedgerError Draft(LedgerState state, JournalEntry original, in Reversal reversal, JournalDraft draft)
    {
        draft.Kind = JournalEntryKind.Reversal;
        draft.OutsideReference = reversal.Reference;
        draft.User = reversal.User;
        draft.Approver = reversal.Approver;
        draft.Reverses = original.Number;
        for (var i = 0; i < original.Postings.Length; i++)
        {
            var account = original.Postings[i].Account;
            if (!account.HasOwner)
            {
                draft.Post(account, -original.Postings[i].Amount.Units);
            }
            else if (IsFirstOfOwner(original.Postings, i))
            {
                var error = DraftOwner(state, original.Postings, account, draft);
                if (error != LedgerError.None)
                {
                    return error;
                }
            }
        }

        return LedgerError.None;
    }

    private static LedgerError DraftOwner(
        LedgerState state, Posting[] postings, LedgerAccount account, JournalDraft draft)
    {
        Int128 net = 0;
        foreach (var posting in postings)
        {
            net += IsSameOwner(posting.Account, account) ? posting.Amount.Units : 0;
        }

        // The core will take it from what is available; where it is not there, the reversal would owe what nobody has.
        var correction = LedgerAccount.Correction(account.Account, account.Asset);
        var pending = state.Balance(correction) - net;
        var available = state.Balance(LedgerAccount.Available(account.Account, account.Asset));
        if (net > 0 && pending + available < 0 && account.Account != AccountId.House)
        {
            return draft.Refuse(LedgerError.InsufficientAvailable, net, pending + net + available);
        }

        draft.Post(correction, -net);
        return LedgerError.None;
    }

    private static bool IsFirstOfOwner(Posting[] postings, int place)
    {
        for (var i = 0; i < place; i++)
        {
            if (IsSameOwner(postings[i].Account, postings[place].Account))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSameOwner(LedgerAccount left, LedgerAccount right) =>
        left.HasOwner && right.HasOwner && left.Account == right.Account && left.Asset == right.Asset;
}
