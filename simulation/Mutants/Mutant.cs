namespace Exchange.Rsm.Simulation.Mutants;

/// <summary>A bug that can be planted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Set">catalogue, library (found in a published library), own, or null: nothing to find.</param>
/// <param name="Area">What it is about.</param>
/// <param name="Profile">The worlds that have to find it.</param>
/// <param name="What">What is wrong, in words.</param>
/// <param name="Number">Its number in the copy.</param>
internal sealed record Mutant(string Name, string Set, string Area, string Profile, string What, int Number)
{
    public bool IsNull => Set == "null";
}

/// <summary>A place where bugs are planted: some lines, and the lines that stand there instead.</summary>
/// <param name="File">Path from the top of the checkout.</param>
/// <param name="Find">The lines as they are, without indentation.</param>
/// <param name="Plant">The lines with the bugs in them.</param>
internal sealed record Hunk(string File, IReadOnlyList<string> Find, IReadOnlyList<string> Plant);
