using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;
using FASTER.core;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// The one thread that writes: jobs come in order through a bounded number of buffers. After a failure every job is
/// dropped until the next snapshot begins, in a new log; nothing that failed is tried again.
/// </summary>
internal sealed class SnapshotWriterThread : IDisposable
{
    private readonly IStoreFiles _files;
    private readonly FasterOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly Queue<Job> _jobs = [];
    private readonly Stack<OutputBuffer> _free = [];
    private readonly List<StoredSnapshot> _stored;
    private readonly Thread _thread;
    private SnapshotManifest[] _list;
    private RecordLog? _log;
    private ulong _nextGeneration;
    private ulong[] _kept = [];
    private ulong _begun;
    private bool _hasFailed;
    private bool _isDisposed;
    private long? _jobStarted;
    private ulong _suspect;
    private RecordLog? _anew;

    // Of which snapshot, counted as it was begun: one that ends late is not taken for the next.
    private (ulong Number, SnapshotFault Fault, string Detail)? _outcome;

    // Of the job at work.
    private ulong _number;
    private bool _hasBase;

    public SnapshotWriterThread(
        IStoreFiles files, FasterOptions options, TimeProvider clock, ulong nextGeneration,
        List<StoredSnapshot> stored)
    {
        (_files, _options, _clock, _nextGeneration, _stored) = (files, options, clock, nextGeneration, stored);
        _list = [.. stored.Select(snapshot => snapshot.Manifest)];
        for (var i = 0; i < options.Buffers; i++)
        {
            _free.Push(new OutputBuffer());
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "snapshot writer" };
        _thread.Start();
    }

    private enum JobKind
    {
        Begin = 0,
        Records = 1,
        Commit = 2,
        Abandon = 3,
        End = 4,
    }

    public IReadOnlyList<SnapshotManifest> List
    {
        get
        {
            lock (_lock)
            {
                return _list;
            }
        }
    }

    public bool HasBase
    {
        get
        {
            lock (_lock)
            {
                return _hasBase;
            }
        }
    }

    public int Rewrites { get; private set; }

    /// <summary>How the last snapshot ended; null while it is under way.</summary>
    public (SnapshotFault Fault, string Detail)? Outcome
    {
        get
        {
            lock (_lock)
            {
                return _outcome is { } outcome && outcome.Number == _begun ? (outcome.Fault, outcome.Detail) : null;
            }
        }
    }

    public void Begin(SnapshotScope scope)
    {
        lock (_lock)
        {
            _outcome = null;
            _hasBase = false;
            _begun++;
        }

        Post(new Job(JobKind.Begin, _begun, scope));
    }

