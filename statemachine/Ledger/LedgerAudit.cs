using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>Adds everything up again, from the rows alone.</summary>
internal static class LedgerAudit
{
    public static LedgerError Run(LedgerState state)
    {
        var error = CheckHashes(state);
        if (error == LedgerError.None)
        {
            error = CheckTotals(state);
        }

        return error == LedgerError.None ? CheckHolds(state) : error;
    }

    private static LedgerError CheckHashes(LedgerState state)
    {
        var isWhole = state.Balances.Hash == state.Balances.RecomputeHash()
            && state.Orders.Hash == state.Orders.RecomputeHash()
            && state.Streams.Hash == state.Streams.RecomputeHash()
            && state.Instruments.Hash == state.Instruments.RecomputeHash()
            && state.Reversed.Hash == state.Reversed.RecomputeHash();
        return isWhole ? LedgerError.None : LedgerError.AuditFailed;
    }

    private static LedgerError CheckTotals(LedgerState state)
    {
        Dictionary<AssetId, TrialBalance> sums = [];
        for (var slot = 0; slot < state.Balances.SlotCount; slot++)
        {
            var account = state.Balances.KeyAt(slot);
            var units = state.Balances.ValueAt(slot).Units;
            sums[account.Asset] = sums.GetValueOrDefault(account.Asset).Plus(account.Kind, units);
            if (account.Kind == LedgerAccountKind.Available && units < 0 && account.Account != AccountId.House)
            {
                return LedgerError.InsufficientAvailable;
            }
        }

        for (var slot = 0; slot < state.Totals.SlotCount; slot++)
        {
            var asset = state.Totals.KeyAt(slot);
            var sum = sums.GetValueOrDefault(asset);
            if (sum != state.Totals.ValueAt(slot).Balance)
            {
                return LedgerError.AuditFailed;
            }

            if (sum.Sum.Units != 0)
            {
                return LedgerError.JournalUnbalanced;
            }
        }

        return LedgerError.None;
    }

    private static LedgerError CheckHolds(LedgerState state)
    {
        Dictionary<LedgerAccount, Int128> sums = [];
        for (var slot = 0; slot < state.Orders.SlotCount; slot++)
        {
            var hold = state.Orders.ValueAt(slot);
            var account = LedgerAccount.Held(hold.Account, hold.Asset);
            sums[account] = sums.GetValueOrDefault(account) + hold.Units;
            if (hold.Units < 0)
            {
                return LedgerError.HoldExceeded;
            }
        }

        for (var slot = 0; slot < state.Balances.SlotCount; slot++)
        {
            var account = state.Balances.KeyAt(slot);
            var isHeld = account.Kind == LedgerAccountKind.Held;
            if (isHeld && state.Balances.ValueAt(slot).Units != sums.GetValueOrDefault(account))
            {
                return LedgerError.HoldMismatch;
            }
        }

        return LedgerError.None;
    }
}
