namespace Exchange.Rsm.Hosts.Transport.Framing;

/// <summary>
/// Frames that wait for one connection: one side fills while the other is being written, and all that has gathered
/// goes out in one write. Bounded; grows to its bound only when it is needed. Any thread adds, one takes.
/// </summary>
public sealed class OutgoingQueue : IDisposable
{
    private const int LengthStart = 64 << 10;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly int _lengthMax;
    private byte[] _filling = new byte[LengthStart];
    private byte[] _taken = new byte[LengthStart];
    private int _length;
    private long _frames;
    private bool _open;

    public OutgoingQueue(int lengthMax) => _lengthMax = lengthMax;

    public int Length
    {
        get
        {
            lock (_lock)
            {
                return _length;
            }
        }
    }

    /// <summary>Begins to take frames, with an empty queue.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _open = true;
        }
    }

    /// <summary>Takes no more frames and forgets those that wait.</summary>
    /// <returns>How many waited.</returns>
    public long Close()
    {
        lock (_lock)
        {
            var forgotten = _frames;
            _open = false;
            _length = 0;
            _frames = 0;
            return forgotten;
        }
    }

    /// <summary>Adds a frame whose body comes in two parts.</summary>
    /// <returns>False where it is closed or has no room for it.</returns>
    public bool TryAdd(FrameKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        lock (_lock)
        {
            var needed = (long)_length + FrameCodec.HeaderSize + first.Length + second.Length;
            if (!_open || needed > _lengthMax)
            {
                return false;
            }

            if (needed > _filling.Length)
            {
                Grow((int)needed);
            }

            var frame = _filling.AsSpan(_length, (int)needed - _length);
            first.CopyTo(frame[FrameCodec.HeaderSize..]);
            second.CopyTo(frame[(FrameCodec.HeaderSize + first.Length)..]);
            FrameCodec.Seal(frame, kind);
            _length = (int)needed;
            _frames++;
            if (_filled.CurrentCount == 0)
            {
                _filled.Release();
            }

            return true;
        }
    }

    /// <summary>Waits for frames and takes all there are.</summary>
    /// <returns>Their bytes, valid until the next call, and how many they are.</returns>
    public async ValueTask<(ReadOnlyMemory<byte> Bytes, long Frames)> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _filled.WaitAsync(cancellation);
            lock (_lock)
            {
                if (_length > 0)
                {
                    (_filling, _taken) = (_taken, _filling);
                    var result = (_taken.AsMemory(0, _length), _frames);
                    _length = 0;
                    _frames = 0;
                    return result;
                }
            }
        }
    }

    public void Dispose() => _filled.Dispose();

    private void Grow(int needed)
    {
        var grown = new byte[Math.Min(_lengthMax, Math.Max(needed, (int)Math.Min(_filling.Length * 2L, _lengthMax)))];
        _filling.AsSpan(0, _length).CopyTo(grown);
        _filling = grown;
    }
}
