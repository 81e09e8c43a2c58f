namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// A duty of consensus' caller that the driver breaks on purpose, or a mistake of the replicated machine: what the
/// checkers are worth is how soon they find it. None in every run but those of the mutants.
/// </summary>
public enum PlantedBug : byte
{
    None = 0,

    /// <summary>Writes are reported durable when they are given out.</summary>
    DurableTooEarly = 1,

    /// <summary>A crash loses the vote and keeps the term.</summary>
    VoteForgotten = 2,

    /// <summary>A crash loses the last durable entry.</summary>
    SuffixLost = 3,

    /// <summary>A failed write is taken for a good one.</summary>
    WriteErrorSwallowed = 4,

    /// <summary>Reads are served from what is applied, whatever their index.</summary>
    ReadBeforeApplied = 5,

    /// <summary>The client is answered when its command is proposed.</summary>
    AnsweredBeforeCommit = 6,

    /// <summary>A snapshot leaves out the sessions.</summary>
    SessionsNotInSnapshot = 7,

    /// <summary>A repeated command is done again.</summary>
    NoDeduplication = 8,

    /// <summary>What a command does depends on the node.</summary>
    ApplyDependsOnNode = 9,

    /// <summary>A snapshot holds one entry more than it says.</summary>
    SnapshotAheadOfItsIndex = 10,

    /// <summary>A repeat is answered with what a fresh command would have got.</summary>
    RepeatAnsweredAnew = 11,

    /// <summary>A truncation is not written: the old entries come back after a crash.</summary>
    TruncationForgotten = 12,

    /// <summary>The machine does nothing with the first command of an entry's term change.</summary>
    WriteDropped = 13,

    /// <summary>The network counts a message as answered and nothing is ever sent to the highest node.</summary>
    HighestNodeNeverReached = 14,

    /// <summary>Clients are told the value of another register.</summary>
    WrongRegisterRead = 15,

    /// <summary>A renamed local variable: nothing to find.</summary>
    Nothing = 16,
}
