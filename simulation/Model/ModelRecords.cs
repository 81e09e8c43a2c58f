using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>An asset and the totals of its counter-accounts.</summary>
internal sealed class ModelAsset
{
    public uint Id;
    public ulong Code;
    public byte Scale;
    public Int128 Deposits;
    public Int128 Withdrawals;
    public Int128 Adjustments;

    /// <summary>What all accounts together own of it.</summary>
    public Int128 Net => Deposits - Withdrawals + Adjustments;
}

/// <summary>What an account has of one asset.</summary>
internal sealed class ModelBalance
{
    public Int128 Available;
    public Int128 Held;
}

/// <summary>An account.</summary>
internal sealed class ModelAccount
{
    public uint Id;
    public uint Owner;
    public uint Group;
    public uint Tier;
    public AccountFreeze Freeze;

    /// <summary>Deadline of the dead-man switch in service time; null where it is not armed.</summary>
    public long? DeadManDeadline;

    public WindowCount Rate { get; } = new();
}

/// <summary>A user.</summary>
internal sealed class ModelUser
{
    public uint Id;
    public Roles Roles;
    public bool Enabled = true;
}

/// <summary>An API key. Revoked ones stay, because a key is unique for ever.</summary>
internal sealed class ModelApiKey
{
    public UInt128 ApiKey;
    public UInt128 SecretDigest0;
    public UInt128 SecretDigest1;
    public uint Account;
    public uint Permissions;
    public long ExpiresAt;
    public bool Revoked;
}

/// <summary>A client session with the replies of its last 64 commands.</summary>
internal sealed class ModelSession
{
    public const int Window = 64;

    public uint Id;
    public uint Account;
    public uint User;
    public long Grace;
    public bool Connected = true;

    /// <summary>End of the grace in service time; null where none runs.</summary>
    public long? GraceDeadline;

    public ulong Next = 1;

    public SortedDictionary<ulong, CommandResult> Replies { get; } = [];
}

/// <summary>Where a key counts: at an account, by the sort of its kind; or without account at a user.</summary>
internal readonly record struct KeyPlace(uint Account, uint User, bool OfStaff);

/// <summary>A remembered or fenced command id.</summary>
internal sealed class ModelKey
{
    public UInt128 CommandId;
    public KeyPlace Place;
    public ulong Stamp;
    public long Deadline;
    public bool Fenced;
    public ulong Fingerprint;
    public CommandResult Reply;
}

/// <summary>A remembered client order id.</summary>
internal sealed class ModelClientOrderId
{
    public uint Account;
    public UInt128 ClientOrderId;
    public ulong Order;
    public long Deadline;
}

/// <summary>An adjustment nobody has decided yet.</summary>
internal sealed record ModelProposal(
    uint Id, uint Account, uint Asset, Int128 Amount, UInt128 Reference, uint Proposer);

/// <summary>A registered drain.</summary>
internal sealed class ModelDrain
{
    public uint Id;
    public ulong Token;
    public ulong Cursor = 1;
}

/// <summary>What a member announced (version zero: nothing), and what configuration entries say of it.</summary>
internal sealed record ModelMember(uint Id)
{
    public uint VersionMax;
    public bool AnnouncedVoter;
    public bool ConfiguredVoter;
    public uint Incarnation;
}

/// <summary>The rates of one schedule by tier, parts per million.</summary>
internal sealed class ModelFeeSchedule
{
    public const int Tiers = (int)OpenAccount.TierMax + 1;

    public int[] MakerRates { get; } = new int[Tiers];

    public int[] TakerRates { get; } = new int[Tiers];
}
