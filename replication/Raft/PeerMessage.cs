using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>What one node tells another. The numbers are on the wire and never change.</summary>
public enum PeerMessageKind : byte
{
    /// <summary>Not a message.</summary>
    None = 0,

    /// <summary>
    /// Leader: <c>Index</c>, <c>LogTerm</c> and <c>ChainHash</c> of the entry before the body's first; the body holds
    /// <c>EntryCount</c> entries. Without any it is the heartbeat. <c>AppliedIndex</c>: tell me your hashes there.
    /// </summary>
    AppendEntries = 1,

    /// <summary>
    /// Follower: everything up to <c>Index</c> matches and is durable; or, with a <c>Reason</c>, nothing was taken of
    /// the message that had <c>Index</c> before its first, and <c>HintIndex</c> and <c>HintTerm</c> say where to look.
    /// </summary>
    AppendAnswer = 2,

    /// <summary>
    /// Would you vote for me in <c>Term</c>? My log ends at <c>Index</c>, <c>LogTerm</c>. Binds nobody.
    /// </summary>
    PreVote = 3,

    /// <summary>Answer to it; <c>Term</c> is the one asked for where granted, else the own.</summary>
    PreVoteAnswer = 4,

    /// <summary>Vote for me in <c>Term</c>; my log ends at <c>Index</c>, <c>LogTerm</c>.</summary>
    RequestVote = 5,

    /// <summary>Answer to it, durable where granted.</summary>
    VoteAnswer = 6,

    /// <summary>
    /// Leader: the body is the part at <c>Offset</c> of the snapshot at <c>Index</c>, <c>LogTerm</c>, <c>Length</c>
    /// bytes in all. An empty body asks how far the follower is.
    /// </summary>
    InstallSnapshot = 7,

    /// <summary>Follower: of the snapshot at <c>Index</c> everything before <c>Offset</c> is stored.</summary>
    SnapshotAnswer = 8,

    /// <summary>Leader: campaign now; my log ends at <c>Index</c> and so does yours.</summary>
    TimeoutNow = 9,

    /// <summary>Follower: give me a read index, under my <c>ReadContext</c>.</summary>
    ReadIndex = 10,

    /// <summary>Leader: <c>Index</c> is it, or a <c>Reason</c>.</summary>
    ReadIndexAnswer = 11,

    /// <summary>After a start: what did you see of me? No vote and no acknowledgement before the answers.</summary>
    RecallQuery = 12,

    /// <summary>
    /// The highest <c>HintTerm</c> seen of you, in it the highest <c>HintIndex</c> acknowledged; flag
    /// <see cref="MessageFlags.Granted"/>: in it you voted for me.
    /// </summary>
    RecallAnswer = 13,

    /// <summary>Send me the entries from <c>Index</c> to <c>HintIndex</c>: mine are damaged.</summary>
    RepairQuery = 14,

    /// <summary>The body holds entries from <c>Index</c> on; none where there are none to give.</summary>
    RepairAnswer = 15,

    /// <summary>
    /// Leader: your state differs from the majority's at <c>AppliedIndex</c>; it was equal at <c>HintIndex</c>.
    /// </summary>
    Quarantine = 16,

    /// <summary>
    /// Send me the events of the entries from <c>Index</c> to <c>HintIndex</c>: mine are missing. Of the first of them
    /// the part at <c>Offset</c>, where one message was too small for it.
    /// </summary>
    EventQuery = 17,

    /// <summary>
    /// The body holds journal records from <c>Index</c> on, or the part at <c>Offset</c> of the one there, which has
    /// <c>Length</c> bytes; or a <c>Reason</c>. <c>HintIndex</c>: my journal begins there.
    /// </summary>
    EventAnswer = 18,
}

/// <summary>Marks of a message.</summary>
[Flags]
public enum MessageFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A vote, or a promise of one, is granted.</summary>
    Granted = 1,

    /// <summary>The campaign was asked for by the leader: it does not count as disruptive (thesis 4.2.3).</summary>
    Transfer = 2,

    /// <summary><c>ChainHash</c> is given; else the sender does not have it at hand and it is not compared.</summary>
    Chained = 4,

    /// <summary><c>AppliedIndex</c>, <c>StateHash</c>, <c>EventChainHash</c> are given.</summary>
    Hashed = 8,

    /// <summary>Of an acknowledgement: my state is bad, send me a snapshot to build it anew from.</summary>
    Rebuild = 16,
}

