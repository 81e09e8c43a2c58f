using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Deposits, withdrawals and adjustments: kinds 32 to 35.</summary>
internal sealed class Treasury(ModelState state, ModelEvents events)
{
    // No counter-account grows beyond this, so that no sum of them leaves 128 bits.
    private static readonly Int128 CounterMax = Int128.One << 120;

    public Answer Deposit(Command command)
    {
        var deposit = command.As<Deposit>();
        var amount = deposit.Amount.Units;
        var asset = state.Assets.GetValueOrDefault(deposit.Asset.Value);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, !IsAmount(amount));
        refusals.Add(RejectCode.UnknownAsset, asset is null);
        refusals.Add(RejectCode.CapacityExhausted, state.Balances.Count >= TableLimits.BalancesMax);
        if (asset is not null && IsAmount(amount))
        {
            refusals.Add(
                RejectCode.AmountOverflow,
                asset.Net + amount > Amount.Max.Units || asset.Deposits + amount > CounterMax);
        }

        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        asset!.Deposits += amount;
        var account = command.Header.Account.Value;
        Book(EventKind.Deposited, account, asset.Id, amount, deposit.Reference, command.Header.User);
        return Answer.Accepted(account);
    }

    public Answer Withdraw(Command command)
    {
        var withdraw = command.As<Withdraw>();
        var amount = withdraw.Amount.Units;
        var account = state.Accounts[command.Header.Account.Value];
        var asset = state.Assets.GetValueOrDefault(withdraw.Asset.Value);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, !IsAmount(amount));
        refusals.Add(RejectCode.UnknownAsset, asset is null);
        refusals.Add(RejectCode.AccountFrozen, (account.Freeze & AccountFreeze.Withdrawals) != 0);
        refusals.Add(RejectCode.WithdrawalsHalted, state.WithdrawalsHalted);
        if (asset is not null && IsAmount(amount))
        {
            var available = state.Balance(account.Id, asset.Id).Available;
            refusals.Add(RejectCode.AmountOverflow, asset.Withdrawals + amount > CounterMax);
            refusals.Add(RejectCode.InsufficientFunds, available < amount, amount, available);
        }

        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        asset!.Withdrawals += amount;
        Book(EventKind.Withdrawn, account.Id, asset.Id, -amount, withdraw.Reference, command.Header.User);
        return Answer.Accepted(account.Id);
    }

    public Answer Propose(Command command)
    {
        var propose = command.As<ProposeAdjustment>();
        var amount = propose.Amount.Units;
        var refusals = new Refusals();
        refusals.Add(
            RejectCode.InvalidValue,
            amount == 0 || amount > Amount.Max.Units || amount < -Amount.Max.Units);
        refusals.Add(RejectCode.UnknownAsset, !state.Assets.ContainsKey(propose.Asset.Value));
        refusals.Add(RejectCode.CapacityExhausted, state.Proposals.Count >= ProposeAdjustment.PendingMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        state.LastProposal++;
        state.Proposals.Add(state.LastProposal, new ModelProposal(
            state.LastProposal,
            command.Header.Account.Value,
            propose.Asset.Value,
            amount,
            propose.Reference,
            command.Header.User.Value));
        return events.Administered(command, state.LastProposal);
    }

    public Answer Decide(Command command)
    {
        var decide = command.As<DecideAdjustment>();
        if (!state.Proposals.TryGetValue(decide.Proposal, out var proposal))
        {
            return new Answer { Code = RejectCode.UnknownTarget };
        }

        var refusals = new Refusals();
        if (decide.Approve == 1)
        {
            AddApproval(refusals, proposal);
        }

        refusals.Add(RejectCode.SeparationOfDuties, proposal.Proposer == command.Header.User.Value);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        state.Proposals.Remove(proposal.Id);
        if (decide.Approve == 0)
        {
            return events.Administered(command, proposal.Id);
        }

        state.Assets[proposal.Asset].Adjustments += proposal.Amount;
        var proposer = new UserId(proposal.Proposer);
        Book(
            EventKind.Adjusted, proposal.Account, proposal.Asset, proposal.Amount, proposal.Reference, proposer,
            command.Header.User);
        return Answer.Accepted(proposal.Id);
    }

    private void AddApproval(Refusals refusals, ModelProposal proposal)
    {
        refusals.Add(RejectCode.CapacityExhausted, state.Balances.Count >= TableLimits.BalancesMax);
        var asset = state.Assets[proposal.Asset];
        var available = state.Balance(proposal.Account, proposal.Asset).Available;
        refusals.Add(
            RejectCode.AmountOverflow,
            asset.Net + proposal.Amount > Amount.Max.Units
                || Int128.Abs(asset.Adjustments + proposal.Amount) > CounterMax);
        refusals.Add(
            RejectCode.InsufficientFunds,
            proposal.Amount < 0 && available < -proposal.Amount,
            -proposal.Amount,
            available);
    }

    private static bool IsAmount(Int128 units) => units >= 1 && units <= Amount.Max.Units;

    private void Book(
        EventKind kind, uint account, uint asset, Int128 amount, UInt128 reference, UserId user,
        UserId approver = default)
    {
        var balance = state.Balance(account, asset);
        balance.Available += amount;
        events.Append(kind, EventStream.Ledger, new BalanceChanged
        {
            Account = new AccountId(account),
            Asset = new AssetId(asset),
            Amount = new Amount(amount),
            Available = new Amount(balance.Available),
            Reference = reference,
            User = user,
            Approver = approver,
        });
    }
}
