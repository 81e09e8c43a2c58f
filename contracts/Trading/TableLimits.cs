namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// How many records of a kind the whole exchange holds, over all accounts, whatever the policy allows one of them: what
/// is beyond is refused where it would be made. So a snapshot has no record beyond <see cref="SlotMax"/>, and one that
/// says so is damaged. Where nothing else is said the refusal is <see cref="RejectCode.CapacityExhausted"/>.
/// </summary>
public static class TableLimits
{
    /// <summary>Most accounts: 2^24 − 1.</summary>
    public const int AccountsMax = (1 << 24) - 1;

    /// <summary>Most users: 2^24 − 1.</summary>
    public const int UsersMax = (1 << 24) - 1;

    /// <summary>Most API keys, revoked ones included: 2^24.</summary>
    public const int ApiKeysMax = 1 << 24;

    /// <summary>Most sessions open at a time: 2^20. Each keeps 64 replies.</summary>
    public const int SessionsMax = 1 << 20;

    /// <summary>Most keys and fences remembered: 2^26; beyond, <see cref="RejectCode.IdempotencyFull"/>.</summary>
    public const int KeysMax = 1 << 26;

    /// <summary>
    /// Keys remembered in all from which on none of a trader's kinds for an account is taken: 2^20 places are left to
    /// those who must still be able to act.
    /// </summary>
    public const int TraderKeysMax = KeysMax - (1 << 20);

    /// <summary>
    /// Keys that may be remembered for a user's commands without an account, and for an account's of other kinds than a
    /// trader's, whatever the policy says: 100,000. A policy that allowed fewer could lock out those who would undo it.
    /// </summary>
    public const uint StaffKeysLeast = 100_000;

    /// <summary>Most client order ids remembered: 2^26; beyond, <see cref="RejectCode.ClientOrderIdsFull"/>.</summary>
    public const int ClientOrderIdsMax = 1 << 26;

    /// <summary>
    /// Balances from which on no order, deposit or adjustment that could add one is taken: 2^26.
    /// </summary>
    public const int BalancesMax = 1 << 26;

    /// <summary>
    /// No record stands at or beyond this slot: the largest table, and room for what comes after the last check of
    /// balances: each of 2^24 open orders may yet receive an asset that its account has no balance of, and the house
    /// has 1,024 assets.
    /// </summary>
    public const int SlotMax = BalancesMax + (1 << 25);
}
