using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Exchange.Rsm.Hosts.Cli.Output;

/// <summary>
/// What a verb says, in one of three forms: key=value lines (the default), JSON objects, one on a line, or tables. Rows
/// of more than one sort each begin with their sort, as <c>line=</c>.
/// </summary>
internal sealed class Printer
{
    private readonly TextWriter _output;
    private readonly bool _isJson;
    private readonly bool _isTable;
    private readonly List<JsonObject> _rows = [];

    public Printer(ParseResult parsed)
    {
        _output = parsed.InvocationConfiguration.Output;
        _isJson = parsed.GetValue(Json);
        _isTable = parsed.GetValue(Table);
    }

    /// <summary>One JSON object on each line.</summary>
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Prints JSON objects, one on a line, instead of key=value lines.",
    };

    /// <summary>Columns for people.</summary>
    public static Option<bool> Table { get; } = new("--table")
    {
        Description = "Prints tables instead of key=value lines.",
    };

    /// <summary>Gives a verb the options of this layer.</summary>
    public static Command Offer(Command command)
    {
        command.Options.Add(Json);
        command.Options.Add(Table);
        command.Validators.Add(Check);
        return command;
    }

    /// <summary>Prints one row.</summary>
    public void Row(JsonObject row)
    {
        if (_isJson)
        {
            _output.WriteLine(row.ToJsonString());
        }
        else if (_isTable)
        {
            if (_rows.Count > 0 && !HasColumnsOf(_rows[0], row))
            {
                End();
            }

            _rows.Add(row);
        }
        else
        {
            _output.WriteLine(string.Join(' ', row.Select(value => $"{value.Key}={Plain(value.Value)}")));
        }
    }

    /// <summary>Prints one row of a sort.</summary>
    public void Row(string sort, JsonObject row)
    {
        var named = new JsonObject { ["line"] = sort };
        foreach (var (key, value) in row)
        {
            named[key] = value?.DeepClone();
        }

        Row(named);
    }

    /// <summary>Prints what waits for its last row: a table's columns are as wide as their widest text.</summary>
    public void End()
    {
        if (_rows.Count == 0)
        {
            return;
        }

        var names = _rows[0].Select(value => value.Key).ToArray();
        var cells = new List<string[]> { names };
        cells.AddRange(_rows.Select(row => row.Select(value => Plain(value.Value)).ToArray()));
        var widths = names.Select((_, column) => cells.Max(row => row[column].Length)).ToArray();
        foreach (var row in cells)
        {
            _output.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
        }

        _output.WriteLine();
        _rows.Clear();
    }

    /// <summary>A value as key=value has it: quoted as in JSON where it would not be one word.</summary>
    public static string Plain(JsonNode? value)
    {
        var text = value?.ToString() ?? "";
        return value?.GetValueKind() == JsonValueKind.String
            && (text.Length == 0 || text.AsSpan().IndexOfAny(" \"=\n") >= 0)
            ? value.ToJsonString()
            : text;
    }

    private static bool HasColumnsOf(JsonObject first, JsonObject second) =>
        first.Select(value => value.Key).SequenceEqual(second.Select(value => value.Key))
        && (!first.ContainsKey("line") || first["line"]!.ToString() == second["line"]!.ToString());

    private static void Check(CommandResult result)
    {
        if (result.GetValue(Json) && result.GetValue(Table))
        {
            result.AddError("Either --json or --table.");
        }
    }
}
