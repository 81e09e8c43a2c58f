using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>One account's balance of one asset, read in one piece.</summary>
/// <param name="Available">Free.</param>
/// <param name="Held">Held by open orders.</param>
/// <param name="Correction">Reversed by the ledger, not yet carried out by the core.</param>
/// <param name="LogIndex">As of this log index.</param>
public readonly record struct LedgerBalance(Amount Available, Amount Held, Amount Correction, ulong LogIndex)
{
    /// <summary>What the account owns: the three together.</summary>
    public Amount Total => new(Available.Units + Held.Units + Correction.Units);
}
