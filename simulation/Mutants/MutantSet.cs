using System.Text.RegularExpressions;

namespace Exchange.Rsm.Simulation.Mutants;

/// <summary>
/// Bugs and where they go, read from the *.mutants files: their first lines say how they are written. All of them are
/// compiled into one copy, each behind a question that only its own run answers with yes: one build serves all.
/// </summary>
internal sealed partial class MutantSet
{
    /// <summary>What a copy gets beside its changed files.</summary>
    public const string PlantedFile = "contracts/Log/Planted.cs";

    /// <summary>The question, and how often it was asked of the bug that runs.</summary>
    public const string PlantedSource =
        """
        namespace Exchange.Rsm.Contracts.Log;

        public static class Planted
        {
            private static readonly int _active =
                int.Parse(System.Environment.GetEnvironmentVariable("EXCHANGE_PLANTED") ?? "-1");

            public static long Reached;

            public static bool Is(int number)
            {
                if (number != _active)
                {
                    return false;
                }

                Reached++;
                return true;
            }
        }
        """;

    private readonly List<Mutant> _mutants = [];
    private readonly List<Hunk> _hunks = [];

    public IReadOnlyList<Mutant> Mutants => _mutants;

    public IReadOnlyList<Hunk> Hunks => _hunks;

    /// <summary>The files that are changed.</summary>
    public IEnumerable<string> Files => _hunks.Select(hunk => hunk.File).Distinct();

    /// <summary>Reads one file more.</summary>
    public void Read(string text)
    {
        var (file, find, plant) = ("", new List<string>(), new List<string>());
        foreach (var line in text.Split('\n').Append(""))
        {
            var isFind = line.StartsWith('-');
            if (file.Length > 0 && (isFind || line.StartsWith('+')))
            {
                (isFind ? find : plant).Add(line[1..].Trim());
                continue;
            }

            if (find.Count > 0)
            {
                _hunks.Add(new Hunk(file, [.. find], [.. plant]));
                (file, find, plant) = ("", [], []);
            }

            if (line.StartsWith("in ", StringComparison.Ordinal))
            {
                file = line[3..].Trim();
            }
            else if (line.StartsWith("mutant ", StringComparison.Ordinal))
            {
                _mutants.Add(ReadHead(line));
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                throw new FormatException($"not a line of mutants: {line}");
            }
        }
    }

    /// <summary>Plants all bugs of a file.</summary>
    /// <exception cref="FormatException">Lines do not occur, or more than once: make the hunk anew.</exception>
    public string Plant(string file, string source)
    {
        List<string> lines = [.. source.Split('\n')];
        foreach (var hunk in _hunks.Where(hunk => hunk.File == file))
        {
            List<int> places = [.. Enumerable.Range(0, Math.Max(lines.Count - hunk.Find.Count + 1, 0))
                .Where(at => hunk.Find.Select((line, i) => lines[at + i].Trim() == line).All(isSame => isSame))];
            if (places.Count != 1)
            {
                throw new FormatException($"{file}: {places.Count} places hold '{hunk.Find[0]}' and what follows");
            }

            lines.RemoveRange(places[0], hunk.Find.Count);
            lines.InsertRange(places[0], hunk.Plant.Select(Numbered));
        }

        return string.Join('\n', lines);
    }

    /// <summary>Bugs that no hunk plants: they would be looked for in vain.</summary>
    public IEnumerable<string> Unplanted()
    {
        HashSet<string> planted = [.. _hunks.SelectMany(hunk => hunk.Plant)
            .SelectMany(line => Question().Matches(line)).Select(match => match.Groups[1].Value)];
        return _mutants.Select(mutant => mutant.Name).Where(name => !planted.Contains(name));
    }

    private Mutant ReadHead(string line)
    {
        var parts = line.Split(':', 2);
        var words = parts[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 5 || parts.Length != 2 || _mutants.Exists(known => known.Name == words[1]))
        {
            throw new FormatException($"not a mutant, or one that is there already: {line}");
        }

        return new Mutant(words[1], words[2], words[3], words[4], parts[1].Trim(), _mutants.Count);
    }

    private string Numbered(string line) => Question().Replace(line, match =>
    {
        var mutant = _mutants.Find(known => known.Name == match.Groups[1].Value)
            ?? throw new FormatException($"no mutant is called {match.Groups[1].Value}");
        return $"Exchange.Rsm.Contracts.Log.Planted.Is({mutant.Number})";
    });

    [GeneratedRegex(@"PLANTED\((\w+)\)")]
    private static partial Regex Question();
}
