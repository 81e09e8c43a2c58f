using System.Net;
using System.Net.Sockets;

namespace Exchange.Rsm.Hosts.Transport;

/// <summary>
/// Accepts connections up to a bound and keeps count of those that are being served. What a connection is for is
/// decided by the function that serves it, which also disposes of the socket.
/// </summary>
public sealed class ConnectionAcceptor : IDisposable
{
    private readonly TcpListener _listener;
    private readonly int _connectionsMax;
    private readonly TransportCounters _counters;
    private readonly Func<Socket, Task> _serve;
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _open = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts to listen; accepts nobody before <see cref="RunAsync"/>.</summary>
    /// <param name="listen">Where; port zero takes any free one.</param>
    /// <param name="connectionsMax">Connections at a time; what comes beyond is closed.</param>
    /// <param name="counters">Where refusals are counted.</param>
    /// <param name="serve">Serves one connection to its end.</param>
    /// <exception cref="SocketException">The address is taken or not this machine's.</exception>
    public ConnectionAcceptor(
        IPEndPoint listen, int connectionsMax, TransportCounters counters, Func<Socket, Task> serve)
    {
        _connectionsMax = connectionsMax;
        _counters = counters;
        _serve = serve;
        _listener = new TcpListener(listen);
        _listener.Start();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Ends in an exception where serving a connection threw one; else never ends.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Connections at the moment.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Accepts until it is stopped, then waits for the end of every connection.</summary>
    /// <param name="stop">Stops it.</param>
    /// <returns>Complete when nothing runs any more.</returns>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Start(await _listener.AcceptSocketAsync(stop));
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                // One connection failed between its arrival and its acceptance; the listener itself goes on.
                _counters.AddClosed(CloseReason.Socket);
            }
        }

        _listener.Stop();
        Task[] open;
        lock (_lock)
        {
            open = [.. _open];
        }

        // Failures were reported as such; here only the end counts.
        await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Start(Socket socket)
    {
        lock (_lock)
        {
            if (_open.Count < _connectionsMax)
            {
                var serving = Task.Run(() => _serve(socket), CancellationToken.None);
                _open.Add(serving);
                serving.ContinueWith(Forget, TaskScheduler.Default);
                return;
            }
        }

        _counters.AddClosed(CloseReason.ConnectionsMax);
        socket.Dispose();
    }

    private void Forget(Task serving)
    {
        lock (_lock)
        {
            _open.Remove(serving);
        }

        if (serving.Exception is not null)
        {
            _counters.AddClosed(CloseReason.Receiver);
            _failed.TrySetException(serving.Exception.InnerExceptions);
        }
    }
}
