namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>Takes what peers send and hears what becomes of the connections. Called from several threads.</summary>
public interface IPeerReceiver
{
    /// <summary>
    /// Takes one message. While it waits, nothing more is read from this peer: the socket's own flow control then
    /// slows the sender down, and nobody else.
    /// </summary>
    /// <param name="from">Who sent it, as certified where there are certificates.</param>
    /// <param name="message">The message; valid until the task is complete.</param>
    /// <param name="cancellation">The transport is stopping.</param>
    /// <returns>Complete when the message was taken.</returns>
    ValueTask ReceiveAsync(PeerIdentity from, ReadOnlyMemory<byte> message, CancellationToken cancellation);

    /// <summary>The connection to a peer, for sending, stands.</summary>
    /// <param name="to">The peer.</param>
    void Connected(PeerIdentity to);

    /// <summary>A connection ended or did not come about.</summary>
    /// <param name="node">The peer; zero where it did not say.</param>
    /// <param name="outgoing">Whether it was the one for sending.</param>
    /// <param name="reason">Why.</param>
    void Closed(ulong node, bool outgoing, CloseReason reason);
}
