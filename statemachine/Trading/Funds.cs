using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Moves money over the edge of the exchange, always against a counter-account of the asset.</summary>
internal sealed class Funds(ExchangeState state, EventWriter events, Administration administration)
{
    // Totals of what ever moved stay below it, so that no sum of them leaves 128 bits.
    private static readonly Int128 TurnoverMax = Int128.One << 120;

    public Decision Deposit(in Deposit command)
    {
        var code = CheckAmount(command.Amount.Units, command.Asset);
        if (code != RejectCode.None)
        {
            return Decision.Reject(code);
        }

        if (state.BalanceSlots.Count >= state.Caps.Balances)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        ref var asset = ref state.Assets.Write((int)command.Asset.Value);
        if (asset.Total + command.Amount.Units > Amount.Max.Units
            || asset.Deposits + command.Amount.Units > TurnoverMax)
        {
            return Decision.Reject(RejectCode.AmountOverflow);
        }

        asset.Deposits += command.Amount.Units;
        Move(
            EventKind.Deposited,
            new Movement(
                command.Header.Account.Value,
                command.Asset.Value,
                command.Amount.Units,
                command.Reference,
                command.Header.User.Value,
                Approver: 0));
        return Decision.Accept(command.Header.Account.Value);
    }

    public Decision Withdraw(in Withdraw command)
    {
        var code = CheckAmount(command.Amount.Units, command.Asset);
        if (code != RejectCode.None)
        {
            return Decision.Reject(code);
        }

        var number = command.Header.Account.Value;
        if ((state.Accounts.At((int)number).Freeze & (byte)AccountFreeze.Withdrawals) != 0)
        {
            return Decision.Reject(RejectCode.AccountFrozen);
        }

        if (state.Globals.WithdrawalsHalted != 0)
        {
            return Decision.Reject(RejectCode.WithdrawalsHalted);
        }

        if (state.Assets.At((int)command.Asset.Value).Withdrawals + command.Amount.Units > TurnoverMax)
        {
            return Decision.Reject(RejectCode.AmountOverflow);
        }

        var available = state.Available(number, command.Asset.Value);
        if (available < command.Amount.Units)
        {
            return Decision.Reject(RejectCode.InsufficientFunds, command.Amount.Units, available);
        }

        state.Assets.Write((int)command.Asset.Value).Withdrawals += command.Amount.Units;
        Move(
            EventKind.Withdrawn,
            new Movement(
                number,
                command.Asset.Value,
                -command.Amount.Units,
                command.Reference,
                command.Header.User.Value,
                Approver: 0));
        return Decision.Accept(number);
    }

    public Decision Propose(in ProposeAdjustment command)
    {
        var size = Int128.Abs(Int128.Max(command.Amount.Units, -Int128.MaxValue));
        if (size == 0 || size > Amount.Max.Units)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (!HasAsset(command.Asset))
        {
            return Decision.Reject(RejectCode.UnknownAsset);
        }

        if (state.ProposalSlots.Count >= ProposeAdjustment.PendingMax || state.Globals.ProposalsMade == uint.MaxValue)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var slot = state.ProposalSlots.Allocate();
        state.Proposals.Reserve(slot);
        var id = ++state.Globals.ProposalsMade;
        state.Proposals.Write(slot) = new Proposal
        {
            Id = id,
            Amount = command.Amount.Units,
            Reference = command.Reference,
            Account = command.Header.Account.Value,
            Asset = command.Asset.Value,
            Proposer = command.Header.User.Value,
        };
        return administration.Administered(in command.Header, id);
    }

    public Decision Decide(in DecideAdjustment command)
    {
        var slot = FindProposal(command.Proposal);
        if (slot < 0)
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        var proposal = state.Proposals.At(slot);
        if (command.Approve != 0)
        {
            if (state.BalanceSlots.Count >= state.Caps.Balances)
            {
                return Decision.Reject(RejectCode.CapacityExhausted);
            }

            ref var asset = ref state.Assets.Write((int)proposal.Asset);
            if ((proposal.Amount > 0 && asset.Total + proposal.Amount > Amount.Max.Units)
                || Int128.Abs(asset.Adjustments + proposal.Amount) > TurnoverMax)
            {
                return Decision.Reject(RejectCode.AmountOverflow);
            }

            var available = state.Available(proposal.Account, proposal.Asset);
            if (proposal.Amount < 0 && available < -proposal.Amount)
            {
                return Decision.Reject(RejectCode.InsufficientFunds, -proposal.Amount, available);
            }
        }

        if (proposal.Proposer == command.Header.User.Value)
        {
            return Decision.Reject(RejectCode.SeparationOfDuties);
        }

        state.Proposals.Write(slot) = default;
        state.ProposalSlots.Free(slot);
        if (command.Approve == 0)
        {
            return administration.Administered(in command.Header, command.Proposal);
        }

        state.Assets.Write((int)proposal.Asset).Adjustments += proposal.Amount;
        Move(
            EventKind.Adjusted,
            new Movement(
                proposal.Account,
                proposal.Asset,
                proposal.Amount,
                proposal.Reference,
                proposal.Proposer,
                command.Header.User.Value));
        return Decision.Accept(command.Proposal);
    }

    private readonly record struct Movement(
        uint Account, uint Asset, Int128 Amount, UInt128 Reference, uint User, uint Approver);

    private void Move(EventKind kind, in Movement movement)
    {
        var slot = state.FindOrAddBalance(movement.Account, movement.Asset);
        ref var balance = ref state.Balances.Write(slot);
        balance.Available += movement.Amount;
        ref var changed = ref events.AppendLedger<BalanceChanged>(kind);
        changed.Account = new AccountId(movement.Account);
        changed.Asset = new AssetId(movement.Asset);
        changed.Amount = new Amount(movement.Amount);
        changed.Available = new Amount(balance.Available);
        changed.Reference = movement.Reference;
        changed.User = new UserId(movement.User);
        changed.Approver = new UserId(movement.Approver);
    }

    private RejectCode CheckAmount(Int128 amount, AssetId asset)
    {
        if (amount < 1 || amount > Amount.Max.Units)
        {
            return RejectCode.InvalidValue;
        }

        return HasAsset(asset) ? RejectCode.None : RejectCode.UnknownAsset;
    }

    private bool HasAsset(AssetId asset) => asset.Value != 0 && asset.Value <= state.Globals.Assets;

    private int FindProposal(uint id)
    {
        for (var slot = 0; slot < state.Proposals.Limit; slot++)
        {
            if (id != 0 && state.Proposals.At(slot).Id == id)
            {
                return slot;
            }
        }

        return -1;
    }
}
