namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Why a request to a node is not taken. In order of precedence: the lowest that applies is the answer.
/// </summary>
public enum Refusal : byte
{
    /// <summary>It is taken.</summary>
    None = 0,

    /// <summary>The node cannot vouch for itself: see <see cref="RaftFaults"/>.</summary>
    Faulty = 1,

    /// <summary>The node does not lead; <see cref="RaftStatus.Leader"/> may say who does.</summary>
    NotLeader = 2,

    /// <summary>Leadership is being handed over.</summary>
    Transferring = 3,

    /// <summary>The disk is nearly full: refused ahead, so that it never is.</summary>
    Headroom = 4,

    /// <summary>Too much is under way that is not yet committed, stored or applied.</summary>
    BackPressure = 5,

    /// <summary>An entry cannot be as large, or holds no such number of commands.</summary>
    TooLarge = 6,

    /// <summary>The leader has committed nothing in its term yet (Ongaro 2015; thesis 6.4).</summary>
    NoCommitInTerm = 7,

    /// <summary>Another change of the members is under way.</summary>
    ChangeUnderWay = 8,

    /// <summary>From the present members there is no one step to those.</summary>
    BadConfiguration = 9,

    /// <summary>Leadership cannot be given to that member: it is no voter, or the leader itself.</summary>
    BadTarget = 10,

    /// <summary>Too many reads wait.</summary>
    ReadsFull = 11,

    /// <summary>Leadership was lost before it was certain that the read is current.</summary>
    LeadershipLost = 12,

    /// <summary>The states of the members differ and no majority says which is right.</summary>
    Disputed = 13,

    /// <summary>Only a state that was found bad is built anew.</summary>
    NotQuarantined = 14,
}

/// <summary>What is wrong with a node, by name. Several may hold.</summary>
[Flags]
public enum RaftFaults : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A write has been under way for too long: no leading, no campaign, until it ends.</summary>
    DiskStalled = 1,

    /// <summary>The disk failed. For good: the process has to end.</summary>
    DiskFailed = 2,

    /// <summary>
    /// Others saw a later state of this incarnation: it lost its memory. It must come back as another.
    /// </summary>
    Amnesiac = 4,

    /// <summary>It has not yet heard from a majority what they saw of it.</summary>
    Recalling = 8,

    /// <summary>
    /// A part of the log is damaged, or was cut off because of damage, and is not back yet: no campaign, no word for
    /// what lies behind it, and no vote for a log that ends before the lost one did.
    /// </summary>
    LogDamaged = 16,

    /// <summary>
    /// Its state is not the majority's: it acknowledges and votes, but serves, leads and snapshots not.
    /// </summary>
    Quarantined = 32,

    /// <summary>Its clock lies outside the interval that a majority agrees on: no leading, no campaign.</summary>
    ClockOutside = 64,

    /// <summary>Its clock was set further than may be followed without an operator's logged command.</summary>
    ClockStepped = 128,

    /// <summary>States differ and no majority says which is right: nothing is served.</summary>
    Disputed = 256,

    /// <summary>A restarted voter that waits out a lease it may have helped to give.</summary>
    WaitingOutLease = 512,

    /// <summary>Its log and the leader's have the same index and term and other content.</summary>
    ChainForked = 1024,
}
