using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Opens an account with zero balances. The reply's id is its number. Nothing is ever credited by itself.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct OpenAccount
{
    /// <summary>Highest tier.</summary>
    public const uint TierMax = 15;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The user that owns it and alone trades on it.</summary>
    public UserId Owner;

    /// <summary>Group for self-trade prevention, below 2^31; zero: the account is a group of its own.</summary>
    public uint Group;

    /// <summary>Fee tier, 0 to <see cref="TierMax"/>.</summary>
    public uint Tier;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Sets freeze, group and tier of the header's account. Open orders keep the group and rates they came with.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct SetAccount
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>What is withheld, bits of <see cref="AccountFreeze"/>.</summary>
    public uint Freeze;

    /// <summary>Group for self-trade prevention, below 2^31; zero: the account is a group of its own.</summary>
    public uint Group;

    /// <summary>Fee tier, 0 to <see cref="OpenAccount.TierMax"/>.</summary>
    public uint Tier;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>Credits the header's account; the asset's deposits counter-account is debited.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 104)]
public struct Deposit
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>How much, 1 to <see cref="Amount.Max"/> minor units.</summary>
    public Amount Amount;

    /// <summary>The outside reference; echoed.</summary>
    public UInt128 Reference;

    /// <summary>Of what.</summary>
    public AssetId Asset;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Debits the header's account's available balance; the asset's withdrawals counter-account is credited.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 104)]
public struct Withdraw
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>How much, 1 to <see cref="Amount.Max"/> minor units.</summary>
    public Amount Amount;

    /// <summary>The outside reference; echoed.</summary>
    public UInt128 Reference;

    /// <summary>Of what.</summary>
    public AssetId Asset;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Proposes to correct the header's account by a signed amount against the asset's adjustments counter-account. Nothing
/// moves until another user approves. The reply's id is the proposal's number.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 104)]
public struct ProposeAdjustment
{
    /// <summary>Most proposals undecided at once.</summary>
    public const int PendingMax = 256;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>How much, −<see cref="Amount.Max"/> to <see cref="Amount.Max"/> minor units, not zero.</summary>
    public Amount Amount;

    /// <summary>The outside reference; echoed.</summary>
    public UInt128 Reference;

    /// <summary>Of what.</summary>
    public AssetId Asset;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Approves or declines a proposal of another user. An approval the balance cannot bear is rejected and the
/// proposal stays.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct DecideAdjustment
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The proposal.</summary>
    public uint Proposal;

    /// <summary>1 approves, 0 declines.</summary>
    public byte Approve;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;
}

/// <summary>Creates a user. The reply's id is its number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct CreateUser
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>Bits of <see cref="Trading.Roles"/>.</summary>
    public uint Roles;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Sets a user's roles and whether it may act at all. The root user can be neither disabled nor lose a role.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct SetUser
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The user to change.</summary>
    public UserId Target;

    /// <summary>Bits of <see cref="Trading.Roles"/>.</summary>
    public uint Roles;

    /// <summary>1 may act, 0 may not.</summary>
    public byte Enabled;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;
}

/// <summary>
/// Creates an API key of a user, bound to one account of that user. The core keeps a digest of the secret only; the
/// gateways, which authenticate, read keys from the replicated state.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 128)]
public struct CreateApiKey
{
    /// <summary>Most API keys of one account, revoked ones not counted.</summary>
    public const uint KeysPerAccountMax = 32;

    /// <summary>Envelope; its account is the one the key acts on.</summary>
    public CommandHeader Header;

    /// <summary>The public part, not zero. Unique for ever.</summary>
    public UInt128 ApiKey;

    /// <summary>SHA-256 of the secret, first half.</summary>
    public UInt128 SecretDigest0;

    /// <summary>SHA-256 of the secret, second half.</summary>
    public UInt128 SecretDigest1;

    /// <summary>Bits: 1 read, 2 trade. At least one.</summary>
    public uint Permissions;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;

    /// <summary>Log time from which it is refused; zero: never.</summary>
    public long ExpiresAt;
}

/// <summary>Revokes an API key of the header's account, for ever.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct RevokeApiKey
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The public part.</summary>
    public UInt128 ApiKey;
}
