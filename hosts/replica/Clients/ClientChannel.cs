using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Framing;

namespace Exchange.Rsm.Hosts.Replica.Clients;

/// <summary>
/// One client's connection. What the client may do is decided on the core's thread, which alone touches the fields
/// below <see cref="User"/>; sending is safe from there and never waits: a client that does not read is let go.
/// </summary>
public sealed class ClientChannel : IDisposable
{
    /// <summary>Sessions of one connection that are watched for its end.</summary>
    public const int SessionsMax = 4096;

    private readonly Socket? _socket;
    private readonly OutgoingQueue _queue;
    private readonly CancellationTokenSource _end;
    private int _closed;

    internal ClientChannel(Socket? socket, int queueLengthMax, TimeSpan helloTimeout, CancellationToken stop)
    {
        _socket = socket;
        _queue = new OutgoingQueue(queueLengthMax);
        _queue.Open();
        _end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _end.CancelAfter(helloTimeout);
    }

    /// <summary>What it said of itself; what was asked of the state then may have to be asked again.</summary>
    internal Credentials Credentials { get; set; }

    /// <summary>Who acts; zero before the hello was taken.</summary>
    public uint User { get; set; }

    /// <summary>The account it may act on; zero for any.</summary>
    public uint Account { get; set; }

    /// <summary>Bits: 1 read, 2 trade.</summary>
    public uint Permissions { get; set; }

    /// <summary>Whether the user is a gateway, which names the user of each command itself.</summary>
    public bool IsGateway { get; set; }

    /// <summary>The user its certificate names; zero without one.</summary>
    public uint CertifiedUser { get; init; }

    /// <summary>Whether it is the process's own.</summary>
    public bool IsLocal { get; private init; }

    /// <summary>Commands under way.</summary>
    public int Pending { get; set; }

    /// <summary>The sessions that commands of this connection were numbered in.</summary>
    public HashSet<uint> Sessions { get; } = [];

    /// <summary>Bytes of replies that wait to be written.</summary>
    public int QueueLength => _queue.Length;

    /// <summary>Whether it has ended, or is about to.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    internal CancellationToken End => _end.Token;

    /// <summary>Sends a message in up to two parts.</summary>
    /// <typeparam name="T">The fixed part behind the header.</typeparam>
    /// <param name="kind">What it is.</param>
    /// <param name="tag">The request's tag.</param>
    /// <param name="body">The fixed part.</param>
    /// <param name="rest">What follows it.</param>
    public void Send<T>(ClientMessageKind kind, ulong tag, in T body, ReadOnlySpan<byte> rest)
        where T : unmanaged
    {
        Span<byte> prefix = stackalloc byte[Unsafe.SizeOf<ClientMessageHeader>() + Unsafe.SizeOf<T>()];
        var header = new ClientMessageHeader { Kind = kind, Tag = tag };
        MemoryMarshal.Write(prefix, in header);
        MemoryMarshal.Write(prefix[Unsafe.SizeOf<ClientMessageHeader>()..], in body);
        if (!_queue.TryAdd(FrameKind.Message, prefix, rest))
        {
            Close();
        }
    }

    /// <summary>Sends a message that has no fixed part.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="tag">The request's tag.</param>
    /// <param name="body">What follows the header.</param>
    public void Send(ClientMessageKind kind, ulong tag, ReadOnlySpan<byte> body)
    {
        var header = new ClientMessageHeader { Kind = kind, Tag = tag };
        if (!_queue.TryAdd(FrameKind.Message, MemoryMarshal.AsBytes(new Span<ClientMessageHeader>(ref header)), body))
        {
            Close();
        }
    }

    /// <summary>Says why a request is not done.</summary>
    /// <param name="tag">The request's tag.</param>
    /// <param name="code">Why.</param>
    /// <param name="leader">The leader, as far as known.</param>
    /// <param name="detail">The replication's own reason.</param>
    public void Refuse(ulong tag, RefusalCode code, LeaderAddress leader = default, ushort detail = 0)
    {
        var refused = new RefusedMessage { Code = code, Leader = leader.Node, Detail = detail };
        var isOfUse = code is RefusalCode.NotLeader or RefusalCode.OutcomeUnknown;
        Send(ClientMessageKind.Refused, tag, in refused, isOfUse ? leader.Address.Span : default);
    }

    /// <summary>Its hello was taken: the time for it no longer runs.</summary>
    public void Welcome()
    {
        try
        {
            _end.CancelAfter(Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // It ended while its hello was read: there is no time left to stop.
            Close();
        }
    }

    /// <summary>Ends the connection. What is queued may be lost.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            EndNow();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Dispose();
        _queue.Dispose();
        _socket?.Dispose();
    }

    /// <summary>A channel within the process, whose owner speaks for users it has authenticated.</summary>
    internal static ClientChannel Local(CancellationToken stop) =>
        new(socket: null, queueLengthMax: 64 << 20, Timeout.InfiniteTimeSpan, stop)
        {
            User = Contracts.Trading.UserId.Root.Value,
            Permissions = uint.MaxValue,
            IsGateway = true,
            IsLocal = true,
        };

    /// <summary>What was sent, where it is the process itself that listens.</summary>
    internal ValueTask<(ReadOnlyMemory<byte> Bytes, long Frames)> TakeAsync(CancellationToken cancellation) =>
        _queue.TakeAsync(cancellation);

    internal async Task WriteAsync(Stream stream, TransportCounters counters)
    {
        while (true)
        {
            var (bytes, frames) = await _queue.TakeAsync(_end.Token);
            await stream.WriteAsync(bytes, _end.Token);
            counters.AddSent(frames, bytes.Length);
        }
    }

    internal void Stop() => _queue.Close();

    private void EndNow()
    {
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Ended and cleared away already, which is what was wanted.
        }
    }
}
