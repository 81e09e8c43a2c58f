namespace Exchange.Rsm.Simulation.Checkers;

/// <summary>What a checker found. The first of a run ends it.</summary>
/// <param name="Checker">Its name: what has to hold.</param>
/// <param name="Node">Where; −1 where nowhere in particular.</param>
/// <param name="Index">The log index it is about; zero where about none.</param>
/// <param name="At">When, nanoseconds of the world.</param>
/// <param name="Event">Number of the event during which it was found.</param>
/// <param name="Text">What was seen, in words.</param>
public sealed record Failure(string Checker, int Node, ulong Index, long At, long Event, string Text)
{
    /// <summary>Where in the code, where an exception says so; one line each.</summary>
    public string Stack { get; init; } = "";

    /// <summary>Failures of one kind have the same; numbers of the run are left out.</summary>
    public string Fingerprint => Checker == "invariant" ? $"{Checker}: {Text}" : Checker;
}
