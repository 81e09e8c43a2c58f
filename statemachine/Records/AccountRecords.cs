using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Records;

/// <summary>An account; slot = account number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct Account : IRecord<Account>
{
    /// <summary>Dead-man deadline in service time; zero: disarmed.</summary>
    public long DeadManDeadline;

    /// <summary>The rate window that <see cref="RateCount"/> belongs to.</summary>
    public long RateWindow;

    public uint Owner;
    public uint Group;
    public uint RateCount;
    public uint OpenOrders;
    public uint Keys;
    public uint ClientOrderIds;
    public uint Sessions;
    public uint ApiKeys;

    // Derived: first and last of its orders in order of acceptance, slot plus one; zero: none.
    public int FirstOrder;
    public int LastOrder;

    public byte Tier;
    public byte Freeze;
    public byte Exists;
    public byte Reserved0;

    /// <summary>Remembered keys of kinds that are not a trader's: its owner cannot use them up.</summary>
    public uint StaffKeys;

    public static ushort Kind => 5;

    /// <summary>
    /// The number that orders compare for self-trade prevention: groups and lone accounts never clash.
    /// </summary>
    public readonly uint GroupOf(uint account) => Group == 0 ? account : Group | 0x8000_0000;

    public static bool IsEmpty(in Account record) => record.Exists == 0;

    public static void ClearDerived(ref Account record)
    {
        record.FirstOrder = 0;
        record.LastOrder = 0;
    }
}

/// <summary>An account's balance of one asset, in minor units.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct Balance : IRecord<Balance>
{
    /// <summary>
    /// The house never owes more: it is checked where the house pays. Money enters only while an asset's total is at
    /// most <see cref="Amount.Max"/> (2^108), so what all other accounts have together is at most that and this debt,
    /// which is below 2^120: no sum of balances, holds and amounts leaves 128 bits.
    /// </summary>
    public static readonly Int128 HouseDebtMax = Int128.One << 119;

    /// <summary>Free to use; never negative but for the house.</summary>
    public Int128 Available;

    /// <summary>Sum of the holds of the account's open orders in this asset; never negative.</summary>
    public Int128 Held;

    public uint Account;
    public uint Asset;
    public ulong Reserved0;
    public ulong Reserved1;
    public ulong Reserved2;

    public static ushort Kind => 6;

    /// <summary>
    /// Moves an amount from available to held; a negative one back. Unchecked: the bound of
    /// <see cref="HouseDebtMax"/> keeps the sums in range, and checks cost as much as the sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hold(Int128 amount)
    {
        Available = Words.Minus(Available, amount);
        Held = Words.Plus(Held, amount);
    }

    public static bool IsEmpty(in Balance record) => record.Asset == 0;

    public static void ClearDerived(ref Balance record)
    {
    }
}

/// <summary>An asset with its counter-accounts; slot = asset number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct Asset : IRecord<Asset>
{
    /// <summary>Everything ever deposited.</summary>
    public Int128 Deposits;

    /// <summary>Everything ever withdrawn.</summary>
    public Int128 Withdrawals;

    /// <summary>Net of the approved adjustments.</summary>
    public Int128 Adjustments;

    public ulong Code;
    public byte Scale;
    public byte Reserved0;
    public ushort Reserved1;
    public uint Reserved2;

    public static ushort Kind => 2;

    public readonly Int128 Total => Deposits - Withdrawals + Adjustments;

    public static bool IsEmpty(in Asset record) => record.Code == 0;

    public static void ClearDerived(ref Asset record)
    {
    }
}

/// <summary>A user; slot = user number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
internal struct User : IRecord<User>
{
    public Roles Roles;
    public byte Enabled;
    public byte Exists;
    public ushort Reserved0;

    /// <summary>Remembered keys of commands without an account that this user sent.</summary>
    public uint Keys;
    public uint Reserved1;

    public static ushort Kind => 7;

    public static bool IsEmpty(in User record) => record.Exists == 0;

    public static void ClearDerived(ref User record)
    {
    }
}

/// <summary>An API key, kept for ever so that it is never made twice.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
internal struct ApiKey : IRecord<ApiKey>
{
    public UInt128 Id;
    public UInt128 SecretDigest0;
    public UInt128 SecretDigest1;
    public long ExpiresAt;
    public uint Account;
    public uint Permissions;
    public uint Revoked;
    public uint Reserved0;
    public ulong Reserved1;

    public static ushort Kind => 8;

    public static bool IsEmpty(in ApiKey record) => record.Id == 0;

    public static void ClearDerived(ref ApiKey record)
    {
    }
}

/// <summary>An adjustment that waits for its second person.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct Proposal : IRecord<Proposal>
{
    public Int128 Amount;
    public UInt128 Reference;
    public uint Id;
    public uint Account;
    public uint Asset;
    public uint Proposer;
    public ulong Reserved0;
    public ulong Reserved1;

    public static ushort Kind => 9;

    public static bool IsEmpty(in Proposal record) => record.Id == 0;

    public static void ClearDerived(ref Proposal record)
    {
    }
}
