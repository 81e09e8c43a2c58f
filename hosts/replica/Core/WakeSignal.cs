namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// Wakes the one thread that owns the cores. Whoever has something for it puts it into a queue first and sets the
/// signal then; the thread resets it first and empties the queues then: nothing is ever slept over.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly ManualResetEventSlim _set = new(initialState: false, spinCount: 50);

    public void Set()
    {
        if (!_set.IsSet)
        {
            _set.Set();
        }
    }

    /// <summary>Waits until it is set or the time has passed, and resets it.</summary>
    public void Wait(TimeSpan timeout)
    {
        if (timeout > TimeSpan.Zero)
        {
            _set.Wait(timeout);
        }

        _set.Reset();
    }

    public void Dispose() => _set.Dispose();
}
