namespace Exchange.Rsm.Simulation.Linearizability;

/// <summary>One operation as its client saw it: when it called, when it heard back, and what it heard.</summary>
public readonly record struct HistoryOperation
{
    /// <summary>Stands for the return of an operation whose outcome never became known.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Who called. Not read by the checker; it names the operation in reports.</summary>
    public required int Client { get; init; }

    /// <summary>Which of the client's; not read by the checker either.</summary>
    public uint Sequence { get; init; }

    /// <summary>The account, order or register. Histories of different objects are checked apart.</summary>
    public required ulong Object { get; init; }

    /// <summary>When it was called; any clock that orders all events of the history.</summary>
    public required long Called { get; init; }

    /// <summary>When the answer came; <see cref="Never"/>: it may take effect at any later time, or never.</summary>
    public required long Returned { get; init; }

    /// <summary>What it does, in the model's own numbering.</summary>
    public required int Kind { get; init; }

    /// <summary>First argument.</summary>
    public long First { get; init; }

    /// <summary>Second argument.</summary>
    public long Second { get; init; }

    /// <summary>What was answered; meaningless where nothing was.</summary>
    public long Answer { get; init; }

    /// <summary>Whether no answer came.</summary>
    public bool IsPending => Returned == Never;
}

/// <summary>What an object does when operations come one after the other.</summary>
public interface ISequentialObject
{
    /// <summary>The state before the first operation.</summary>
    long Initial { get; }

    /// <summary>Does one operation.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="operation">The operation; where it is pending, any answer is fine.</param>
    /// <param name="next">The state after.</param>
    /// <returns>False where the object, in this state, would not have given the answer.</returns>
    bool TryStep(long state, in HistoryOperation operation, out long next);
}
