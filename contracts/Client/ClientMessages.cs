using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Client;

/// <summary>What a message of the client protocol says. The numbers are on the wire and never change.</summary>
public enum ClientMessageKind : ushort
{
    /// <summary>Not a message.</summary>
    None = 0,

    /// <summary>Client: who I am (<see cref="ClientHello"/>). The first message of a connection.</summary>
    Hello = 1,

    /// <summary>Server: who you are to me (<see cref="ServerHello"/>).</summary>
    Welcome = 2,

    /// <summary>Client: commands, back to back, that share one entry (<see cref="SubmitHeader"/>).</summary>
    Submit = 3,

    /// <summary>Server: they are committed; one result for each (<see cref="CommittedHeader"/>).</summary>
    Committed = 4,

    /// <summary>Server: the request with this tag was not done, or its outcome is not known here.</summary>
    Refused = 5,

    /// <summary>Client: a question (<see cref="QueryHeader"/>).</summary>
    Query = 6,

    /// <summary>Server: the answer to it (<see cref="AnswerHeader"/>).</summary>
    Answer = 7,

    /// <summary>Client: send me the events from a position on (<see cref="SubscribeRequest"/>).</summary>
    Subscribe = 8,

    /// <summary>Server: events of one entry (<see cref="EventsHeader"/>).</summary>
    Events = 9,

    /// <summary>Client: are you there? The server sends the same back.</summary>
    Ping = 10,
}

/// <summary>Why a request was not done. The numbers are on the wire and never change.</summary>
public enum RefusalCode : ushort
{
    /// <summary>It was.</summary>
    None = 0,

    /// <summary>This member does not lead. Nothing was done; ask the leader named beside.</summary>
    NotLeader = 1,

    /// <summary>Too much is under way. Nothing was done; try again a little later.</summary>
    Overloaded = 2,

    /// <summary>The member is starting, stopping, or cannot vouch for itself. Nothing was done.</summary>
    Unavailable = 3,

    /// <summary>
    /// Leadership was lost after the request was taken: it may or may not be committed. Repeat it under the same
    /// session number or key, which does it once, or ask for the command's status.
    /// </summary>
    OutcomeUnknown = 4,

    /// <summary>The bytes are not a request of this protocol.</summary>
    Malformed = 5,

    /// <summary>More commands or bytes than an entry holds.</summary>
    TooLarge = 6,

    /// <summary>The key, secret or certificate is not one that is known, or has expired.</summary>
    Unauthenticated = 7,

    /// <summary>The connection may not act on that account, or may only read.</summary>
    Forbidden = 8,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 9,

    /// <summary>The events asked for are no longer held by this member.</summary>
    JournalGap = 10,
}

/// <summary>Stands before every message of the client protocol, 16 bytes little-endian.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public struct ClientMessageHeader
{
    /// <summary>The newest protocol version of this build.</summary>
    public const ushort ProtocolVersion = 1;

    /// <summary>What follows.</summary>
    public ClientMessageKind Kind;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved0;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved1;

    /// <summary>The client's own mark of a request; comes back with its answer.</summary>
    public ulong Tag;
}

/// <summary>Who the client is, 72 bytes. With a certificate key and secret are zero.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct ClientHello
{
    /// <summary>The cluster meant; zero for whichever this is.</summary>
    public UInt128 ClusterId;

    /// <summary>The public part of an API key; zero without one.</summary>
    public UInt128 ApiKey;

    /// <summary>Its secret, first half. Travels under TLS only, but on a development machine.</summary>
    public UInt128 Secret0;

    /// <summary>Its secret, second half.</summary>
    public UInt128 Secret1;

    /// <summary>The newest version the client speaks.</summary>
    public ushort VersionMax;

    /// <summary>The oldest version the client speaks.</summary>
    public ushort VersionMin;

    /// <summary>
    /// Who acts, where neither key nor certificate is asked for: on a development machine only. Else zero.
    /// </summary>
    public uint User;
}

/// <summary>Who the client is to the server, 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 48)]
public struct ServerHello
{
    /// <summary>The cluster.</summary>
    public UInt128 ClusterId;

    /// <summary>The member that answers.</summary>
    public ulong Node;

    /// <summary>The member that leads, as far as this one knows; zero where it does not.</summary>
    public ulong Leader;

    /// <summary>The user that acts in every command of this connection.</summary>
    public uint User;

    /// <summary>The account it may act on; zero for every account of the user.</summary>
    public uint Account;

    /// <summary>Bits: 1 read, 2 trade.</summary>
    public uint Permissions;

    /// <summary>The version spoken.</summary>
    public ushort Version;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved0;
}

