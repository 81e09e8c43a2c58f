using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>One member as a process of its own, with everything it said.</summary>
internal sealed partial class MemberProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];
    private readonly Lock _lock = new();

    public MemberProcess(IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Program);
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The member has ended."));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The line that says it takes part.</summary>
    public Task<string> Ready => _ready.Task;

    /// <summary>One of the addresses of that line.</summary>
    public async Task<string> AddressAsync(string name) =>
        (await Ready).Split(' ').Single(part => part.StartsWith(name + "=", StringComparison.Ordinal)).Split('=')[1];

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Everything it wrote.</summary>
    public string Said
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    private static string Program
    {
        get
        {
            // Built by the same command as the tests, so in the folder of the same name.
            var built = new DirectoryInfo(AppContext.BaseDirectory);
            var path = Path.Combine(
                Checkout.Root, "hosts", "replica", "bin", built.Parent!.Name, built.Name,
                "Exchange.Rsm.Hosts.Replica.dll");
            return File.Exists(path) ? path : throw new FileNotFoundException("Not built.", path);
        }
    }

    /// <summary>Ends it as a loss of power would end it: kill -9.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        Assert.Equal(0, Signal(_process.Id, Terminate));
        return await ExitAsync(cancellation);
    }

    public async Task<int> ExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lines.Add(line);
        }

        if (line.StartsWith("ready ", StringComparison.Ordinal))
        {
            _ready.TrySetResult(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
