using System.Net.Sockets;
using System.Runtime.InteropServices;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Framing;
using Exchange.Rsm.Hosts.Transport.Peers;

namespace Exchange.Rsm.Transport.Tests;

public sealed class MalformedFrameTests
{
    private const int TestMillisecondsMax = 120_000;

    [Theory(Timeout = TestMillisecondsMax)]
    [InlineData(4, CloseReason.FrameMagic)]
    [InlineData(13, CloseReason.FrameVersion)]
    [InlineData(12, CloseReason.FrameKind)]
    [InlineData(11, CloseReason.FrameLength)]
    [InlineData(0, CloseReason.FrameChecksum)]
    public async Task Damaged_message_ends_the_connection_with_a_counted_reason(int position, CloseReason expected)
    {
        await using var member = new Member(1);
        member.Transport.SetPeers([new PeerAddress(2, "127.0.0.1", Port: 1)]);
        using var socket = await PeerTransportTests.Dial(member);
        await socket.SendAsync(Hello(from: 2));
        await ReadHello(socket);

        var frame = Frame(FrameKind.Message, [1, 2, 3]);
        await socket.SendAsync(frame);
        Assert.Equal([1, 2, 3], (await member.Receiver.NextMessage()).Message);

        frame[position] ^= 0x40;
        await socket.SendAsync(frame);
        Assert.Equal(
            new RecordingReceiver.Closed(2, Outgoing: false, expected),
            await member.Receiver.NextClosed(outgoing: false));
        Assert.Equal(1, member.Transport.Counters.Closed(expected));
    }

    [Theory(Timeout = TestMillisecondsMax)]
    [InlineData(FrameKind.Message, PeerHello.Size, CloseReason.HelloExpected)]
    [InlineData(FrameKind.Hello, PeerHello.Size - 1, CloseReason.HelloLength)]
    [InlineData(FrameKind.Refusal, 3, CloseReason.RemoteClosed)]
    public async Task Connection_must_begin_with_a_hello(FrameKind kind, int length, CloseReason expected)
    {
        await using var member = new Member(1);
        using var socket = await PeerTransportTests.Dial(member);
        await socket.SendAsync(Frame(kind, new byte[length]));
        Assert.Equal(expected, (await member.Receiver.NextClosed(outgoing: false)).Reason);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Second_hello_is_no_message()
    {
        await using var member = new Member(1);
        member.Transport.SetPeers([new PeerAddress(2, "127.0.0.1", Port: 1)]);
        using var socket = await PeerTransportTests.Dial(member);
        await socket.SendAsync(Hello(from: 2));
        await socket.SendAsync(Hello(from: 2));
        Assert.Equal(CloseReason.HelloExpected, (await member.Receiver.NextClosed(outgoing: false)).Reason);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Noise_of_any_kind_closes_the_connection_and_nothing_else()
    {
        await using var member = new Member(1);
        var random = new Random(20_261_120);
        for (var round = 0; round < 1000; round++)
        {
            using var socket = await PeerTransportTests.Dial(member);
            var noise = Noise(random, round);
            await socket.SendAsync(noise);
            socket.Shutdown(SocketShutdown.Send);
            var closed = await member.Receiver.NextClosed(outgoing: false);
            Assert.NotEqual(CloseReason.None, closed.Reason);
        }

        await using var peer = new Member(2);
        await Member.Introduce(peer, member);
        Assert.True(peer.TrySend(member, 1, 2));
        Assert.Equal([1, 2], (await member.Receiver.NextMessage()).Message);
        Assert.False(member.Transport.Failed.IsCompleted);
    }

    private static byte[] Noise(Random random, int round)
    {
        var bytes = new byte[random.Next(1, 300)];
        random.NextBytes(bytes);
        if (round % 3 == 0)
        {
            return bytes;
        }

        var frame = round % 3 == 1 ? Hello((ulong)random.Next(4)) : Frame((FrameKind)random.Next(5), bytes);
        frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
        return [.. frame, .. bytes];
    }

    private static byte[] Hello(ulong from)
    {
        var hello = new PeerHello
        {
            ClusterId = Member.Cluster,
            From = from,
            Incarnation = 1,
            To = 1,
            VersionMax = PeerHello.ProtocolVersion,
            VersionMin = PeerHello.ProtocolVersionMin,
        };
        var body = new byte[PeerHello.Size];
        MemoryMarshal.Write(body, in hello);
        return Frame(FrameKind.Hello, body);
    }

    private static byte[] Frame(FrameKind kind, byte[] body)
    {
        byte[] frame = [.. new byte[FrameCodec.HeaderSize], .. body];
        FrameCodec.Seal(frame, kind);
        return frame;
    }

    private static async Task ReadHello(Socket socket)
    {
        var answer = new byte[FrameCodec.HeaderSize + PeerHello.Size];
        var length = 0;
        while (length < answer.Length)
        {
            var count = await socket.ReceiveAsync(answer.AsMemory(length));
            Assert.NotEqual(0, count);
            length += count;
        }
    }
}
