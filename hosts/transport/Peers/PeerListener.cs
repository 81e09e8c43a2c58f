using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Exchange.Rsm.Hosts.Transport.Framing;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>Takes the connections of peers and hands on what they send. One connection per peer: the newest.</summary>
internal sealed class PeerListener : IDisposable
{
    private readonly PeerTransportOptions _options;
    private readonly TransportCounters _counters;
    private readonly IPeerReceiver _receiver;
    private readonly Func<ulong, bool> _isPeer;
    private readonly TcpListener _listener;
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, CancellationTokenSource> _byNode = [];
    private readonly HashSet<Task> _open = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PeerListener(
        PeerTransportOptions options,
        TransportCounters counters,
        IPeerReceiver receiver,
        Func<ulong, bool> isPeer)
    {
        _options = options;
        _counters = counters;
        _receiver = receiver;
        _isPeer = isPeer;
        _listener = new TcpListener(options.Listen);
        _listener.Start();
    }

    /// <summary>Ends in an exception where the receiver or this code failed; else never ends.</summary>
    public Task Failed => _failed.Task;

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Accepts until it is stopped, then waits for every connection's end.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync(stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                // One connection failed between its arrival and its acceptance; the listener itself goes on.
                _counters.AddClosed(CloseReason.Socket);
                continue;
            }

            Start(socket, stop);
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

    public void Dispose() => _listener.Dispose();

    private void Start(Socket socket, CancellationToken stop)
    {
        lock (_lock)
        {
            if (_open.Count < _options.ConnectionsMax)
            {
                var serving = Task.Run(() => ServeAsync(socket, stop), CancellationToken.None);
                _open.Add(serving);
                serving.ContinueWith(Forget, TaskScheduler.Default);
                return;
            }
        }

        socket.Dispose();
        _counters.AddClosed(CloseReason.ConnectionsMax);
        _receiver.Closed(node: 0, outgoing: false, CloseReason.ConnectionsMax);
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

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        ulong node = 0;
        CloseReason reason;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var greeted = false;
        try
        {
            PeerConnection.Configure(socket);
            await using var plain = new NetworkStream(socket, ownsSocket: true);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
            late.CancelAfter(_options.HelloTimeout);
            await using Stream stream = _options.Certificate is null
                ? plain
                : await _options.Certificate.AcceptAsync(plain, late.Token);
            var reader = new FrameReader(stream, _options.MessageLengthMax, _counters);
            var hello = await GreetAsync(stream, reader, late.Token);
            node = hello.From;
            greeted = true;
            TakePlace(node, end);
            _counters.AddConnected();
            reason = await ReceiveAsync(reader, new PeerIdentity(node, hello.Incarnation), end.Token);
        }
        catch (OperationCanceledException)
        {
            reason = stop.IsCancellationRequested ? CloseReason.Stopping
                : greeted ? CloseReason.Replaced
                : CloseReason.HelloTimeout;
        }
        catch (Exception exception) when (PeerConnection.TryExplain(exception, out var explained))
        {
            reason = explained;
        }

        GivePlaceUp(node, end);
        _counters.AddClosed(PeerConnection.Checked(reason));
        _receiver.Closed(node, outgoing: false, reason);
    }

    private async Task<PeerHello> GreetAsync(Stream stream, FrameReader reader, CancellationToken cancellation)
    {
        var hello = await PeerConnection.ReadHelloAsync(reader, cancellation);
        var reason = hello.Check(_options.ClusterId, _options.Self.Node);
        if (reason == CloseReason.None && (!_isPeer(hello.From) || !IsCertified(stream, hello.From)))
        {
            reason = CloseReason.NodeId;
        }

        if (reason != CloseReason.None)
        {
            await PeerConnection.RefuseAsync(stream, reason, cancellation);
            throw new ConnectionClosedException(reason);
        }

        await PeerConnection.SendHelloAsync(stream, _options, hello.From, cancellation);
        return hello;
    }

    private static bool IsCertified(Stream stream, ulong node)
    {
        if (stream is not SslStream encrypted)
        {
            return true;
        }

        return encrypted.RemoteCertificate is X509Certificate2 certificate
            ? NodeCertificate.NodeOf(certificate) == node
            : throw new AuthenticationException("The peer shows no certificate.");
    }

    private async Task<CloseReason> ReceiveAsync(FrameReader reader, PeerIdentity from, CancellationToken end)
    {
        while (true)
        {
            var frame = await reader.ReadAsync(end);
            if (frame.Kind != FrameKind.Message)
            {
                return frame.Kind == FrameKind.None ? frame.Reason : CloseReason.HelloExpected;
            }

            _counters.AddReceived(1, 0);
            await _receiver.ReceiveAsync(from, frame.Body, end);
        }
    }

    private void TakePlace(ulong node, CancellationTokenSource end)
    {
        lock (_lock)
        {
            _byNode.TryGetValue(node, out var older);
            _byNode[node] = end;

            // Within the lock: the older one is not disposed of before it gave its place up.
            older?.Cancel();
        }
    }

    private void GivePlaceUp(ulong node, CancellationTokenSource end)
    {
        lock (_lock)
        {
            if (_byNode.TryGetValue(node, out var holder) && holder == end)
            {
                _byNode.Remove(node);
            }
        }
    }
}
