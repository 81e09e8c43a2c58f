using Exchange.Rsm.Hosts.Cli;

namespace Exchange.Rsm.Cli.Tests;

/// <summary>Calls the program as a shell would.</summary>
internal static class Shell
{
    /// <summary>Runs a command line that must end with a code.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(int expected, params IEnumerable<string> arguments) => RunBoth(expected, arguments).Output;

    /// <summary>Runs a command line that must end with a code.</summary>
    /// <returns>What it printed and what it complained of.</returns>
    public static (string Output, string Error) RunBoth(int expected, params IEnumerable<string> arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = CommandLine.Run([.. arguments], output, error);
        Assert.True(expected == code, $"{code}: {output}{error}");
        return (output.ToString(), error.ToString());
    }

    /// <summary>The rows of an output, by key.</summary>
    public static IReadOnlyList<Dictionary<string, string>> Rows(string output) =>
    [
        .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line
            .Split(' ').Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1])),
    ];
}
