using System.CommandLine;
using Exchange.Rsm.Hosts.Cli;
using Exchange.Rsm.Hosts.Cli.Replay;

const string Description =
    """
    The exchange's core from the command line: recorded flow in, reports and hashes out.

    Exit codes: 0 done, 1 it ran and found a difference, or a file cannot be used, 2 the command line is wrong.
    """;

var root = new RootCommand(Description) { ReplayVerb.Create() };
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"exchange: {error.Message}");
    }

    var verb = string.Join(' ', parsed.CommandResult.Command.Parents.Reverse().Append(parsed.CommandResult.Command)
        .Select(symbol => symbol is RootCommand ? "exchange" : symbol.Name));
    Console.Error.WriteLine($"Run '{verb} --help' to see what it takes.");
    return ExitCode.Usage;
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (InputException exception)
{
    Console.Error.WriteLine($"exchange: {exception.Message}");
    return ExitCode.Failed;
}
