namespace Exchange.Rsm.Simulation.Linearizability;

/// <summary>What was found out about a history.</summary>
public enum HistoryJudgement : byte
{
    /// <summary>There is an order of the operations that explains every answer.</summary>
    Linearizable = 0,

    /// <summary>There is none.</summary>
    Violated = 1,

    /// <summary>The bound of steps was reached. It counts as a failure: what cannot be judged is not right.</summary>
    TooHard = 2,
}

/// <summary>The judgement of one history, and where it broke.</summary>
/// <param name="Judgement">The judgement.</param>
/// <param name="Object">The object whose operations cannot be explained; zero where all can.</param>
/// <param name="Explained">How many of that object's operations the best attempt put in order.</param>
/// <param name="Stuck">Position in the history of the operation that no attempt came past; −1 where none.</param>
/// <param name="Steps">Steps of the search over all objects.</param>
public readonly record struct HistoryVerdict(
    HistoryJudgement Judgement, ulong Object, int Explained, int Stuck, long Steps);
