using System.Net;
using Exchange.Rsm.Hosts.Transport.Peers;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Transport.Tests;

/// <summary>A transport on loopback with a receiver that keeps what it hears.</summary>
internal sealed class Member : IAsyncDisposable
{
    public static readonly UInt128 Cluster = new(0x1122334455667788, 0x99AABBCCDDEEFF00);

    public Member(ulong node, Func<PeerTransportOptions, PeerTransportOptions>? change = null, int port = 0)
    {
        var options = new PeerTransportOptions
        {
            ClusterId = Cluster,
            Self = new PeerIdentity(node, Incarnation: 1),
            Listen = new IPEndPoint(IPAddress.Loopback, port),
            ReconnectMin = TimeSpan.FromMilliseconds(1),
            ReconnectMax = TimeSpan.FromMilliseconds(10),
        };
        Transport = new PeerTransport(change is null ? options : change(options), Receiver);
        Node = node;
    }

    public ulong Node { get; }

    public RecordingReceiver Receiver { get; } = new();

    public PeerTransport Transport { get; }

    public PeerAddress Address => new(Node, "127.0.0.1", Transport.Endpoint.Port);

    public static Func<PeerTransportOptions, PeerTransportOptions> With(NodeCertificate certificate) =>
        options => options with { Certificate = certificate };

    /// <summary>Makes two members peers of each other and waits until the first can send to the second.</summary>
    public static async Task Introduce(Member first, Member second)
    {
        second.Transport.SetPeers([first.Address]);
        first.Transport.SetPeers([second.Address]);
        Assert.Equal(new PeerIdentity(second.Node, 1), await first.Receiver.NextConnected());
    }

    public bool TrySend(Member to, params byte[] message) => Transport.TrySend(to.Node, message, []);

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
