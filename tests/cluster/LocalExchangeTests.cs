using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Exchange.Rsm.Cluster.Tests;

public sealed class LocalExchangeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-local-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_command_runs_an_exchange_and_the_next_start_goes_on_with_it()
    {
        var data = Path.Combine(_folder, "data");
        var port = FreeRange().ToString(CultureInfo.InvariantCulture);
        var (code, said) = await RunAsync("--data", data, "--port", port, "--once");
        Assert.True(code == 0, said);
        Assert.Contains("A new exchange of 3 members", said, StringComparison.Ordinal);
        Assert.Contains("alice: user 2, account 2", said, StringComparison.Ordinal);
        Assert.Contains("leader", said, StringComparison.Ordinal);

        (code, said) = await RunAsync("--data", data, "--once");
        Assert.True(code == 0, said);
        Assert.Contains("goes on", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_something_else_is_left_alone()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "thesis.txt"), "twelve years of work", TestContext.Current.CancellationToken);
        var (code, said) = await RunAsync("--data", _folder, "--fresh", "--once");
        Assert.Equal(1, code);
        Assert.Contains("choose another folder with --data", said, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, "thesis.txt")));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        var first = FreeRange();
        using var taken = new TcpListener(IPAddress.Loopback, first + 11);
        taken.Start();
        var data = Path.Combine(_folder, "data");
        var (code, said) = await RunAsync(
            "--data", data, "--port", first.ToString(CultureInfo.InvariantCulture), "--once");
        Assert.Equal(1, code);
        Assert.Contains($"Port {first + 11} cannot be used", said, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Exchange.Rsm.Hosts.Local.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    // Below those that the system gives out by itself; the first of some that nobody uses.
    private static int FreeRange()
    {
        for (var start = 20_000; start < 30_000; start += 100)
        {
            if (Enumerable.Range(start + 10, 30).All(IsFree))
            {
                return start;
            }
        }

        throw new InvalidOperationException("No ports are free.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
