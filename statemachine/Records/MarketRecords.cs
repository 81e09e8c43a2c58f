using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Records;

/// <summary>
/// An instrument; slot = instrument number. The part that commands change; its book is derived from the orders.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 128)]
internal struct Instrument : IRecord<Instrument>
{
    /// <summary>Last number given out in its event stream.</summary>
    public ulong Sequence;

    /// <summary>Last trade price; zero: none.</summary>
    public long LastPrice;

    /// <summary>Reference price; zero: none.</summary>
    public long ReferencePrice;

    /// <summary>When the reference price last changed.</summary>
    public long ReferenceAt;

    public long LotUnits;
    public long NotionalUnits;

    /// <summary>
    /// When the mode goes on by itself: the end of a tripped breaker's duration, or at once where
    /// <see cref="Continues"/>; zero: it does not.
    /// </summary>
    public long ModeDeadline;

    public long ThrottleWindow;
    public long ViolationWindow;
    public uint ThrottleCount;
    public uint Violations;
    public uint OpenOrders;
    public uint StopOrders;
    public uint BaseAsset;
    public uint QuoteAsset;
    public UInt128 Symbol;

    /// <summary>Derived: hash of the policy in force, kept for the receipts.</summary>
    public ulong PolicyHash;

    public SymbolMode Mode;

    /// <summary>1 where the steps of one cause left something over; <see cref="NextMode"/> is where it leads.</summary>
    public byte Continues;
    public SymbolMode NextMode;
    public byte Reserved0;
    public uint Reserved1;

    public static ushort Kind => 3;

    public static bool IsEmpty(in Instrument record) => record.LotUnits == 0;

    public static void ClearDerived(ref Instrument record) => record.PolicyHash = 0;
}

/// <summary>An instrument's policy; slot = instrument number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 160)]
internal struct PolicyOfInstrument : IRecord<PolicyOfInstrument>
{
    public InstrumentPolicy Policy;

    /// <summary>1 where the slot is in use. What is in force is named by its hash, not by a number.</summary>
    public ulong Exists;
    public ulong Reserved0;

    public static ushort Kind => 4;

    public static bool IsEmpty(in PolicyOfInstrument record) => record.Exists == 0;

    public static void ClearDerived(ref PolicyOfInstrument record)
    {
    }
}

/// <summary>One tier of a fee schedule; slot = schedule × 16 + tier. Rates in parts per million.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
internal struct FeeTier : IRecord<FeeTier>
{
    public const int Tiers = 16;

    public int MakerRate;
    public int TakerRate;
    public ulong Reserved0;

    public static ushort Kind => 18;

    public static bool IsEmpty(in FeeTier record) => record.MakerRate == 0 && record.TakerRate == 0;

    public static void ClearDerived(ref FeeTier record)
    {
    }
}

/// <summary>What there is one of. Slot 0 alone.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 256)]
internal struct Globals : IRecord<Globals>
{
    public GlobalPolicy Policy;

    /// <summary>Log index, term and time of the last entry applied.</summary>
    public ulong Index;
    public ulong Term;
    public long Timestamp;

    /// <summary>Sum of the times between terms: log time − outage is service time.</summary>
    public long Outage;

    public ulong EventChainHash;

    /// <summary>Acceptances of orders so far: the upper part of the next order id.</summary>
    public ulong OrdersAccepted;

    /// <summary>Last priority given out.</summary>
    public ulong Priority;

    /// <summary>Last numbers given out in the two streams that are not an instrument's.</summary>
    public ulong SystemSequence;
    public ulong LedgerSequence;

    /// <summary>Keys and client order ids remembered so far.</summary>
    public ulong KeyNumber;
    public ulong ClientOrderIdNumber;

    public uint Users;
    public uint Accounts;
    public uint Assets;
    public uint Instruments;
    public uint SessionsOpened;
    public uint ProposalsMade;
    public uint BehaviourVersion;
    public uint WithdrawalsHalted;
    public uint Epoch;
    public uint Reserved0;

    /// <summary>One above the highest stamp of any key forgotten: older ones are stale for ever.</summary>
    public ulong StampFloor;

    /// <summary>Log index of the last configuration entry; zero: none yet.</summary>
    public ulong ConfigurationIndex;
    public ulong Reserved3;
    public ulong Reserved4;
    public ulong Reserved5;
    public ulong Reserved6;
    public ulong Reserved7;
    public ulong Reserved8;

    public static ushort Kind => 1;

    public static bool IsEmpty(in Globals record) => record.BehaviourVersion == 0;

    public static void ClearDerived(ref Globals record)
    {
    }
}
