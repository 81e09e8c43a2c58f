using System.Net;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>Where a peer listens.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Host">Name or address.</param>
/// <param name="Port">Port.</param>
public sealed record PeerAddress(ulong Node, string Host, int Port)
{
    internal void Validate(ulong self)
    {
        if (Node == self)
        {
            throw new ArgumentException($"Member {self} is not its own peer.");
        }

        if (Port is < 1 or > IPEndPoint.MaxPort)
        {
            throw new ArgumentException($"Member {Node}: {Port} is no port.");
        }
    }
}

/// <summary>How a member speaks with its peers.</summary>
public sealed record PeerTransportOptions
{
    /// <summary>The cluster.</summary>
    public required UInt128 ClusterId { get; init; }

    /// <summary>Who this is.</summary>
    public required PeerIdentity Self { get; init; }

    /// <summary>Where to listen; port zero takes any free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Certificate and authority; null speaks in the clear.</summary>
    public NodeCertificate? Certificate { get; init; }

    /// <summary>Longest message, bytes.</summary>
    public int MessageLengthMax { get; init; } = 8 << 20;

    /// <summary>Bytes that wait for one peer at most; what does not fit is refused to the sender.</summary>
    public int QueueLengthMax { get; init; } = 32 << 20;

    /// <summary>Connections that others may open to this member at a time.</summary>
    public int ConnectionsMax { get; init; } = 64;

    /// <summary>How long a connection may take to say who it is.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one write may wait for the other side to take it.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the second attempt to connect; it doubles from one to the next.</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait between two attempts.</summary>
    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Says what is wrong with these options.</summary>
    /// <exception cref="ArgumentException">Something is.</exception>
    public void Validate()
    {
        Require(ClusterId != 0, "ClusterId must not be zero");
        Require(Self.Node != 0, "Self.Node must not be zero");
        Require(MessageLengthMax is >= 4096 and <= 64 << 20, "MessageLengthMax must be 4 KiB to 64 MiB");
        Require(QueueLengthMax >= MessageLengthMax + 4096, "QueueLengthMax must hold the longest message and 4 KiB");
        Require(QueueLengthMax <= 1 << 30, "QueueLengthMax must be 1 GiB at most");
        Require(ConnectionsMax is >= 1 and <= 4096, "ConnectionsMax must be 1 to 4096");
        Require(HelloTimeout > TimeSpan.Zero, "HelloTimeout must be positive");
        Require(WriteTimeout > TimeSpan.Zero, "WriteTimeout must be positive");
        Require(ReconnectMin > TimeSpan.Zero, "ReconnectMin must be positive");
        Require(ReconnectMax >= ReconnectMin, "ReconnectMax must not be below ReconnectMin");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException("Peer transport: " + message + ".");
        }
    }
}
