using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Transport.Framing;

namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>What both ends of a connection do alike: the socket's settings, hellos, refusals, reasons.</summary>
internal static class PeerConnection
{
    /// <summary>No delay for small frames, and the system's own probes find a peer that vanished.</summary>
    public static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 5);
    }

    public static async ValueTask SendHelloAsync(
        Stream stream,
        PeerTransportOptions options,
        ulong to,
        CancellationToken cancellation)
    {
        var frame = new byte[FrameCodec.HeaderSize + PeerHello.Size];
        var hello = new PeerHello
        {
            ClusterId = options.ClusterId,
            From = options.Self.Node,
            Incarnation = options.Self.Incarnation,
            To = to,
            VersionMax = PeerHello.ProtocolVersion,
            VersionMin = PeerHello.ProtocolVersionMin,
        };
        MemoryMarshal.Write(frame.AsSpan(FrameCodec.HeaderSize), in hello);
        FrameCodec.Seal(frame, FrameKind.Hello);
        await stream.WriteAsync(frame, cancellation);
    }

    /// <summary>Tells the other side why, as far as it still listens.</summary>
    public static async ValueTask RefuseAsync(Stream stream, CloseReason reason, CancellationToken cancellation)
    {
        var frame = new byte[FrameCodec.HeaderSize + 1];
        frame[FrameCodec.HeaderSize] = (byte)reason;
        FrameCodec.Seal(frame, FrameKind.Refusal);
        await stream.WriteAsync(frame, cancellation);
    }

    /// <summary>Reads the hello that must come first.</summary>
    /// <exception cref="ConnectionClosedException">Something else came, or the other side refused.</exception>
    public static async ValueTask<PeerHello> ReadHelloAsync(FrameReader reader, CancellationToken cancellation)
    {
        var frame = await reader.ReadAsync(cancellation);
        if (frame.Kind == FrameKind.Refusal)
        {
            throw new ConnectionClosedException(RefusalOf(frame.Body.Span));
        }

        if (frame.Kind != FrameKind.Hello)
        {
            throw new ConnectionClosedException(
                frame.Kind == FrameKind.None ? frame.Reason : CloseReason.HelloExpected);
        }

        return frame.Body.Length == PeerHello.Size
            ? MemoryMarshal.Read<PeerHello>(frame.Body.Span)
            : throw new ConnectionClosedException(CloseReason.HelloLength);
    }

    public static CloseReason RefusalOf(ReadOnlySpan<byte> body) =>
        body.Length == 1 && Enum.IsDefined((CloseReason)body[0]) ? (CloseReason)body[0] : CloseReason.RemoteClosed;

    /// <summary>What an exception of the network means; others are not ours to judge and go on up.</summary>
    public static bool TryExplain(Exception exception, out CloseReason reason)
    {
        reason = exception switch
        {
            ConnectionClosedException closed => closed.Reason,
            AuthenticationException => CloseReason.Certificate,
            IOException or SocketException or ObjectDisposedException => CloseReason.Socket,
            _ => CloseReason.None,
        };
        return reason != CloseReason.None;
    }

    public static CloseReason Checked(CloseReason reason)
    {
        Invariant.Check(reason != CloseReason.None);
        return reason;
    }
}
