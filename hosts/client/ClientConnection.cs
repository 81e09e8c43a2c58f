using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Transport.Framing;

namespace Exchange.Rsm.Hosts.Client;

/// <summary>How to reach a member.</summary>
public sealed record ClientOptions
{
    /// <summary>Name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The member's client port.</summary>
    public required int Port { get; init; }

    /// <summary>Who the client is.</summary>
    public required ClientHello Hello { get; init; }

    /// <summary>TLS; null speaks in the clear, on a development machine.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Longest reply that is taken, bytes.</summary>
    public int ReplyLengthMax { get; init; } = 16 << 20;

    /// <summary>Bytes of requests that may wait to be written.</summary>
    public int QueueLengthMax { get; init; } = 16 << 20;
}

/// <summary>
/// One connection to one member. Any number of requests may be under way; each is answered by its tag. It neither
/// reconnects nor repeats: whoever knows the identity of a command decides that.
/// </summary>
public sealed class ClientConnection : IAsyncDisposable
{
    private readonly TcpClient _socket;
    private readonly Stream _stream;
    private readonly FrameReader _reader;
    private readonly OutgoingQueue _queue;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<ClientReply>> _pending = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<EventsHeader, ReadOnlyMemory<byte>>? _events;
    private Task _running = Task.CompletedTask;
    private ulong _tag;

    private ClientConnection(TcpClient socket, Stream stream, ClientOptions options)
    {
        _socket = socket;
        _stream = stream;
        _reader = new FrameReader(stream, options.ReplyLengthMax, new Transport.TransportCounters());
        _queue = new OutgoingQueue(options.QueueLengthMax);
        _queue.Open();
    }

    /// <summary>What the member said of itself and of the client.</summary>
    public ServerHello Server { get; private set; }

    /// <summary>Completes when the connection has ended, for whatever reason.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Requests under way.</summary>
    public int Pending => _pending.Count;

