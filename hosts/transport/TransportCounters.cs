namespace Exchange.Rsm.Hosts.Transport;

/// <summary>What a transport did since its start. Read at any time, from any thread.</summary>
public sealed class TransportCounters
{
    private static readonly int ReasonCount = Enum.GetValues<CloseReason>().Length;

    private readonly long[] _closed = new long[ReasonCount];
    private long _framesSent;
    private long _framesReceived;
    private long _bytesSent;
    private long _bytesReceived;
    private long _framesRefused;
    private long _framesLost;
    private long _connected;

    /// <summary>Messages written to sockets.</summary>
    public long FramesSent => Volatile.Read(ref _framesSent);

    /// <summary>Whole messages read.</summary>
    public long FramesReceived => Volatile.Read(ref _framesReceived);

    /// <summary>Bytes written to sockets.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>Bytes read from sockets.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Messages not taken because the peer's queue was full or no connection stood.</summary>
    public long FramesRefused => Volatile.Read(ref _framesRefused);

    /// <summary>Messages taken that a closing connection could not deliver any more.</summary>
    public long FramesLost => Volatile.Read(ref _framesLost);

    /// <summary>Connections that came about, in either direction.</summary>
    public long Connected => Volatile.Read(ref _connected);

    /// <summary>Connections that ended for a reason.</summary>
    /// <param name="reason">The reason.</param>
    /// <returns>How many.</returns>
    public long Closed(CloseReason reason) => Volatile.Read(ref _closed[(int)reason]);

    /// <summary>Frames were written.</summary>
    /// <param name="frames">How many.</param>
    /// <param name="bytes">Their bytes.</param>
    public void AddSent(long frames, long bytes)
    {
        Interlocked.Add(ref _framesSent, frames);
        Interlocked.Add(ref _bytesSent, bytes);
    }

    /// <summary>Frames were read.</summary>
    /// <param name="frames">How many.</param>
    /// <param name="bytes">Bytes that came.</param>
    public void AddReceived(long frames, long bytes)
    {
        Interlocked.Add(ref _framesReceived, frames);
        Interlocked.Add(ref _bytesReceived, bytes);
    }

    /// <summary>A frame was not taken.</summary>
    public void AddRefused() => Interlocked.Increment(ref _framesRefused);

    /// <summary>Frames were taken and not delivered.</summary>
    /// <param name="frames">How many.</param>
    public void AddLost(long frames) => Interlocked.Add(ref _framesLost, frames);

    /// <summary>A connection came about.</summary>
    public void AddConnected() => Interlocked.Increment(ref _connected);

    /// <summary>A connection ended.</summary>
    /// <param name="reason">Why.</param>
    public void AddClosed(CloseReason reason) => Interlocked.Increment(ref _closed[(int)reason]);
}
