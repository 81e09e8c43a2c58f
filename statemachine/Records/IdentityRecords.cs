using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Records;

/// <summary>A client session. Its last 64 replies stand in <see cref="StoredReply"/> records.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct Session : IRecord<Session>
{
    /// <summary>Replies kept: a repeat further back is refused.</summary>
    public const int Window = 64;

    /// <summary>The number its next command must have.</summary>
    public ulong Next;

    /// <summary>Grace after a disconnection, nanoseconds; zero: orders stay.</summary>
    public long Grace;

    /// <summary>End of a running grace in service time; zero: none runs.</summary>
    public long GraceDeadline;

    public uint Id;
    public uint Account;
    public uint User;

    /// <summary>1 between the notice of a break and the next sign of life.</summary>
    public uint Disconnected;
    public ulong Reserved0;
    public ulong Reserved1;

    /// <summary>
    /// Derived: <see cref="Trading.ExchangeState.AuthorityVersion"/> when its user was last found to be enabled, a
    /// trader and the owner of its account.
    /// </summary>
    public ulong AuthorityVersion;

    public static ushort Kind => 12;

    public static bool IsEmpty(in Session record) => record.Id == 0;

    public static void ClearDerived(ref Session record) => record.AuthorityVersion = 0;
}

/// <summary>A reply kept for a session; slot = session slot × 64 + number mod 64.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct StoredReply : IRecord<StoredReply>
{
    public CommandResult Result;

    public static ushort Kind => 13;

    public static bool IsEmpty(in StoredReply record) => record.Result.Index == 0;

    public static void ClearDerived(ref StoredReply record)
    {
    }
}

/// <summary>Among whose keys a remembered one counts, so that nobody uses up what others need.</summary>
internal enum KeyScope : uint
{
    /// <summary>An account's, of a trader's kinds.</summary>
    Trader,

    /// <summary>An account's, of all other kinds.</summary>
    Staff,

    /// <summary>Those without an account, of the user who sent them.</summary>
    User,
}

/// <summary>A remembered keyed command, or a fence for one.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 128)]
internal struct RememberedKey : IRecord<RememberedKey>
{
    public CommandResult Result;
    public UInt128 Id;
    public ulong Fingerprint;

    /// <summary>Place in the queue of forgetting: the count of keys remembered before it, plus 1.</summary>
    public ulong Number;

    /// <summary>Log time until which it is remembered.</summary>
    public long Deadline;

    /// <summary>When the client made it: once forgotten, nothing this old is admitted again.</summary>
    public ulong Stamp;

    /// <summary>Number of the account or user among whose keys it counts.</summary>
    public uint Holder;
    public uint Fenced;

    /// <summary>Derived: slot plus one of the next in the queue.</summary>
    public int NextInQueue;

    public KeyScope Scope;

    public static ushort Kind => 14;

    public static bool IsEmpty(in RememberedKey record) => record.Number == 0;

    public static void ClearDerived(ref RememberedKey record) => record.NextInQueue = 0;
}

/// <summary>A client order id that is taken.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
internal struct ClientOrderId : IRecord<ClientOrderId>
{
    public UInt128 Id;

    /// <summary>The order it named.</summary>
    public ulong OrderId;

    /// <summary>Place in the queue of forgetting.</summary>
    public ulong Number;

    /// <summary>Log time until which it is taken in any case.</summary>
    public long Deadline;

    public uint Account;

    /// <summary>Derived: slot plus one of the next in the queue.</summary>
    public int NextInQueue;
    public ulong Reserved0;
    public ulong Reserved1;

    public static ushort Kind => 15;

    public static bool IsEmpty(in ClientOrderId record) => record.Number == 0;

    public static void ClearDerived(ref ClientOrderId record) => record.NextInQueue = 0;
}

/// <summary>A registered drain; slot = order of registration.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
internal struct Drain : IRecord<Drain>
{
    /// <summary>Log index of the last claim: the fencing token.</summary>
    public ulong Token;

    /// <summary>First log index not yet delivered.</summary>
    public ulong Position;

    public uint Id;
    public uint Reserved0;
    public ulong Reserved1;

    public static ushort Kind => 16;

    public static bool IsEmpty(in Drain record) => record.Id == 0;

    public static void ClearDerived(ref Drain record)
    {
    }
}

/// <summary>What a member announced about its build, and whether it votes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
internal struct Member : IRecord<Member>
{
    /// <summary>Of <see cref="Voter"/>: it announced itself as one.</summary>
    public const uint AnnouncedVoter = 1;

    /// <summary>Of <see cref="Voter"/>: it is one by the last configuration entry.</summary>
    public const uint ConfiguredVoter = 2;

    public uint Id;

    /// <summary>Highest version it announced; zero where it announced none.</summary>
    public uint VersionMax;
    public uint Voter;

    /// <summary>Its incarnation by the last configuration entry that had it; zero: none had.</summary>
    public uint Incarnation;

    public static ushort Kind => 17;

    public static bool IsEmpty(in Member record) => record.Id == 0;

    public static void ClearDerived(ref Member record)
    {
    }
}