    /// <summary>Connects and says who the client is.</summary>
    /// <param name="options">Where and who.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The connection, ready.</returns>
    /// <exception cref="ClientConnectionException">Nobody listens there, or the client is refused.</exception>
    public static async Task<ClientConnection> ConnectAsync(ClientOptions options, CancellationToken cancellation)
    {
        var socket = new TcpClient { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellation);
            Stream stream = socket.GetStream();
            if (options.Tls is not null)
            {
                var encrypted = new SslStream(stream);
                stream = encrypted;
                await encrypted.AuthenticateAsClientAsync(options.Tls, cancellation);
            }

            var connection = new ClientConnection(socket, stream, options);
            await connection.GreetAsync(options.Hello, cancellation);
            connection._running = connection.RunAsync();
            return connection;
        }
        catch (Exception exception) when (exception is SocketException or IOException
            or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose();
            throw exception as ClientConnectionException
                ?? new ClientConnectionException($"{options.Host}:{options.Port}: {exception.Message}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends commands that shall share one entry.</summary>
    /// <param name="commands">The commands, back to back.</param>
    /// <param name="count">How many.</param>
    /// <returns>Committed with a result for each, or refused.</returns>
    /// <exception cref="ClientConnectionException">The connection ended first: the outcome is unknown.</exception>
    public Task<ClientReply> SubmitAsync(ReadOnlySpan<byte> commands, uint count)
    {
        var prefix = new Submission { Submit = new SubmitHeader { Count = count } };
        prefix.Header.Kind = ClientMessageKind.Submit;
        return Request(ref prefix.Header, Bytes(ref prefix), commands);
    }

    /// <summary>Asks.</summary>
    /// <param name="query">What.</param>
    /// <returns>Answered or refused.</returns>
    /// <exception cref="ClientConnectionException">The connection ended first.</exception>
    public Task<ClientReply> QueryAsync(QueryHeader query)
    {
        var prefix = new Question { Query = query };
        prefix.Header.Kind = ClientMessageKind.Query;
        return Request(ref prefix.Header, Bytes(ref prefix), []);
    }

    /// <summary>Asks for all events after a position. Once for a connection.</summary>
    /// <param name="afterIndex">The last entry whose events are known; zero for none.</param>
    /// <param name="events">Gets the events of each entry, in order; their bytes are its to keep.</param>
    /// <returns>Completes only where it is refused.</returns>
    public Task<ClientReply> SubscribeAsync(ulong afterIndex, Action<EventsHeader, ReadOnlyMemory<byte>> events)
    {
        if (Interlocked.CompareExchange(ref _events, events, null) is not null)
        {
            throw new InvalidOperationException("There is a subscription already.");
        }

        var prefix = new Subscription { Request = new SubscribeRequest { AfterIndex = afterIndex } };
        prefix.Header.Kind = ClientMessageKind.Subscribe;
        return Request(ref prefix.Header, Bytes(ref prefix), []);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _socket.Dispose();
        await _running;
        await _stream.DisposeAsync();
        _queue.Dispose();
        _end.Dispose();
    }

    private static ReadOnlySpan<byte> Bytes<T>(ref T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref value));

    private Task<ClientReply> Request(
        ref ClientMessageHeader header, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> rest)
    {
        var reply = new TaskCompletionSource<ClientReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        header.Tag = Interlocked.Increment(ref _tag);
        _pending[header.Tag] = reply;
        if (!_queue.TryAdd(FrameKind.Message, prefix, rest))
        {
            _pending.TryRemove(header.Tag, out _);
            throw new ClientConnectionException(
                _ended.Task.IsCompleted ? "The connection has ended." : "Too many requests wait to be written.");
        }

        // Ended between the two lines above: nobody else would complete it.
        if (_ended.Task.IsCompleted)
        {
            FailPending();
        }

        return reply.Task;
    }

    private async Task GreetAsync(ClientHello hello, CancellationToken cancellation)
    {
        var start = FrameCodec.HeaderSize + Unsafe.SizeOf<ClientMessageHeader>();
        var frame = new byte[start + Unsafe.SizeOf<ClientHello>()];
        var header = new ClientMessageHeader { Kind = ClientMessageKind.Hello };
        MemoryMarshal.Write(frame.AsSpan(FrameCodec.HeaderSize), in header);
        MemoryMarshal.Write(frame.AsSpan(start), in hello);
        FrameCodec.Seal(frame, FrameKind.Message);
        await _stream.WriteAsync(frame, cancellation);
        var answer = await _reader.ReadAsync(cancellation);
        if (answer.Kind != FrameKind.Message || !TryCut(answer.Body, out var message, out var body))
        {
            throw new ClientConnectionException($"The member closed the connection: {answer.Reason}.");
        }

        if (message.Kind == ClientMessageKind.Refused && body.Length >= Unsafe.SizeOf<RefusedMessage>())
        {
            throw new ClientRefusedException(MemoryMarshal.Read<RefusedMessage>(body.Span).Code);
        }

        if (message.Kind != ClientMessageKind.Welcome || body.Length != Unsafe.SizeOf<ServerHello>())
        {
            throw new ClientConnectionException("The member speaks another protocol.");
        }

        Server = MemoryMarshal.Read<ServerHello>(body.Span);
    }

    private async Task RunAsync()
    {
        var writing = WriteAsync();
        var reading = ReadAsync();
        await Task.WhenAny(writing, reading);
        await _end.CancelAsync();
        _socket.Dispose();
        await Task.WhenAll(writing, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _queue.Close();
        _ended.TrySetResult();
        FailPending();
    }

    private void FailPending()
    {
        foreach (var tag in _pending.Keys)
        {
            if (_pending.TryRemove(tag, out var reply))
            {
                reply.TrySetException(new ClientConnectionException("The connection ended before the reply."));
            }
        }
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            var (bytes, _) = await _queue.TakeAsync(_end.Token);
            await _stream.WriteAsync(bytes, _end.Token);
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            var frame = await _reader.ReadAsync(_end.Token);
            if (frame.Kind != FrameKind.Message || !TryCut(frame.Body, out var message, out var body))
            {
                return;
            }

            if (message.Kind == ClientMessageKind.Events)
            {
                var events = MemoryMarshal.Read<EventsHeader>(body.Span);
                Volatile.Read(ref _events)?.Invoke(events, body[Unsafe.SizeOf<EventsHeader>()..].ToArray());
            }
            else if (_pending.TryRemove(message.Tag, out var reply))
            {
                reply.SetResult(new ClientReply(message.Kind, body.ToArray()));
            }
        }
    }

    private static bool TryCut(
        ReadOnlyMemory<byte> bytes, out ClientMessageHeader header, out ReadOnlyMemory<byte> body)
    {
        var isWhole = bytes.Length >= Unsafe.SizeOf<ClientMessageHeader>();
        header = isWhole ? MemoryMarshal.Read<ClientMessageHeader>(bytes.Span) : default;
        body = isWhole ? bytes[Unsafe.SizeOf<ClientMessageHeader>()..] : default;
        return isWhole;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct Submission
    {
        public ClientMessageHeader Header;
        public SubmitHeader Submit;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct Question
    {
        public ClientMessageHeader Header;
        public QueryHeader Query;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct Subscription
    {
        public ClientMessageHeader Header;
        public SubscribeRequest Request;
    }
}
