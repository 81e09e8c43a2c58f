using System.Net.Sockets;
using Exchange.Rsm.Hosts.Transport.Framing;

namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>
/// The way to one peer: a connection for sending only, made anew whenever it is lost. What could not be delivered is
/// forgotten: consensus sends again what still matters.
/// </summary>
internal sealed class PeerLink : IDisposable
{
    private readonly PeerTransportOptions _options;
    private readonly PeerAddress _address;
    private readonly TransportCounters _counters;
    private readonly IPeerReceiver _receiver;
    private readonly OutgoingQueue _queue;

    public PeerLink(
        PeerTransportOptions options,
        PeerAddress address,
        TransportCounters counters,
        IPeerReceiver receiver)
    {
        _options = options;
        _address = address;
        _counters = counters;
        _receiver = receiver;
        _queue = new OutgoingQueue(options.QueueLengthMax);
    }

    public ulong Node => _address.Node;

    public PeerAddress Address => _address;

    public int QueueLength => _queue.Length;

    public bool TrySend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.Length + (long)second.Length <= _options.MessageLengthMax
            && _queue.TryAdd(FrameKind.Message, first, second))
        {
            return true;
        }

        _counters.AddRefused();
        return false;
    }

    /// <summary>Connects, sends, and connects again, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var wait = _options.ReconnectMin;
        while (!stop.IsCancellationRequested)
        {
            var stood = await ConnectOnceAsync(stop);
            wait = stood ? _options.ReconnectMin : Longer(wait);
            await Task.Delay(Jittered(wait), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _queue.Dispose();

    private TimeSpan Longer(TimeSpan wait) =>
        wait >= _options.ReconnectMax / 2 ? _options.ReconnectMax : wait * 2;

    // Between half and the whole: members that lost the same peer at once do not all come back at once.
    private static TimeSpan Jittered(TimeSpan wait) => wait * (0.5 + (Random.Shared.NextDouble() / 2));

    private async Task<bool> ConnectOnceAsync(CancellationToken stop)
    {
        var stood = false;
        CloseReason reason;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            PeerConnection.Configure(socket);
            using var hello = CancellationTokenSource.CreateLinkedTokenSource(stop);
            hello.CancelAfter(_options.HelloTimeout);
            await socket.ConnectAsync(_address.Host, _address.Port, hello.Token);
            await using var plain = new NetworkStream(socket);
            await using Stream stream = _options.Certificate is null
                ? plain
                : await _options.Certificate.ConnectAsync(plain, _address.Node, hello.Token);
            var reader = new FrameReader(stream, PeerHello.Size, _counters);
            await PeerConnection.SendHelloAsync(stream, _options, _address.Node, hello.Token);
            var answer = await PeerConnection.ReadHelloAsync(reader, hello.Token);
            Check(in answer);
            stood = true;
            _counters.AddConnected();
            _queue.Open();
            _receiver.Connected(new PeerIdentity(answer.From, answer.Incarnation));
            reason = await PumpAsync(stream, reader, stop);
        }
        catch (OperationCanceledException)
        {
            reason = stop.IsCancellationRequested ? CloseReason.Stopping : CloseReason.HelloTimeout;
        }
        catch (Exception exception) when (PeerConnection.TryExplain(exception, out var explained))
        {
            reason = explained;
        }

        _counters.AddLost(_queue.Close());
        _counters.AddClosed(PeerConnection.Checked(reason));
        _receiver.Closed(_address.Node, outgoing: true, reason);
        return stood;
    }

    private void Check(in PeerHello answer)
    {
        var reason = answer.Check(_options.ClusterId, _options.Self.Node);
        if (reason == CloseReason.None && answer.From != _address.Node)
        {
            reason = CloseReason.NodeId;
        }

        if (reason != CloseReason.None)
        {
            throw new ConnectionClosedException(reason);
        }
    }

    // Two things go on at once: writing what waits, and listening for the other side's end. The first to end ends both.
    private async Task<CloseReason> PumpAsync(Stream stream, FrameReader reader, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var writing = WriteAsync(stream, end.Token);
        var listening = ListenAsync(reader, end.Token);
        var first = await Task.WhenAny(writing, listening);
        await end.CancelAsync();
        var second = first == writing ? listening : writing;
        await ((Task)second).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await first;
    }

    private async Task<CloseReason> WriteAsync(Stream stream, CancellationToken end)
    {
        using var late = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, late.Token);
        while (true)
        {
            var (bytes, frames) = await _queue.TakeAsync(end);
            late.CancelAfter(_options.WriteTimeout);
            try
            {
                await stream.WriteAsync(bytes, either.Token);
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested)
            {
                _counters.AddLost(frames);
                return CloseReason.WriteTimeout;
            }

            late.CancelAfter(Timeout.InfiniteTimeSpan);
            _counters.AddSent(frames, bytes.Length);
        }
    }

    private static async Task<CloseReason> ListenAsync(FrameReader reader, CancellationToken end)
    {
        var frame = await reader.ReadAsync(end);
        return frame.Kind switch
        {
            FrameKind.Refusal => PeerConnection.RefusalOf(frame.Body.Span),
            FrameKind.None => frame.Reason,
            _ => CloseReason.FrameKind,
        };
    }
}
