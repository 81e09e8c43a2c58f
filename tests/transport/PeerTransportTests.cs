using System.Net;
using System.Net.Sockets;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Peers;

namespace Exchange.Rsm.Transport.Tests;

public sealed class PeerTransportTests
{
    private const int TestMillisecondsMax = 60_000;

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Messages_arrive_whole_and_in_order_in_both_directions()
    {
        await using var one = new Member(1);
        await using var two = new Member(2);
        await Member.Introduce(one, two);
        await two.Receiver.NextConnected();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(one.Transport.TrySend(2, BitConverter.GetBytes(i), new byte[i]));
            Assert.True(two.TrySend(one, (byte)(i % 251)));
        }

        for (var i = 0; i < 1000; i++)
        {
            var (from, message) = await two.Receiver.NextMessage();
            Assert.Equal(new PeerIdentity(1, 1), from);
            Assert.Equal([.. BitConverter.GetBytes(i), .. new byte[i]], message);
            Assert.Equal([(byte)(i % 251)], (await one.Receiver.NextMessage()).Message);
        }

        Assert.Equal(1000, two.Transport.Counters.FramesReceived);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Longest_message_arrives_and_a_longer_one_is_refused_to_its_sender()
    {
        await using var one = new Member(1, Small);
        await using var two = new Member(2, Small);
        await Member.Introduce(one, two);
        var longest = new byte[4096];
        longest[^1] = 7;
        Assert.True(one.TrySend(two, longest));
        Assert.Equal(longest, (await two.Receiver.NextMessage()).Message);
        Assert.False(one.TrySend(two, new byte[4097]));
        Assert.Equal(1, one.Transport.Counters.FramesRefused);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Peer_that_comes_back_is_found_again()
    {
        await using var one = new Member(1);
        var two = new Member(2);
        await Member.Introduce(one, two);
        var port = two.Transport.Endpoint.Port;
        await two.DisposeAsync();
        Assert.NotEqual(CloseReason.None, (await one.Receiver.NextClosed(outgoing: true)).Reason);

        await using var again = new Member(2, port: port);
        again.Transport.SetPeers([one.Address]);
        Assert.Equal(2u, (await one.Receiver.NextConnected()).Node);
        Assert.True(one.TrySend(again, 42));
        Assert.Equal([42], (await again.Receiver.NextMessage()).Message);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Peer_that_does_not_read_fills_its_own_queue_and_delays_nobody()
    {
        await using var one = new Member(1, Small);
        await using var stuck = new Member(2, Small);
        await using var quick = new Member(3, Small);
        stuck.Receiver.BeforeTaking = Forever;
        stuck.Transport.SetPeers([one.Address]);
        quick.Transport.SetPeers([one.Address]);
        one.Transport.SetPeers([stuck.Address, quick.Address]);
        await one.Receiver.NextConnected();
        await one.Receiver.NextConnected();

        // The sockets' own buffers take some, at any time; whatever they do, the queue is filled to its bound again
        // before each message to the other peer.
        for (var i = 0; i < 100; i++)
        {
            while (one.TrySend(stuck, new byte[4096]))
            {
                await Task.Yield();
            }

            Assert.InRange(one.Transport.QueueLength(2), 0, 8192);
            Assert.True(one.TrySend(quick, (byte)i));
            Assert.Equal([(byte)i], (await quick.Receiver.NextMessage()).Message);
        }

        Assert.True(one.Transport.Counters.FramesRefused >= 100);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Write_that_nobody_takes_ends_the_connection_and_a_new_one_is_made()
    {
        await using var one = new Member(1, options => Small(options) with
        {
            WriteTimeout = TimeSpan.FromMilliseconds(50),
        });
        await using var stuck = new Member(2, Small);
        stuck.Receiver.BeforeTaking = Forever;
        await Member.Introduce(one, stuck);
        var closed = one.Receiver.NextClosed(outgoing: true);
        while (!closed.IsCompleted)
        {
            one.TrySend(stuck, new byte[4096]);
            await Task.Yield();
        }

        Assert.Equal(CloseReason.WriteTimeout, (await closed).Reason);
        Assert.Equal(2u, (await one.Receiver.NextConnected()).Node);
        Assert.True(one.Transport.Counters.FramesLost > 0);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Member_of_another_cluster_is_refused_with_the_reason()
    {
        await using var one = new Member(1);
        await using var other = new Member(2, options => options with { ClusterId = 5 });
        one.Transport.SetPeers([other.Address]);
        other.Transport.SetPeers([one.Address]);
        Assert.Equal(CloseReason.ClusterId, (await one.Receiver.NextClosed(outgoing: true)).Reason);
        Assert.Equal(CloseReason.ClusterId, (await one.Receiver.NextClosed(outgoing: false)).Reason);
        Assert.False(one.TrySend(other, 1));
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Stranger_and_wrong_address_are_refused()
    {
        await using var one = new Member(1);
        await using var stranger = new Member(9);
        stranger.Transport.SetPeers([one.Address]);
        Assert.Equal(CloseReason.NodeId, (await stranger.Receiver.NextClosed(outgoing: true)).Reason);
        Assert.Equal(CloseReason.NodeId, (await one.Receiver.NextClosed(outgoing: false)).Reason);

        await using var two = new Member(2);
        two.Transport.SetPeers([one.Address]);
        one.Transport.SetPeers([two.Address with { Node = 3 }]);
        Assert.Equal(CloseReason.NodeId, (await one.Receiver.NextClosed(outgoing: true)).Reason);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Newer_connection_of_a_peer_takes_the_place_of_the_older()
    {
        await using var one = new Member(1);
        await using var two = new Member(2);
        await Member.Introduce(two, one);
        await using var twin = new Member(2);
        twin.Transport.SetPeers([one.Address]);
        Assert.Equal(CloseReason.Replaced, (await one.Receiver.NextClosed(outgoing: false)).Reason);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Peer_that_is_no_longer_one_is_let_go()
    {
        await using var one = new Member(1);
        await using var two = new Member(2);
        await Member.Introduce(one, two);
        one.Transport.SetPeers([]);
        Assert.Equal(CloseReason.Stopping, (await one.Receiver.NextClosed(outgoing: true)).Reason);
        Assert.False(one.TrySend(two, 1));
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Connections_beyond_the_bound_are_closed()
    {
        await using var one = new Member(1, options => options with { ConnectionsMax = 1 });
        using var first = await Dial(one);
        using var second = await Dial(one);
        Assert.Equal(0, await second.ReceiveAsync(new byte[1]));
        Assert.Equal(1, one.Transport.Counters.Closed(CloseReason.ConnectionsMax));
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Connection_that_says_nothing_is_closed_in_time()
    {
        await using var one = new Member(1, options => options with { HelloTimeout = TimeSpan.FromMilliseconds(20) });
        using var silent = await Dial(one);
        Assert.Equal(CloseReason.HelloTimeout, (await one.Receiver.NextClosed(outgoing: false)).Reason);
        Assert.Equal(1, one.Transport.Counters.Closed(CloseReason.HelloTimeout));
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Failure_of_the_receiver_is_reported_and_not_swallowed()
    {
        await using var one = new Member(1);
        await using var two = new Member(2);
        two.Receiver.BeforeTaking = static _ => throw new InvalidOperationException("planted");
        await Member.Introduce(one, two);
        Assert.True(one.TrySend(two, 1));
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => two.Transport.Failed);
        Assert.Equal("planted", failure.Message);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Failure_on_the_way_to_a_peer_is_reported_and_not_swallowed()
    {
        await using var one = new Member(1);
        await using var two = new Member(2);
        one.Receiver.BeforeConnected = static () => throw new InvalidOperationException("planted");
        two.Transport.SetPeers([one.Address]);
        one.Transport.SetPeers([two.Address]);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => one.Transport.Failed);
        Assert.Equal("planted", failure.Message);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Connection_of_a_member_that_is_no_longer_a_peer_is_closed()
    {
        await using var one = new Member(1);
        await using var two = new Member(2);
        await Member.Introduce(one, two);

        // Taken once its message is here, not before.
        Assert.True(one.TrySend(two, 1));
        await two.Receiver.NextMessage();
        two.Transport.SetPeers([]);
        Assert.Equal(CloseReason.NodeId, (await two.Receiver.NextClosed(outgoing: false)).Reason);
    }

    [Theory]
    [InlineData(2, 0, "Member 2: 0 is no port.")]
    [InlineData(2, 65_536, "Member 2: 65536 is no port.")]
    [InlineData(1, 7100, "Member 1 is not its own peer.")]
    public async Task Address_that_cannot_be_meant_is_refused_with_the_reason(ulong node, int port, string reason)
    {
        await using var one = new Member(1);
        var error = Assert.Throws<ArgumentException>(
            () => one.Transport.SetPeers([new PeerAddress(node, "127.0.0.1", port)]));
        Assert.Equal(reason, error.Message);
    }

    [Fact]
    public void Options_that_cannot_be_meant_are_refused_with_the_reason()
    {
        var error = Assert.Throws<ArgumentException>(() => new Member(1, options => options with { ClusterId = 0 }));
        Assert.Equal("Peer transport: ClusterId must not be zero.", error.Message);
        Assert.Throws<ArgumentException>(() => new Member(1, options => options with { QueueLengthMax = 8192 }));
        Assert.Throws<ArgumentException>(() => new Member(0));
    }

    internal static async Task<Socket> Dial(Member member)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, member.Transport.Endpoint.Port);
        return socket;
    }

    private static PeerTransportOptions Small(PeerTransportOptions options) =>
        options with { MessageLengthMax = 4096, QueueLengthMax = 8192 };

    private static async ValueTask Forever(CancellationToken cancellation) =>
        await new TaskCompletionSource().Task.WaitAsync(cancellation);
}
