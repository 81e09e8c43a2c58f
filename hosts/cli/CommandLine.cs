using System.CommandLine;
using System.CommandLine.Parsing;
using Exchange.Rsm.Hosts.Cli.Explain;
using Exchange.Rsm.Hosts.Cli.Feed;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Online;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Hosts.Cli;

/// <summary>The program, without its process: tests call it as a shell would.</summary>
public static class CommandLine
{
    private const string Description =
        """
        The exchange's core from the command line: recorded flow in, reports and hashes out.

        Exit codes: 0 done, 1 it ran and found a difference, or was refused, or a file cannot be used, 2 the command
        line is wrong, 3 the cluster did not answer in time.
        """;

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What stands after the program's name.</param>
    /// <param name="output">Results, and help that was asked for.</param>
    /// <param name="error">What is wrong and what to do next.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var root = Root();
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return Refuse(parsed, error);
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = output,
                Error = error,
            });
        }
        catch (InputException exception)
        {
            error.WriteLine($"exchange: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    /// <summary>Every verb.</summary>
    internal static RootCommand Root() => new(Description)
    {
        ReplayVerb.Create(), SnapshotVerb.Create(), LogVerb.Create(), ExplainVerb.Create(), CommandVerb.Create(),
        FeedVerb.Create(), ClusterVerb.Create(), OrderVerb.Create(), OrderVerb.CreateBook(), SymbolVerb.Create(),
        SymbolVerb.CreateCancelAll(), AccountVerb.Create(), CertsVerb.Create(), DoctorVerb.Create(),
    };

    private static int Refuse(ParseResult parsed, TextWriter error)
    {
        foreach (var message in parsed.Errors.Select(mistake => mistake.Message).Distinct())
        {
            error.WriteLine($"exchange: {message}");
        }

        var path = NameOf(parsed.CommandResult);
        for (var parent = parsed.CommandResult.Parent; parent is CommandResult command; parent = parent.Parent)
        {
            path = $"{NameOf(command)} {path}";
        }

        error.WriteLine($"Run '{path} --help' to see what it takes.");
        return ExitCode.Usage;
    }

    // The root is called after the process, which in a test is another.
    private static string NameOf(CommandResult result) =>
        result.Command is RootCommand ? "exchange" : result.Command.Name;
}
