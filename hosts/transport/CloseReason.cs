namespace Exchange.Rsm.Hosts.Transport;

/// <summary>Why a connection ended or was refused. Each has a counter; the numbers travel in refusals.</summary>
public enum CloseReason : byte
{
    /// <summary>It is open.</summary>
    None = 0,

    /// <summary>The other side closed it.</summary>
    RemoteClosed = 1,

    /// <summary>The socket failed, or nobody listens there.</summary>
    Socket = 2,

    /// <summary>The handshake of TLS failed: certificate, authority or protocol.</summary>
    Certificate = 3,

    /// <summary>The bytes are not frames of this protocol.</summary>
    FrameMagic = 4,

    /// <summary>A frame of a layout version that this build does not read.</summary>
    FrameVersion = 5,

    /// <summary>A frame of an unknown kind, or with a reserved bit set.</summary>
    FrameKind = 6,

    /// <summary>A frame longer than allowed.</summary>
    FrameLength = 7,

    /// <summary>A frame whose bytes were damaged.</summary>
    FrameChecksum = 8,

    /// <summary>The connection did not begin with a hello, or had a second one.</summary>
    HelloExpected = 9,

    /// <summary>No hello came in time.</summary>
    HelloTimeout = 10,

    /// <summary>The hello is not as long as a hello is.</summary>
    HelloLength = 11,

    /// <summary>The two sides speak no common version of the protocol.</summary>
    ProtocolVersion = 12,

    /// <summary>The other side belongs to another cluster.</summary>
    ClusterId = 13,

    /// <summary>The other side is no known peer, not the one dialled, or not the one its certificate names.</summary>
    NodeId = 14,

    /// <summary>A newer connection of the same peer took its place.</summary>
    Replaced = 15,

    /// <summary>As many connections as allowed are open.</summary>
    ConnectionsMax = 16,

    /// <summary>The other side did not take what was sent, for too long.</summary>
    WriteTimeout = 17,

    /// <summary>The receiver above failed.</summary>
    Receiver = 18,

    /// <summary>This side is stopping.</summary>
    Stopping = 19,
}
