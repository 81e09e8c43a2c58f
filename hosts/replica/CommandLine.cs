using System.Collections;
using System.CommandLine;
using Exchange.Rsm.Hosts.Replica.Node;
using Exchange.Rsm.Hosts.Replica.Options;

namespace Exchange.Rsm.Hosts.Replica;

/// <summary>The program: one member, from its settings to its end.</summary>
internal static class CommandLine
{
    private const string Description =
        """
        The process of one member of the exchange's cluster.

        Settings come from a file of lines NAME=value and from the environment, which wins; --print shows them all.
        When it takes part it prints one line: ready member=1 client=ADDRESS peer=ADDRESS admin=ADDRESS http=ADDRESS

        Exit codes: 0 stopped as asked, 1 failed while running, 2 command line or settings are wrong, 3 cannot start.
        """;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var config = new Option<string?>("--config") { Description = "File of settings, lines NAME=value" };
        var print = new Option<bool>("--print") { Description = "Prints the settings, secrets left out, and ends" };
        var withInput = new Option<bool>("--stop-with-input")
        {
            Description = "Stops when its standard input ends: whoever started it has gone",
        };
        var root = new RootCommand(Description) { config, print, withInput };
        root.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(config),
            parsed.GetValue(print),
            output,
            error,
            parsed.GetValue(withInput) ? InputEnd.Combine(stop) : stop));
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var mistake in parsed.Errors)
            {
                error.WriteLine($"replica: {mistake.Message}");
            }

            return ExitCode.Usage;
        }

        // The member ends in its own order: the library's timeout would cut it short.
        return parsed.Invoke(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = output,
            Error = error,
        });
    }

    private static async Task<int> RunAsync(
        string? config, bool isPrinted, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (config is not null && !File.Exists(config))
        {
            await error.WriteLineAsync($"replica: --config: there is no file '{config}'");
            return ExitCode.Usage;
        }

        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(pair => KeyValuePair.Create((string)pair.Key, (string?)pair.Value ?? ""));
        var settings = Settings.Read(
            ReplicaOptions.Known, config is null ? null : File.ReadLines(config), environment);
        var options = ReplicaOptions.Of(settings, out var errors);
        if (isPrinted)
        {
            output.Write(ReplicaOptions.Print(ReplicaOptions.Known, settings));
        }

        foreach (var mistake in errors)
        {
            error.WriteLine($"replica: {mistake}");
        }

        return errors.Count > 0 ? ExitCode.Usage
            : isPrinted ? ExitCode.Done
            : await MemberProcess.RunAsync(options, output, error, cancellation);
    }
}

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Stopped as asked.</summary>
    public const int Done = 0;

    /// <summary>It ran and failed: its last line says why. Starting it again may not help.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the settings are wrong: nothing ran.</summary>
    public const int Usage = 2;

    /// <summary>A folder, an address or a certificate cannot be used.</summary>
    public const int CannotStart = 3;
}
