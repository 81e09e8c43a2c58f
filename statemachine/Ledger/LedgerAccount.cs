using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>The chart of accounts. Numbers are frozen: they stand in journals.</summary>
public enum LedgerAccountKind : byte
{
    /// <summary>Not an account.</summary>
    None = 0,

    /// <summary>
    /// An account's free balance of an asset. The house's is the exchange's revenue and may run negative.
    /// </summary>
    Available = 1,

    /// <summary>What an account's open orders hold of an asset: the sum of their holds.</summary>
    Held = 2,

    /// <summary>What the ledger reversed on an account and the core has not carried out yet. Signed.</summary>
    Correction = 3,

    /// <summary>Counter-account of deposits: minus what came in from outside.</summary>
    Deposits = 4,

    /// <summary>Counter-account of withdrawals: what went out.</summary>
    Withdrawals = 5,

    /// <summary>Counter-account of approved adjustments.</summary>
    Adjustments = 6,
}

/// <summary>One account of the ledger.</summary>
/// <param name="Kind">Its place in the chart.</param>
/// <param name="Account">Whose; zero for a counter-account.</param>
/// <param name="Asset">Of which asset. No entry mixes assets in one sum.</param>
public readonly record struct LedgerAccount(LedgerAccountKind Kind, AccountId Account, AssetId Asset)
{
    /// <summary>True for the kinds that belong to an account of the exchange, the house included.</summary>
    public bool HasOwner => Kind is >= LedgerAccountKind.Available and <= LedgerAccountKind.Correction;

    /// <summary>The free balance.</summary>
    public static LedgerAccount Available(AccountId account, AssetId asset) =>
        new(LedgerAccountKind.Available, account, asset);

    /// <summary>What open orders hold.</summary>
    public static LedgerAccount Held(AccountId account, AssetId asset) => new(LedgerAccountKind.Held, account, asset);

    /// <summary>What was reversed and not carried out yet.</summary>
    public static LedgerAccount Correction(AccountId account, AssetId asset) =>
        new(LedgerAccountKind.Correction, account, asset);

    /// <summary>The counter-account of a kind that has no owner.</summary>
    public static LedgerAccount Counter(LedgerAccountKind kind, AssetId asset) => new(kind, default, asset);
}
