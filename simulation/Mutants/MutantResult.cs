namespace Exchange.Rsm.Simulation.Mutants;

/// <summary>What became of one mutant: schedules and checker by range of seeds.</summary>
/// <param name="Mutant">Which.</param>
/// <param name="Schedules">By range: how many were run.</param>
/// <param name="Checkers">By range: what found it; empty where nothing did.</param>
/// <param name="Reached">How often its place was come to.</param>
internal sealed record MutantResult(
    Mutant Mutant, IReadOnlyList<long> Schedules, IReadOnlyList<string> Checkers, long Reached)
{
    /// <summary>Found in every range.</summary>
    public bool IsFound => Checkers.Count > 0 && Checkers.All(checker => checker.Length > 0);

    public bool IsFoundAnywhere => Checkers.Any(checker => checker.Length > 0);

    /// <summary>The middle of what it took; of ranges in which nothing was found, what was tried.</summary>
    public long Median => Schedules.Order().ElementAt(Schedules.Count / 2);

    /// <summary>Reads what the program wrote.</summary>
    public static MutantResult Of(Mutant mutant, string output)
    {
        List<long> schedules = [];
        List<string> checkers = [];
        var reached = 0L;
        foreach (var line in output.Split('\n'))
        {
            var words = line.Trim().Split(' ', 6);
            if (words is ["range", _, "schedules", var count, "found", ..])
            {
                schedules.Add(long.Parse(count));
                checkers.Add(words.Length > 5 ? words[5] : "");
            }
            else if (words is ["reached", var asked])
            {
                reached = long.Parse(asked);
            }
        }

        return schedules.Count > 0
            ? new MutantResult(mutant, schedules, checkers, reached)
            : throw new FormatException($"{mutant.Name}: the program wrote\n{output}");
    }

    /// <summary>A row of a table: name, what is wrong, median and ranges, who found it.</summary>
    public string ToRow()
    {
        var by = Checkers.Where(checker => checker.Length > 0).GroupBy(checker => checker)
            .OrderByDescending(group => group.Count()).Select(group => group.Key).FirstOrDefault("—");
        by = by.Length > 60 ? by[..60] + "…" : by;
        var found = Checkers.Count(checker => checker.Length > 0);
        return $"| {Mutant.Name} | {Mutant.What} | {found}/{Checkers.Count} | {Median} "
            + $"| {Schedules.Min()}–{Schedules.Max()} | {by} |";
    }
}
