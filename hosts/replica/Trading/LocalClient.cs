using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Replica.Core;
using Exchange.Rsm.Hosts.Transport.Framing;

namespace Exchange.Rsm.Hosts.Replica.Trading;

/// <summary>A reply to a local call: what a client on a socket would have been sent.</summary>
internal readonly record struct LocalReply(ClientMessageKind Kind, byte[] Body)
{
    public T Read<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Body);
}

/// <summary>
/// A client inside the process: the same requests, queues, refusals and bytes as those of any other, without a socket.
/// It speaks for users that its caller has authenticated.
/// </summary>
internal sealed class LocalClient : IAsyncDisposable
{
    private readonly ClientChannel _channel;
    private readonly Inbox<ClientRequest> _requests;
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<LocalReply>> _pending = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private ulong _tag;

    public LocalClient(Inbox<ClientRequest> requests)
    {
        _requests = requests;
        _channel = ClientChannel.Local(_stop.Token);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Its channel; what is sent there under a tag that nobody waits for is dropped.</summary>
    public ClientChannel Channel => _channel;

    /// <summary>Sends one command and waits for what becomes of it.</summary>
    public async Task<LocalReply> SubmitAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation)
    {
        var body = new byte[Unsafe.SizeOf<SubmitHeader>() + command.Length];
        var header = new SubmitHeader { Count = 1 };
        MemoryMarshal.Write(body, in header);
        command.CopyTo(body.AsMemory(Unsafe.SizeOf<SubmitHeader>()));
        var tag = Interlocked.Increment(ref _tag);
        var reply = new TaskCompletionSource<LocalReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[tag] = reply;
        try
        {
            var request = ClientRequest.Of(_channel, ClientMessageKind.Submit, tag, body);
            if (!_requests.TryPost(request, request.Length))
            {
                request.Release();
                var refused = new RefusedMessage { Code = RefusalCode.Overloaded };
                return new LocalReply(
                    ClientMessageKind.Refused,
                    MemoryMarshal.AsBytes(new ReadOnlySpan<RefusedMessage>(in refused)).ToArray());
            }

            return await reply.Task.WaitAsync(cancellation);
        }
        finally
        {
            _pending.TryRemove(tag, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _channel.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var (frames, _) = await _channel.TakeAsync(_stop.Token);
                Deliver(frames.Span);
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var reply in _pending.Values)
            {
                reply.TrySetCanceled();
            }
        }
    }

    private void Deliver(ReadOnlySpan<byte> frames)
    {
        while (FrameCodec.TryRead(frames, int.MaxValue, out _, out var length, out _) == FrameStatus.Whole)
        {
            var body = frames[FrameCodec.HeaderSize..length];
            var header = MemoryMarshal.Read<ClientMessageHeader>(body);

            // Nobody waits for the reply of a call whose deadline has passed.
            if (_pending.TryGetValue(header.Tag, out var reply))
            {
                reply.TrySetResult(
                    new LocalReply(header.Kind, body[Unsafe.SizeOf<ClientMessageHeader>()..].ToArray()));
            }

            frames = frames[length..];
        }
    }
}