/// <summary>Why a message was answered with no. In order of precedence.</summary>
public enum AnswerReason : byte
{
    /// <summary>It was not.</summary>
    None = 0,

    /// <summary>The sender's term has passed.</summary>
    StaleTerm = 1,

    /// <summary>The entry before the first is not the same here.</summary>
    Mismatch = 2,

    /// <summary>An entry's log time is further ahead of the follower's clock than it may be.</summary>
    StampAhead = 3,

    /// <summary>There is no room at the moment; the same again a little later.</summary>
    Busy = 4,

    /// <summary>Entries were damaged on the way, or do not follow the chain.</summary>
    BadEntry = 5,

    /// <summary>Same index and term, other chain hash: one of the two logs was damaged or forged.</summary>
    ChainFork = 6,

    /// <summary>A leader was heard of too recently to help to elect another.</summary>
    LeaderAlive = 7,

    /// <summary>The vote of this term is given to another.</summary>
    VotedOther = 8,

    /// <summary>The candidate's log ends before the voter's.</summary>
    LogBehind = 9,

    /// <summary>The node cannot vouch for its log or its disk, or has not yet waited out a lease.</summary>
    Abstaining = 10,

    /// <summary>The node asked is not the leader, or has committed nothing of its term yet.</summary>
    NotLeader = 11,

    /// <summary>What was asked for is not there.</summary>
    Unavailable = 12,
}

/// <summary>
/// The envelope of everything that nodes tell each other: 224 bytes, little-endian, the body follows. What a field
/// means where its use differs is said at the kind. Written and read by <see cref="PeerMessageCodec"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 224)]
public struct PeerMessage
{
    /// <summary>The layout version of this build.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>The cluster; another's message is dropped.</summary>
    public UInt128 ClusterId;

    /// <summary>The sender's term.</summary>
    public ulong Term;

    /// <summary>A log index.</summary>
    public ulong Index;

    /// <summary>The term of the entry at <see cref="Index"/>.</summary>
    public ulong LogTerm;

    /// <summary>The sender's commit index.</summary>
    public ulong CommitIndex;

    /// <summary>Counts the sender's messages: rises from one to the next.</summary>
    public ulong Sequence;

    /// <summary>Of an answer: the latest <see cref="Sequence"/> it answers.</summary>
    public ulong EchoSequence;

    /// <summary>The sender's monotonic time, nanoseconds; means nothing to others.</summary>
    public long SentAt;

    /// <summary>Of an answer: <see cref="SentAt"/> of what it answers; zero where it answers nothing.</summary>
    public long EchoSentAt;

    /// <summary>The sender's bounded clock when it sent, nanoseconds.</summary>
    public long Clock;

    /// <summary>The asker's own mark of a read.</summary>
    public ulong ReadContext;

    /// <summary>An applied index.</summary>
    public ulong AppliedIndex;

    /// <summary>The state hash there.</summary>
    public ulong StateHash;

    /// <summary>The event-chain hash there.</summary>
    public ulong EventChainHash;

    /// <summary>Where to look next, or another index by kind.</summary>
    public ulong HintIndex;

    /// <summary>The term there.</summary>
    public ulong HintTerm;

    /// <summary>Byte offset within a snapshot.</summary>
    public ulong Offset;

    /// <summary>Bytes of the whole snapshot.</summary>
    public ulong Length;

    /// <summary>Who sends.</summary>
    public MemberId From;

    /// <summary>Who is meant; a message to another incarnation is dropped.</summary>
    public MemberId To;

    /// <summary>Chain hash of the entry at <see cref="Index"/>.</summary>
    public ChainHash ChainHash;

    /// <summary>Bytes of the body.</summary>
    public uint BodyLength;

    /// <summary>CRC-32C of a body that is no entries; entries carry their own.</summary>
    public uint BodyChecksum;

    /// <summary>Entries in the body.</summary>
    public uint EntryCount;

    /// <summary>Cluster epoch.</summary>
    public ushort Epoch;

    /// <summary>What is said.</summary>
    public PeerMessageKind Kind;

    /// <summary>Layout version.</summary>
    public byte Version;

    /// <summary>Marks.</summary>
    public MessageFlags Flags;

    /// <summary>Why not.</summary>
    public AnswerReason Reason;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved0;

    /// <summary>CRC-32C of the 220 bytes before this field.</summary>
    public uint Checksum;
}
