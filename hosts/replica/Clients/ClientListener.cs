using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Framing;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Hosts.Replica.Clients;

/// <summary>How clients are taken.</summary>
public sealed record ClientListenerOptions
{
    /// <summary>Where to listen.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Certificate and authority; null speaks in the clear.</summary>
    public NodeCertificate? Certificate { get; init; }

    /// <summary>Longest request, bytes: the commands of the largest entry and what stands around them.</summary>
    public int RequestLengthMax { get; init; } = (4 << 20) + 4096;

    /// <summary>Bytes of replies that may wait for one client; beyond it the client is let go.</summary>
    public int QueueLengthMax { get; init; } = 64 << 20;

    /// <summary>Connections at a time.</summary>
    public int ConnectionsMax { get; init; } = 4096;

    /// <summary>How long a client may take to say who it is.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Takes clients' connections, cuts their bytes into requests and hands those on. It knows neither commands nor
/// leaders; a full inbox is answered here, before anything was done.
/// </summary>
public sealed class ClientListener : IAsyncDisposable
{
    private readonly ClientListenerOptions _options;
    private readonly Func<ClientRequest, bool> _tryPost;
    private readonly ConnectionAcceptor _acceptor;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    /// <summary>Starts to listen.</summary>
    /// <param name="options">How.</param>
    /// <param name="tryPost">
    /// Takes a request; false where there is no room. The end of a connection, a request without a buffer, is always
    /// taken.
    /// </param>
    /// <exception cref="SocketException">The address is taken or not this machine's.</exception>
    public ClientListener(ClientListenerOptions options, Func<ClientRequest, bool> tryPost)
    {
        _options = options;
        _tryPost = tryPost;
        _acceptor = new ConnectionAcceptor(options.Listen, options.ConnectionsMax, Counters, ServeAsync);
        _accepting = Task.Run(() => _acceptor.RunAsync(_stop.Token));
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint => _acceptor.Endpoint;

    /// <summary>What it did.</summary>
    public TransportCounters Counters { get; } = new();

    /// <summary>Connections at the moment.</summary>
    public int Connections => _acceptor.Count;

    /// <summary>Ends in an exception where this code failed: the member must then stop. Else it never ends.</summary>
    public Task Failed => _acceptor.Failed;

    /// <summary>Closes everything and waits until nothing runs any more.</summary>
    /// <returns>Complete then.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _acceptor.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(Socket socket)
    {
        ClientChannel? channel = null;
        CloseReason reason;
        try
        {
            socket.NoDelay = true;
            await using var plain = new NetworkStream(socket, ownsSocket: false);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            late.CancelAfter(_options.HelloTimeout);
            await using Stream stream = _options.Certificate is null
                ? plain
                : await _options.Certificate.AcceptAsync(plain, late.Token);
            channel = new ClientChannel(socket, _options.QueueLengthMax, _options.HelloTimeout, _stop.Token)
            {
                CertifiedUser = CertifiedUser(stream),
            };
            var writing = channel.WriteAsync(stream, Counters);
            Counters.AddConnected();
            reason = await ReadAsync(new FrameReader(stream, _options.RequestLengthMax, Counters), channel);
            channel.Close();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException)
        {
            reason = _stop.IsCancellationRequested ? CloseReason.Stopping
                : channel is { IsClosed: true } ? CloseReason.WriteTimeout
                : CloseReason.HelloTimeout;
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            reason = exception is AuthenticationException ? CloseReason.Certificate : CloseReason.Socket;
        }

        Counters.AddClosed(reason);
        if (channel is null)
        {
            socket.Dispose();
            return;
        }

        channel.Close();
        channel.Stop();
        _tryPost(new ClientRequest(channel, ClientMessageKind.None, Tag: 0, Buffer: null, Length: 0));
        channel.Dispose();
    }

    private async Task<CloseReason> ReadAsync(FrameReader reader, ClientChannel channel)
    {
        var isGreeted = false;
        while (true)
        {
            var frame = await reader.ReadAsync(channel.End);
            if (frame.Kind != FrameKind.Message)
            {
                return frame.Kind == FrameKind.None ? frame.Reason : CloseReason.FrameKind;
            }

            Counters.AddReceived(1, 0);
            if (frame.Body.Length < Unsafe.SizeOf<ClientMessageHeader>())
            {
                return CloseReason.FrameLength;
            }

            var header = MemoryMarshal.Read<ClientMessageHeader>(frame.Body.Span);
            if (!isGreeted && header.Kind != ClientMessageKind.Hello)
            {
                return CloseReason.HelloExpected;
            }

            isGreeted = true;
            Post(channel, in header, frame.Body.Span[Unsafe.SizeOf<ClientMessageHeader>()..]);
        }
    }

    private void Post(ClientChannel channel, in ClientMessageHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Kind is ClientMessageKind.None or > ClientMessageKind.Ping
            || header.Reserved0 != 0 || header.Reserved1 != 0)
        {
            channel.Refuse(header.Tag, RefusalCode.Malformed);
            return;
        }

        var request = ClientRequest.Of(channel, header.Kind, header.Tag, body);
        if (!_tryPost(request))
        {
            request.Release();
            channel.Refuse(header.Tag, RefusalCode.Overloaded);
        }
    }

    private static uint CertifiedUser(Stream stream) =>
        stream is SslStream { RemoteCertificate: X509Certificate2 certificate }
            ? ClientCertificate.UserOf(certificate)
            : 0;
}