    public OutputBuffer? Rent()
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var buffer))
            {
                return null;
            }

            buffer.Clear();
            return buffer;
        }
    }

    public void Put(OutputBuffer records) => Post(new Job(JobKind.Records, _begun, Records: records));

    public void Commit(SnapshotManifest manifest) => Post(new Job(JobKind.Commit, _begun, Manifest: manifest));

    public void Abandon()
    {
        Post(new Job(JobKind.Abandon, _begun));
        lock (_lock)
        {
            // What ends from now on is nobody's.
            (_outcome, _hasBase) = (null, false);
            _begun++;
        }
    }

    /// <summary>A loaded log goes on; for the newest snapshot only, else the next is whole.</summary>
    public void Adopt(RecordLog log, StoredSnapshot stored)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_stored[0], stored) && stored.Generation != _suspect)
            {
                (_log, _hasBase) = (log, true);
                return;
            }
        }

        log.Dispose();
    }

    public void SetAside(StoredSnapshot stored)
    {
        lock (_lock)
        {
            if (_log?.Generation == stored.Generation)
            {
                DropLog();
            }

            _suspect = stored.Generation;
            _stored.Remove(stored);
            _list = [.. _stored.Select(snapshot => snapshot.Manifest)];
        }

        _files.Rename(stored.Name, stored.Name + StoredSnapshot.BadEnding);
    }

    public StoredSnapshot Find(SnapshotManifest manifest)
    {
        lock (_lock)
        {
            return _stored.First(stored => ReferenceEquals(stored.Manifest, manifest));
        }
    }

    /// <summary>Keeps logs from being removed while they are streamed.</summary>
    public void Keep(ulong[] generations)
    {
        lock (_lock)
        {
            _kept = generations;
        }
    }

    /// <summary>A job that takes too long is failed: its device lets go, and so does FASTER.</summary>
    public void GiveUpWhatHangs()
    {
        RecordLog?[] logs;
        lock (_lock)
        {
            if (_jobStarted is not { } started || _clock.GetElapsedTime(started) <= _options.Timeout)
            {
                return;
            }

            logs = [_log, _anew];
        }

        var reason = new IOException($"no answer from the disk within {_options.Timeout}");
        Fail(SnapshotFault.Device, reason.Message);
        foreach (var log in logs)
        {
            log?.Device.Detach(reason);
        }
    }

    public void WaitUntilIdle() => _idle.Wait();

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        Post(new Job(JobKind.End, _begun));
        if (!_thread.Join(_options.Timeout))
        {
            // A call into the operating system that never returns keeps its thread; the process ends without it.
            _log?.Device.Detach(new IOException("the store was closed"));
            _thread.Join(_options.Timeout);
        }
    }

    private void Post(in Job job)
    {
        lock (_lock)
        {
            _jobs.Enqueue(job);
            _idle.Reset();
        }

        _arrived.Release();
    }

    private void Run()
    {
        while (true)
        {
            _arrived.Wait();
            Job job;
            lock (_lock)
            {
                job = _jobs.Dequeue();
                _number = job.Number;
                _jobStarted = _clock.GetTimestamp();
            }

            if (job.Kind == JobKind.End)
            {
                DropLog();
                return;
            }

            Do(job);
            lock (_lock)
            {
                _jobStarted = null;
                if (_jobs.Count == 0)
                {
                    _idle.Set();
                }
            }
        }
    }

    private void Do(Job job)
    {
        try
        {
            Take(job);
            if (_log?.Device.Failure is { } failure)
            {
                Fail(FaultOf(failure), failure.Message);
            }
        }
        catch (Exception exception) when (exception is StoreException or IOException or FasterException)
        {
            Fail(FaultOf(exception), exception.Message);
        }

        if (_hasFailed)
        {
            DropLog();
        }
    }

    private void Take(Job job)
    {
        switch (job.Kind)
        {
            case JobKind.Begin:
                _hasFailed = false;
                if (job.Scope == SnapshotScope.All)
                {
                    DropLog();
                    _log = RecordLog.Create(_options, _files, _nextGeneration++);
                }

                break;
            case JobKind.Records:
                Write(job.Records!);
                break;
            case JobKind.Commit when !_hasFailed:
                CommitNow(job.Manifest!);
                break;
            case JobKind.Abandon:
                // Part of a run is in the log: it cannot go on.
                DropLog();
                break;
            default:
                break;
        }
    }

    private void Write(OutputBuffer records)
    {
        try
        {
            for (var rest = records.Written; !rest.IsEmpty && !_hasFailed && _log is not null;)
            {
                var header = MemoryMarshal.Read<SnapshotRecordHeader>(rest);
                var content = rest.Slice(SnapshotRecords.HeaderSize, (int)header.Length);
                _log.Write(in header, content);
                rest = rest[(SnapshotRecords.HeaderSize + content.Length)..];
            }
        }
        finally
        {
            lock (_lock)
            {
                _free.Push(records);
            }
        }
    }

    private void CommitNow(SnapshotManifest manifest)
    {
        var stored = Checkpoint(_log!, manifest);
        if (stored is null)
        {
            return;
        }

        Enlist(stored);
        RewriteIfGrown(stored);
        Prune();
        lock (_lock)
        {
            // What was begun or abandoned meanwhile has an outcome of its own.
            if (!_hasFailed)
            {
                _hasBase = _number == _begun;
                _outcome = (_number, SnapshotFault.None, "");
            }
        }
    }

    // The snapshot is one when its own file stands; everything it speaks of is durable before.
    private StoredSnapshot? Checkpoint(RecordLog log, SnapshotManifest manifest)
    {
        var (token, metadata) = log.Checkpoint(_files);
        if (_hasFailed)
        {
            return null;
        }

        var stored = new StoredSnapshot(
            manifest, log.Generation, token, metadata, [.. log.Bounds], [.. log.PageChecksums]);
        _files.Replace(stored.Name, stored.ToBytes());
        return stored;
    }

    private void Enlist(StoredSnapshot stored)
    {
        lock (_lock)
        {
            _stored.RemoveAll(other => other.Manifest.Index == stored.Manifest.Index);
            _stored.Insert(0, stored);
            _list = [.. _stored.Take(_options.Retain).Select(snapshot => snapshot.Manifest)];
        }
    }

    // Copies what counts into a new log; the same snapshot then stands there.
    private void RewriteIfGrown(StoredSnapshot stored)
    {
        var live = (long)stored.Manifest.Header.Length;
        if (stored.Bounds.Count - 1 <= _options.RunsMax && _log!.Length <= (2 * live) + _options.SlackBytes)
        {
            return;
        }

        var anew = RecordLog.Create(_options, _files, _nextGeneration++);
        lock (_lock)
        {
            _anew = anew;
        }

        try
        {
            using (var merge = new RunMerge(_log!))
            {
                while (merge.TryNext())
                {
                    if (SnapshotRecords.Check(merge.Header, merge.Content) is var fault and not SnapshotFault.None)
                    {
                        throw new StoreException(fault, $"{_log!.Device.FileName}: a record was damaged");
                    }

                    anew.Write(merge.Header, merge.Content);
                }
            }

            if (Checkpoint(anew, stored.Manifest) is { } rewritten)
            {
                Enlist(rewritten);
                Rewrites++;
                lock (_lock)
                {
                    (_log, anew) = (anew, _log!);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _anew = null;
            }

            anew.Dispose();
        }
    }

    private void Prune()
    {
        ulong[] needed;
        var dropped = new List<string>();
        lock (_lock)
        {
            while (_stored.Count > _options.Retain)
            {
                dropped.Add(_stored[^1].Name);
                _stored.RemoveAt(_stored.Count - 1);
            }

            needed = [.. _stored.Select(stored => stored.Generation), _log!.Generation, .. _kept];
        }

        dropped.ForEach(_files.Delete);
        foreach (var name in _files.List())
        {
            var parts = name.Split('-', '.');
            var isUnneeded = parts is ["log", var number, _]
                && ulong.TryParse(number, out var generation)
                && !needed.Contains(generation);
            if (isUnneeded || name.EndsWith(StoredSnapshot.BadEnding, StringComparison.Ordinal))
            {
                _files.Delete(name);
            }
        }
    }

    private void DropLog()
    {
        RecordLog? log;
        lock (_lock)
        {
            log = _log;
            (_log, _hasBase) = (null, false);
        }

        log?.Dispose();
    }

    private void Fail(SnapshotFault fault, string detail)
    {
        lock (_lock)
        {
            if (!_hasFailed)
            {
                (_hasFailed, _hasBase) = (true, false);
                _outcome = (_number, fault, detail);
            }
        }
    }

    private static SnapshotFault FaultOf(Exception exception) => exception switch
    {
        StoreException store => store.Fault,
        IOException { HResult: 28 } => SnapshotFault.NoSpace,
        IOException => SnapshotFault.Device,
        _ => SnapshotFault.Store,
    };

    private readonly record struct Job(
        JobKind Kind,
        ulong Number,
        SnapshotScope Scope = default,
        OutputBuffer? Records = null,
        SnapshotManifest? Manifest = null);
}
