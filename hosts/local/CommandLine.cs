using System.CommandLine;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>The program, without its process.</summary>
internal static class CommandLine
{
    private const string Description =
        """
        Runs a whole exchange on this machine: three members as processes of their own on loopback, with their data in
        one folder; a demo market with two funded traders; and a table of how the members stand. A member that is killed
        is started again. Ctrl-C stops everything; the next start goes on where this one ended.

        Exit codes: 0 stopped as asked, 1 it failed, 2 the command line is wrong.
        """;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var data = new Option<string>("--data")
        {
            Description = "Folder of everything that is kept",
            DefaultValueFactory = _ => "exchange-data",
        };
        var fresh = new Option<bool>("--fresh") { Description = "Deletes what the folder holds and begins anew" };
        var members = new Option<int>("--members")
        {
            Description = "How many members: 1, 3 or 5; of a new folder",
            DefaultValueFactory = _ => 3,
        };
        members.AcceptOnlyFromAmong("1", "3", "5");
        var port = new Option<int>("--port")
        {
            Description = "Member n has ports from here plus ten times n; of a new folder",
            DefaultValueFactory = _ => LocalOptions.BasePortDefault,
        };
        var once = new Option<bool>("--once") { Description = "Stops by itself once all members stand equal" };
        var root = new RootCommand(Description) { data, fresh, members, port, once };
        root.SetAction((parsed, stop) => LocalExchange.RunAsync(
            new LocalOptions
            {
                Data = parsed.GetValue(data)!,
                IsFresh = parsed.GetValue(fresh),
                MemberCount = parsed.GetValue(members),
                BasePort = parsed.GetValue(port),
                IsOnce = parsed.GetValue(once),
            },
            output,
            stop));
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var mistake in parsed.Errors)
            {
                await error.WriteLineAsync($"local: {mistake.Message}");
            }

            return 2;
        }

        try
        {
            // Members are stopped in their own time: the library's timeout would leave them behind.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = output,
                Error = error,
            });
        }
        catch (LocalException exception)
        {
            await error.WriteLineAsync($"local: {exception.Message}");
            return 1;
        }
    }
}
