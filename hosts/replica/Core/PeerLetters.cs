using System.Buffers;
using System.Runtime.InteropServices;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Peers;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>A checked message of a peer in rented memory. Whoever handled it gives the memory back.</summary>
internal readonly record struct PeerLetter(byte[] Buffer, int Length)
{
    public ref readonly PeerMessage Header => ref MemoryMarshal.AsRef<PeerMessage>(Buffer.AsSpan());

    public ReadOnlySpan<byte> Body => Buffer.AsSpan(PeerMessageCodec.HeaderSize, Length - PeerMessageCodec.HeaderSize);

    public void Release() => ArrayPool<byte>.Shared.Return(Buffer);
}

/// <summary>
/// Takes what peers send, checks it where it came in and not on the core's thread, and hands it on. A full inbox makes
/// the peer wait.
/// </summary>
internal sealed class PeerLetters(
    Inbox<PeerLetter> inbox, PeerLetters.AddressReader isAddresses, Action<string> log) : IPeerReceiver
{
    /// <summary>Takes a message that says where members are.</summary>
    /// <returns>False where it is another one.</returns>
    public delegate bool AddressReader(ReadOnlySpan<byte> message);

    private static readonly int ErrorCount = Enum.GetValues<PeerMessageError>().Length;

    private readonly long[] _dropped = new long[ErrorCount];
    private long _misnamed;

    /// <summary>Messages whose sender is not the one the connection belongs to.</summary>
    public long Misnamed => Volatile.Read(ref _misnamed);

    /// <summary>Messages that were none.</summary>
    public long Dropped(PeerMessageError error) => Volatile.Read(ref _dropped[(int)error]);

    public async ValueTask ReceiveAsync(
        PeerIdentity from, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        if (isAddresses(message.Span) || !IsGood(from, message.Span))
        {
            return;
        }

        var letter = new PeerLetter(ArrayPool<byte>.Shared.Rent(message.Length), message.Length);
        message.Span.CopyTo(letter.Buffer);
        try
        {
            await inbox.PostAsync(letter, letter.Length, cancellation);
        }
        catch (OperationCanceledException)
        {
            letter.Release();
            throw;
        }
    }

    public void Connected(PeerIdentity to) => log($"peer {to.Node}.{to.Incarnation}: connected");

    public void Closed(ulong node, bool outgoing, CloseReason reason)
    {
        // Nobody listening is the usual state of a peer that is down, tried again every second.
        if (reason is not (CloseReason.Socket or CloseReason.Stopping))
        {
            log($"peer {node}: {(outgoing ? "outgoing" : "incoming")} connection closed, {reason}");
        }
    }

    // A message that was damaged on the way is one that was lost: consensus sends it again.
    private bool IsGood(PeerIdentity from, ReadOnlySpan<byte> message)
    {
        var error = PeerMessageCodec.Read(message, out var header);
        if (error == PeerMessageError.None)
        {
            error = PeerMessageCodec.CheckBody(in header, message[PeerMessageCodec.HeaderSize..]);
        }

        if (error != PeerMessageError.None)
        {
            Interlocked.Increment(ref _dropped[(int)error]);
            return false;
        }

        if (header.From.Number != from.Node)
        {
            Interlocked.Increment(ref _misnamed);
            return false;
        }

        return true;
    }
}
