namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// What waits for the one thread that owns the cores. Any thread posts, one takes all there is. Bounded by count and
/// by bytes: a peer's message waits for room, so that its socket slows the peer down; a client's request is refused by
/// name; what the replica itself waits for (a disk that is done) always has a place.
/// </summary>
/// <typeparam name="T">What waits.</typeparam>
internal sealed class Inbox<T>
{
    private readonly Lock _lock = new();
    private readonly WakeSignal _wake;
    private readonly int _countMax;
    private readonly long _bytesMax;
    private List<T> _filling = [];
    private List<T> _taken = [];
    private long _bytes;
    private TaskCompletionSource? _room;

    /// <summary>Starts empty.</summary>
    /// <param name="wake">Wakes the thread that takes.</param>
    /// <param name="countMax">Most items at a time.</param>
    /// <param name="bytesMax">Most bytes at a time; one item may always be longer.</param>
    public Inbox(WakeSignal wake, int countMax, long bytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, 1);
        _wake = wake;
        _countMax = countMax;
        _bytesMax = bytesMax;
    }

    /// <summary>Items that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _filling.Count;
            }
        }
    }

    /// <summary>Posts what must not be lost and cannot pile up, because its sender waits for it.</summary>
    /// <param name="item">The item.</param>
    public void Post(T item)
    {
        lock (_lock)
        {
            Add(item, bytes: 0);
        }
    }

    /// <summary>Posts, if there is room.</summary>
    /// <param name="item">The item.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <returns>False where there is none.</returns>
    public bool TryPost(T item, int bytes)
    {
        lock (_lock)
        {
            if (!HasRoom(bytes))
            {
                return false;
            }

            Add(item, bytes);
            return true;
        }
    }

    /// <summary>Posts as soon as there is room.</summary>
    /// <param name="item">The item.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Complete when it was posted.</returns>
    public async ValueTask PostAsync(T item, int bytes, CancellationToken cancellation)
    {
        while (true)
        {
            Task room;
            lock (_lock)
            {
                if (HasRoom(bytes))
                {
                    Add(item, bytes);
                    return;
                }

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            await room.WaitAsync(cancellation);
        }
    }

    /// <summary>Takes all there are.</summary>
    /// <returns>The items in order of posting, valid until the next call.</returns>
    public List<T> Take()
    {
        _taken.Clear();
        TaskCompletionSource? room;
        lock (_lock)
        {
            (_filling, _taken) = (_taken, _filling);
            _bytes = 0;
            room = _room;
            _room = null;
        }

        room?.SetResult();
        return _taken;
    }

    private bool HasRoom(int bytes) =>
        _filling.Count < _countMax && (_bytes == 0 || _bytes + bytes <= _bytesMax);

    private void Add(T item, int bytes)
    {
        _filling.Add(item);
        _bytes += bytes;
        _wake.Set();
    }
}
