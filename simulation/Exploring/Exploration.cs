namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>What an exploration found.</summary>
internal sealed record Exploration
{
    /// <summary>Whether everything within the bounds was tried.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>What must never be and was; null where nothing was found.</summary>
    public required string? Wrong { get; init; }

    /// <summary>How to get there, a line an event.</summary>
    public required IReadOnlyList<string> Path { get; init; }

    public required long States { get; init; }

    public required long Transitions { get; init; }

    public required int NodeStates { get; init; }

    public required int Messages { get; init; }

    public required int Depth { get; init; }

    /// <summary>States by the highest term that anybody had led by then.</summary>
    public required long[] ByLedTerm { get; init; }

    /// <summary>States by the most entries that anybody took for committed.</summary>
    public required long[] ByCommitted { get; init; }
}
