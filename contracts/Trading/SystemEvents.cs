using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// An asset exists. It stands in the ledger's stream before any amount of the asset does, with what an amount means.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct AssetCreated
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>Code, as in <see cref="CreateAsset.Code"/>.</summary>
    public ulong Code;

    /// <summary>The asset.</summary>
    public AssetId Asset;

    /// <summary>Decimal digits of one unit: a minor unit is 10^−Scale.</summary>
    public byte Scale;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;
}

/// <summary>A balance changed against the asset's deposits, withdrawals or adjustments counter-account.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct BalanceChanged
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The account.</summary>
    public AccountId Account;

    /// <summary>The asset.</summary>
    public AssetId Asset;

    /// <summary>What was added to available; negative for a withdrawal or a downward adjustment.</summary>
    public Amount Amount;

    /// <summary>Available afterwards.</summary>
    public Amount Available;

    /// <summary>The outside reference.</summary>
    public UInt128 Reference;

    /// <summary>Who booked or proposed it.</summary>
    public UserId User;

    /// <summary>Who approved it; zero where nobody had to.</summary>
    public UserId Approver;
}

/// <summary>An administrative command took effect.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 56)]
public struct Administered
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>The kind.</summary>
    public CommandKind Kind;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Who.</summary>
    public UserId User;

    /// <summary>The header's account.</summary>
    public AccountId Account;

    /// <summary>The header's instrument.</summary>
    public InstrumentId Instrument;

    /// <summary>The reply's id.</summary>
    public ulong Id;

    /// <summary>
    /// The policy hash afterwards: of the instrument, where the header names one, else the global one.
    /// </summary>
    public ulong PolicyHash;

    /// <summary>First 8 bytes of the kind's subject, for the reader's eye; zero where it has none.</summary>
    public ulong Subject;
}

/// <summary>What a timer watches. The order of the numbers breaks ties between equal deadlines.</summary>
public enum TimerKind : byte
{
    /// <summary>A good-till-date order; id = order id.</summary>
    OrderExpiry = 1,

    /// <summary>A dead-man switch; id = account.</summary>
    DeadMan = 2,

    /// <summary>A disconnected session's grace; id = session.</summary>
    SessionGrace = 3,

    /// <summary>The end of a breaker's duration; id = instrument.</summary>
    BreakerEnd = 4,

    /// <summary>
    /// What the steps of one command or timer left over: waiting cancels, an uncross, due triggers; id = instrument.
    /// </summary>
    Continuation = 5,
}

/// <summary>A timer fired. What it did follows.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public struct TimerFired
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>What it watched.</summary>
    public ulong Id;

    /// <summary>Its deadline, nanoseconds of log time.</summary>
    public long Deadline;

    /// <summary>Kind.</summary>
    public TimerKind Kind;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Zero.</summary>
    public uint Reserved2;
}

/// <summary>
/// The state hash and event-chain hash at this log index, for comparison between replicas and replays.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct Checkpoint
{
    /// <summary>Envelope.</summary>
    public EventHeader Header;

    /// <summary>State hash before this event took its number.</summary>
    public ulong StateHash;

    /// <summary>Event-chain hash at the end of the entry before.</summary>
    public ulong EventChainHash;
}