/// <summary>Stands before the commands of a submission, 8 bytes. Their bytes follow back to back.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 8)]
public struct SubmitHeader
{
    /// <summary>Most commands of one submission.</summary>
    public const uint CountMax = 8192;

    /// <summary>How many commands.</summary>
    public uint Count;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Where in the log commands were decided, 64 bytes: replaying the log to that entry proves the results, one
/// <c>CommandResult</c> for each command, which follow.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct CommittedHeader
{
    /// <summary>The entry's index.</summary>
    public ulong Index;

    /// <summary>The entry's term.</summary>
    public ulong Term;

    /// <summary>The chain hash of the entry: it binds all before it.</summary>
    public ChainHash ChainHash;

    /// <summary>Hash of all events up to and with this entry.</summary>
    public ulong EventChainHash;

    /// <summary>How many results follow.</summary>
    public uint Count;

    /// <summary>The place of the submission's first command in the entry.</summary>
    public uint FirstOffset;
}

/// <summary>
/// Why a request was not done, 16 bytes. Behind it, to the end of the message, the leader's address for clients as
/// HOST:PORT in UTF-8, where it is known and of use.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public struct RefusedMessage
{
    /// <summary>Why.</summary>
    public RefusalCode Code;

    /// <summary>A further reason of the replication, for logs; see its <c>Refusal</c>.</summary>
    public ushort Detail;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;

    /// <summary>The member that leads, as far as known; zero where not.</summary>
    public ulong Leader;
}

/// <summary>What is asked for. The numbers are on the wire and never change.</summary>
public enum QueryKind : ushort
{
    /// <summary>Not a question.</summary>
    None = 0,

    /// <summary>An order by its id. Answer: <see cref="OrderAnswer"/>.</summary>
    Order = 1,

    /// <summary>The balances of an account. Answer: <see cref="BalanceAnswer"/>, any number.</summary>
    Balances = 2,

    /// <summary>An instrument's book. Answer: <see cref="LevelAnswer"/>, bids from the best, then asks.</summary>
    Book = 3,

    /// <summary>The instruments. Answer: <see cref="InstrumentAnswer"/>, any number.</summary>
    Instruments = 4,

    /// <summary>An account's open orders. Answer: <see cref="OrderAnswer"/>, any number, by id.</summary>
    OpenOrders = 5,

    /// <summary>The assets. Answer: <see cref="AssetAnswer"/>, any number.</summary>
    Assets = 6,

    /// <summary>The next number of a session. Answer: <see cref="SessionAnswer"/>.</summary>
    Session = 7,

    /// <summary>Hashes and position of the state. Answer: <see cref="StateAnswer"/>.</summary>
    State = 8,
}

/// <summary>A question, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct QueryHeader
{
    /// <summary>What.</summary>
    public QueryKind Kind;

    /// <summary>
    /// 0: linearizable, as of now; 1: stale, as of what this member has applied, also on one that does not lead.
    /// </summary>
    public ushort Staleness;

    /// <summary>The account, where the question has one.</summary>
    public uint Account;

    /// <summary>The instrument, where the question has one.</summary>
    public uint Instrument;

    /// <summary>Most rows of the answer; zero for as many as there are, up to the server's bound.</summary>
    public uint CountMax;

    /// <summary>The order, session or other id; of a list, the last id already known.</summary>
    public ulong Id;

    /// <summary>
    /// Not before this entry is applied, so that a stale read sees one's own writes; zero for at once. A member that
    /// does not get there in time answers <see cref="RefusalCode.Unavailable"/>.
    /// </summary>
    public ulong MinIndex;
}

/// <summary>Stands before the rows of an answer, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct AnswerHeader
{
    /// <summary>The last entry applied when the answer was made.</summary>
    public ulong AppliedIndex;

    /// <summary>Log time of that entry, nanoseconds.</summary>
    public long Timestamp;

    /// <summary>What was asked.</summary>
    public QueryKind Kind;

    /// <summary>1 where there are further rows.</summary>
    public ushort HasMore;

    /// <summary>How many rows follow.</summary>
    public uint Count;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved0;
}

/// <summary>Asks for the events of all entries after a position, in order, while the connection lasts.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public struct SubscribeRequest
{
    /// <summary>The last entry whose events are known already; zero for none.</summary>
    public ulong AfterIndex;

    /// <summary>Reserved, zero.</summary>
    public ulong Reserved0;
}

/// <summary>Stands before the events of one entry, 16 bytes; their bytes are those of the event stream.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public struct EventsHeader
{
    /// <summary>The entry.</summary>
    public ulong Index;

    /// <summary>Hash of all events up to and with this entry.</summary>
    public ulong EventChainHash;
}
