using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>The sums of one asset over all accounts, by kind. They add up to zero after every journal entry.</summary>
/// <param name="Available">Free balances, the house's included.</param>
/// <param name="Held">Holds.</param>
/// <param name="Correction">Corrections not yet carried out.</param>
/// <param name="Deposits">Minus what came in.</param>
/// <param name="Withdrawals">What went out.</param>
/// <param name="Adjustments">Minus what adjustments added.</param>
public readonly record struct TrialBalance(
    Amount Available, Amount Held, Amount Correction, Amount Deposits, Amount Withdrawals, Amount Adjustments)
{
    /// <summary>Always zero.</summary>
    public Amount Sum => new(
        Available.Units + Held.Units + Correction.Units + Deposits.Units + Withdrawals.Units + Adjustments.Units);

    /// <summary>The sum of one kind.</summary>
    internal Amount Of(LedgerAccountKind kind) => kind switch
    {
        LedgerAccountKind.Available => Available,
        LedgerAccountKind.Held => Held,
        LedgerAccountKind.Correction => Correction,
        LedgerAccountKind.Deposits => Deposits,
        LedgerAccountKind.Withdrawals => Withdrawals,
        LedgerAccountKind.Adjustments => Adjustments,
        _ => default,
    };

    /// <summary>The same with one kind moved.</summary>
    internal TrialBalance Plus(LedgerAccountKind kind, Int128 units)
    {
        var moved = new Amount(Of(kind).Units + units);
        return kind switch
        {
            LedgerAccountKind.Available => this with { Available = moved },
            LedgerAccountKind.Held => this with { Held = moved },
            LedgerAccountKind.Correction => this with { Correction = moved },
            LedgerAccountKind.Deposits => this with { Deposits = moved },
            LedgerAccountKind.Withdrawals => this with { Withdrawals = moved },
            LedgerAccountKind.Adjustments => this with { Adjustments = moved },
            _ => this,
        };
    }
}
