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
    private readonly ConnectionAcceptor _acceptor;
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, CancellationTokenSource> _byNode = [];
    private CancellationToken _stop;

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
        _acceptor = new ConnectionAcceptor(options.Listen, options.ConnectionsMax, counters, ServeAsync);
    }

    /// <summary>Ends in an exception where the receiver or this code failed; else never ends.</summary>
    public Task Failed => _acceptor.Failed;

    public IPEndPoint Endpoint => _acceptor.Endpoint;

    /// <summary>Accepts until it is stopped, then waits for every connection's end.</summary>
    public Task RunAsync(CancellationToken stop)
    {
        _stop = stop;
        return _acceptor.RunAsync(stop);
    }

    /// <summary>Closes the connections of those that are no longer peers.</summary>
    public void LetGo()
    {
        lock (_lock)
        {
            foreach (var (node, end) in _byNode)
            {
                if (!_isPeer(node))
                {
                    end.Cancel();
                }
            }
        }
    }

    public void Dispose() => _acceptor.Dispose();

    private async Task ServeAsync(Socket socket)
    {
        ulong node = 0;
        CloseReason reason;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        var greeted = false;
        try
        {
            PeerConnection.Configure(socket);
            await using var plain = new NetworkStream(socket, ownsSocket: true);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(_stop);
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
            reason = _stop.IsCancellationRequested ? CloseReason.Stopping
                : !greeted ? CloseReason.HelloTimeout
                : _isPeer(node) ? CloseReason.Replaced
                : CloseReason.NodeId;
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

            // Let go between its hello and here: nobody else would close it.
            if (!_isPeer(node))
            {
                end.Cancel();
            }
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
