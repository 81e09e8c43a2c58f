using System.Threading.Channels;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Peers;

namespace Exchange.Rsm.Transport.Tests;

/// <summary>Keeps what a transport says, in order, for a test to wait for.</summary>
internal sealed class RecordingReceiver : IPeerReceiver
{
    private readonly Channel<(PeerIdentity From, byte[] Message)> _messages =
        Channel.CreateUnbounded<(PeerIdentity, byte[])>();

    private readonly Channel<PeerIdentity> _connected = Channel.CreateUnbounded<PeerIdentity>();
    private readonly Channel<Closed> _closed = Channel.CreateUnbounded<Closed>();

    /// <summary>Called before a message is taken.</summary>
    public Func<CancellationToken, ValueTask> BeforeTaking { get; set; } = static _ => ValueTask.CompletedTask;

    /// <summary>Called before a connection is taken note of.</summary>
    public Action BeforeConnected { get; set; } = static () => { };

    public async ValueTask ReceiveAsync(
        PeerIdentity from,
        ReadOnlyMemory<byte> message,
        CancellationToken cancellation)
    {
        await BeforeTaking(cancellation);
        Assert.True(_messages.Writer.TryWrite((from, message.ToArray())));
    }

    public void Connected(PeerIdentity to)
    {
        BeforeConnected();
        Assert.True(_connected.Writer.TryWrite(to));
    }

    void IPeerReceiver.Closed(ulong node, bool outgoing, CloseReason reason) =>
        Assert.True(_closed.Writer.TryWrite(new Closed(node, outgoing, reason)));

    public ValueTask<(PeerIdentity From, byte[] Message)> NextMessage() =>
        _messages.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public ValueTask<PeerIdentity> NextConnected() =>
        _connected.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>The next connection that ended on this side, of those that one asks for.</summary>
    public async Task<Closed> NextClosed(bool outgoing)
    {
        while (true)
        {
            var closed = await _closed.Reader.ReadAsync(TestContext.Current.CancellationToken);
            if (closed.Outgoing == outgoing)
            {
                return closed;
            }
        }
    }

    public sealed record Closed(ulong Node, bool Outgoing, CloseReason Reason);
}
