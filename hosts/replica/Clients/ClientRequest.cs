using System.Buffers;
using Exchange.Rsm.Contracts.Client;

namespace Exchange.Rsm.Hosts.Replica.Clients;

/// <summary>A request that waits for the core's thread. Its body is rented; whoever handled it gives it back.</summary>
/// <param name="Channel">From whom.</param>
/// <param name="Kind">What; none says that the connection has ended.</param>
/// <param name="Tag">Its tag.</param>
/// <param name="Buffer">Holds the body; null without one.</param>
/// <param name="Length">Bytes of the body.</param>
public readonly record struct ClientRequest(
    ClientChannel Channel,
    ClientMessageKind Kind,
    ulong Tag,
    byte[]? Buffer,
    int Length)
{
    /// <summary>The body.</summary>
    public ReadOnlySpan<byte> Body => Buffer.AsSpan(0, Length);

    /// <summary>Makes a request with a copy of a body.</summary>
    /// <param name="channel">From whom.</param>
    /// <param name="kind">What.</param>
    /// <param name="tag">Its tag.</param>
    /// <param name="body">Its body.</param>
    /// <returns>The request.</returns>
    public static ClientRequest Of(ClientChannel channel, ClientMessageKind kind, ulong tag, ReadOnlySpan<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(buffer);
        return new ClientRequest(channel, kind, tag, buffer, body.Length);
    }

    /// <summary>Gives the body's memory back.</summary>
    public void Release()
    {
        if (Buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}
