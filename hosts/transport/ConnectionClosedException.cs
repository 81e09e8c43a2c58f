namespace Exchange.Rsm.Hosts.Transport;

/// <summary>Ends a connection for a reason; never leaves the transport.</summary>
/// <param name="reason">The reason.</param>
internal sealed class ConnectionClosedException(CloseReason reason) : Exception(reason.ToString())
{
    public CloseReason Reason { get; } = reason;
}
