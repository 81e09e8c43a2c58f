using System.Diagnostics;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>One thread and the requests it does, in order: so a read or a new file never stands before a write.
/// </summary>
internal sealed class DiskLane : IDisposable
{
    // Owners of requests have a few each and give none twice: this is a bound, not a size that is ever reached.
    private const int RequestsMax = 1024;

    private readonly Queue<DiskRequest> _requests = new(RequestsMax);
    private readonly Func<DiskRequest, DiskError> _do;
    private readonly Action<DiskRequest> _done;
    private readonly Thread _thread;
    private bool _isClosed;
    private long _since;

    public DiskLane(string name, Func<DiskRequest, DiskError> @do, Action<DiskRequest> done)
    {
        _do = @do;
        _done = done;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>For how long the request at work has been at work; zero where there is none.</summary>
    public TimeSpan Age
    {
        get
        {
            var since = Volatile.Read(ref _since);
            return since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since);
        }
    }

    /// <summary>How long requests took, without their wait.</summary>
    public LatencyHistogram Times { get; } = new();

    public void Add(DiskRequest request)
    {
        lock (_requests)
        {
            Invariant.Check(!_isClosed);
            Invariant.Check(_requests.Count < RequestsMax);
            _requests.Enqueue(request);
            Monitor.Pulse(_requests);
        }
    }

    /// <summary>Ends what is under way; what waits is left undone.</summary>
    public void Dispose()
    {
        lock (_requests)
        {
            _isClosed = true;
            _requests.Clear();
            Monitor.Pulse(_requests);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (TryTake(out var request))
        {
            var since = Stopwatch.GetTimestamp();
            Volatile.Write(ref _since, since);
            request.Error = _do(request);
            Volatile.Write(ref _since, 0);
            Times.Add((long)Stopwatch.GetElapsedTime(since).TotalNanoseconds);
            _done(request);
        }
    }

    private bool TryTake(out DiskRequest request)
    {
        lock (_requests)
        {
            while (_requests.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_requests);
            }

            return _requests.TryDequeue(out request!);
        }
    }
}
