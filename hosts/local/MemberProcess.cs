using System.Diagnostics;
using System.Globalization;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>
/// One member's process, kept alive: where it ends without having been asked to, it is started again, later each time
/// while it keeps failing. What it says goes to its log file.
/// </summary>
internal sealed class MemberProcess : IAsyncDisposable
{
    private static readonly TimeSpan _delayMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _delayMax = TimeSpan.FromSeconds(5);

    // Who ran for so long did not fail at its start.
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(30);

    private readonly LocalMember _member;
    private readonly string _program;
    private readonly StreamWriter _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private volatile Process? _process;
    private volatile string _lastError = "";

    /// <summary>Starts it.</summary>
    /// <param name="member">Which one.</param>
    /// <param name="program">The replica's assembly.</param>
    public MemberProcess(LocalMember member, string program)
    {
        _member = member;
        _program = program;
        _log = new StreamWriter(member.LogFile, append: true) { AutoFlush = true };
        _running = Task.Run(RunAsync);
    }

    /// <summary>Which one.</summary>
    public LocalMember Member => _member;

    /// <summary>Complete once it has said that it serves; fails where it cannot be started at all.</summary>
    public Task Ready => _ready.Task;

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>Its process id; null while none runs.</summary>
    public int? ProcessId
    {
        get
        {
            try
            {
                return _process is { HasExited: false } process ? process.Id : null;
            }
            catch (InvalidOperationException)
            {
                // Disposed between the two questions: it has ended.
                return null;
            }
        }
    }

    /// <summary>Asks it to stop, and waits until it has.</summary>
    /// <returns>Complete then.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _log.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var delay = _delayMin;
        while (!_stop.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            var code = await RunOnceAsync();
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            Write($"ended with code {code}");
            if (code == MemberExit.Usage)
            {
                _ready.TrySetException(new LocalException(
                    $"Member {_member.Number} refuses its configuration: {_lastError} (see {_member.LogFile})"));
                return;
            }

            var longer = delay * 2 < _delayMax ? delay * 2 : _delayMax;
            delay = Stopwatch.GetElapsedTime(began) > _settled ? _delayMin : longer;
            await Task.Delay(delay, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Restarts++;
        }
    }

    private async Task<int> RunOnceAsync()
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo
            {
                FileName = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet"
                    ? host
                    : "dotnet",
                ArgumentList = { _program, "--config", _member.ConfigurationFile, "--stop-with-input" },
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        _process = process;
        var output = DrainAsync(process.StandardOutput);
        var error = DrainAsync(process.StandardError);

        // The end of its input tells the member to stop, whether it is closed here or by the end of this process:
        // so that no member is left behind, even where this one is killed.
        await using (_stop.Token.Register(process.StandardInput.Close))
        {
            await process.WaitForExitAsync();
        }

        await Task.WhenAll(output, error);
        _process = null;
        return process.ExitCode;
    }

    private async Task DrainAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                _ready.TrySetResult();
            }
            else if (line.Length > 0)
            {
                _lastError = line;
            }

            Write(line);
        }
    }

    private void Write(string line)
    {
        lock (_log)
        {
            _log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:O} {line}"));
        }
    }
}
