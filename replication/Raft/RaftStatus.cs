namespace Exchange.Rsm.Replication.Raft;

/// <summary>What a node is at the moment.</summary>
public enum RaftRole : byte
{
    /// <summary>Made, not started.</summary>
    Stopped = 0,

    /// <summary>Follows a leader, or waits for one.</summary>
    Follower = 1,

    /// <summary>Asks whether it would be elected (thesis 9.6).</summary>
    PreCandidate = 2,

    /// <summary>Asks for votes.</summary>
    Candidate = 3,

    /// <summary>Leads.</summary>
    Leader = 4,
}

/// <summary>What a node says about itself, to operators and to the driver.</summary>
public readonly record struct RaftStatus
{
    /// <summary>What it is.</summary>
    public required RaftRole Role { get; init; }

    /// <summary>Its term.</summary>
    public required ulong Term { get; init; }

    /// <summary>Who leads the term, as far as it knows.</summary>
    public required MemberId Leader { get; init; }

    /// <summary>Last index of its log.</summary>
    public required ulong LastIndex { get; init; }

    /// <summary>Everything up to here is durable here.</summary>
    public required ulong DurableIndex { get; init; }

    /// <summary>Everything up to here is committed.</summary>
    public required ulong CommitIndex { get; init; }

    /// <summary>Everything up to here was reported applied.</summary>
    public required ulong AppliedIndex { get; init; }

    /// <summary>Index of the configuration in force; zero: as at the start.</summary>
    public required ulong ConfigurationIndex { get; init; }

    /// <summary>Until when, monotonic nanoseconds, a lease holds; zero where there is none.</summary>
    public required long LeaseUntil { get; init; }

    /// <summary>Whom leadership is being handed to.</summary>
    public required MemberId TransferTarget { get; init; }

    /// <summary>What is wrong.</summary>
    public required RaftFaults Faults { get; init; }

    /// <summary>Where <see cref="RaftFaults.Quarantined"/>: the states were equal here.</summary>
    public required ulong LastEqualIndex { get; init; }

    /// <summary>Where <see cref="RaftFaults.Quarantined"/>: and differed here.</summary>
    public required ulong FirstDifferentIndex { get; init; }
}
