using System.Text;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>A part of a scenario: commands, and what they must bring.</summary>
/// <param name="Notes">Comment lines that stand before it.</param>
/// <param name="Commands">One command a line.</param>
/// <param name="Output">The lines after the bar.</param>
public sealed record ScenarioBlock(
    IReadOnlyList<string> Notes, IReadOnlyList<string> Commands, IReadOnlyList<string> Output);

/// <summary>
/// A scenario as text: blocks of commands, a bar of four hyphens, and the output up to the next blank line. Lines that
/// begin with "# " are notes.
/// </summary>
/// <param name="Blocks">The blocks, in order; they share one exchange.</param>
public sealed record ScenarioFile(IReadOnlyList<ScenarioBlock> Blocks)
{
    private const string Bar = "----";
    private const string NoteMark = "# ";
    private const string CoversMark = "# covers:";

    /// <summary>The requirements that the notes say the scenario covers.</summary>
    public IReadOnlyList<string> Covers =>
    [
        .. Blocks.SelectMany(block => block.Notes)
            .Where(note => note.StartsWith(CoversMark, StringComparison.Ordinal))
            .SelectMany(note => note[CoversMark.Length..].Split(',', StringSplitOptions.TrimEntries)),
    ];

    public static ScenarioFile Parse(string text)
    {
        List<ScenarioBlock> blocks = [];
        List<string> notes = [];
        List<string> commands = [];
        List<string>? output = null;
        foreach (var line in text.Split('\n').Append(string.Empty))
        {
            if (output is not null && line.Length > 0)
            {
                output.Add(line);
            }
            else if (output is not null)
            {
                blocks.Add(new ScenarioBlock(notes, commands, output));
                (notes, commands, output) = ([], [], null);
            }
            else if (line == Bar)
            {
                output = [];
            }
            else if (line.StartsWith(NoteMark, StringComparison.Ordinal))
            {
                notes.Add(line);
            }
            else if (line.Length > 0)
            {
                commands.Add(line);
            }
        }

        return commands.Count == 0
            ? new ScenarioFile(blocks)
            : throw new FormatException($"no bar after the command: {commands[^1]}");
    }

    public string Print()
    {
        var text = new StringBuilder();
        foreach (var block in Blocks)
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            foreach (var line in block.Notes.Concat(block.Commands).Append(Bar).Concat(block.Output))
            {
                text.Append(line).Append('\n');
            }
        }

        return text.ToString();
    }
}
