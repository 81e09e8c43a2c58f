using System.Globalization;

namespace Exchange.Rsm.Simulation.Linearizability;

/// <summary>
/// Reads a history of a register as fault-injection runs record it: a line for each call and each answer, with the
/// process, `:invoke`, `:ok`, `:fail` or `:info` (outcome unknown), the operation and its arguments.
/// </summary>
public static class RecordedHistory
{
    /// <summary>Reads one.</summary>
    /// <param name="lines">The lines of the recording; lines without a process are skipped.</param>
    /// <returns>The operations in order of their calls, times being line numbers.</returns>
    /// <exception cref="FormatException">A line is not one that such a recording has.</exception>
    public static IReadOnlyList<HistoryOperation> Read(IReadOnlyList<string> lines)
    {
        List<HistoryOperation> operations = [];
        Dictionary<int, int> underWay = [];
        for (var number = 0; number < lines.Count; number++)
        {
            var dash = lines[number].IndexOf(" - ", StringComparison.Ordinal);
            string[] fields = dash < 0 ? [] : lines[number][(dash + 3)..].Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 4 || !int.TryParse(fields[0], NumberStyles.None, null, out var process))
            {
                continue;
            }

            if (fields[1] == ":invoke")
            {
                underWay[process] = operations.Count;
                operations.Add(Call(process, fields[2], fields[3], number));
            }
            else if (underWay.Remove(process, out var place))
            {
                operations[place] = Answered(operations[place], fields, number);
            }
            else
            {
                throw new FormatException($"line {number + 1}: process {process} is answered and has not called");
            }
        }

        return operations;
    }

    private static HistoryOperation Call(int process, string kind, string arguments, int number)
    {
        var values = arguments.Trim('[', ']').Split(' ');
        return new HistoryOperation
        {
            Client = process,
            Object = 0,
            Called = number,
            Returned = HistoryOperation.Never,
            Kind = kind switch
            {
                ":read" => RegisterObject.Read,
                ":write" => RegisterObject.Write,
                ":cas" => RegisterObject.CompareAndSet,
                _ => throw new FormatException($"line {number + 1}: no operation is called {kind}"),
            },
            First = Value(values[0], number),
            Second = values.Length > 1 ? Value(values[1], number) : 0,
        };
    }

    // A compare-and-set that failed is an answer; a failed read or write says nothing at all.
    private static HistoryOperation Answered(HistoryOperation call, string[] fields, int number) => fields[1] switch
    {
        ":ok" when call.Kind == RegisterObject.Read =>
            call with { Returned = number, Answer = Value(fields[3], number) },
        ":ok" => call with { Returned = number, Answer = 1 },
        ":fail" when call.Kind == RegisterObject.CompareAndSet => call with { Returned = number, Answer = 0 },
        ":fail" or ":info" => call,
        _ => throw new FormatException($"line {number + 1}: no answer is called {fields[1]}"),
    };

    private static long Value(string text, int number) => text switch
    {
        "nil" => RegisterObject.Nothing,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, null, out var value) => value,
        _ => throw new FormatException($"line {number + 1}: {text} is no value"),
    };
}
