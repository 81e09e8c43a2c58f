using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Keeps empty segments ready ahead of the log, and those that it no longer needs for their next use. One request at a
/// time, each durable before the next: so segments leave in the order in which they were written, and a log never has a
/// hole where a later one was released first.
/// </summary>
internal sealed class SegmentKeeper
{
    private readonly IDisk _disk;
    private readonly WalOptions _options;
    private readonly Queue<ulong> _ready = new();
    private readonly Queue<ulong> _released = new();
    private readonly List<FileId> _spares = [];
    private readonly List<FileId> _leftovers = [];
    private ulong _nextSegment;
    private ulong _nextSpare;
    private bool _isBusy;

    public SegmentKeeper(IDisk disk, WalOptions options, RecoveredFiles files)
    {
        _disk = disk;
        _options = options;
        foreach (var segment in files.Ready)
        {
            _ready.Enqueue(segment);
        }

        _spares.AddRange(files.Spares);
        _leftovers.AddRange(files.Leftovers);
        _nextSegment = files.NextSegment;
        _nextSpare = files.NextSpare;
    }

    public DiskRequest Request { get; } = new();

    public int Ready => _ready.Count;

    /// <summary>There was no room for another segment. None is tried until something was deleted or it is asked for.
    /// </summary>
    public bool IsFull { get; private set; }

    /// <summary>Tries again to make segments: the operator has made room.</summary>
    public void TryAgain() => IsFull = false;

    public bool TryTake(out ulong segment) => _ready.TryDequeue(out segment);

    public void Release(ulong segment) => _released.Enqueue(segment);

    /// <summary>Starts what is next to be done, if anything.</summary>
    public void Pump()
    {
        if (_isBusy)
        {
            return;
        }

        if (_leftovers.Count > 0)
        {
            Start(DiskOperation.Delete, _leftovers[0], default);
        }
        else if (_released.TryPeek(out var released))
        {
            var file = new FileId(FileKind.Segment, released);
            var isKept = _spares.Count < _options.SparesMax || _ready.Count < _options.SegmentsAhead;
            Start(isKept ? DiskOperation.Rename : DiskOperation.Delete, file, new FileId(FileKind.Spare, _nextSpare));
        }
        else if (_ready.Count < _options.SegmentsAhead)
        {
            Prepare();
        }
    }

    /// <summary>Takes note of the end of <see cref="Request"/>.</summary>
    /// <returns>What went wrong and must not be gone on from.</returns>
    public DiskError Complete()
    {
        Invariant.Check(_isBusy);
        _isBusy = false;
        switch (Request.Operation, Request.File.Kind)
        {
            // A file that could not be made is not there, and nothing depended on it.
            case (DiskOperation.Create, _) when Request.Error == DiskError.NoSpace:
                IsFull = true;
                return DiskError.None;
            case var _ when Request.Error != DiskError.None:
                return Request.Error;
            case (DiskOperation.Create, _):
                _spares.Add(Request.File);
                break;
            case (DiskOperation.Rename, FileKind.Spare):
                _spares.Remove(Request.File);
                _ready.Enqueue(Request.Target.Number);
                break;
            case (DiskOperation.Rename, _):
                _released.Dequeue();
                _spares.Add(Request.Target);
                _nextSpare++;
                break;
            case (DiskOperation.Delete, FileKind.Segment) when _leftovers.Count == 0:
                _released.Dequeue();
                IsFull = false;
                break;
            default:
                _leftovers.RemoveAt(0);
                IsFull = false;
                break;
        }

        return DiskError.None;
    }

    private void Prepare()
    {
        if (_spares.Count > 0)
        {
            Start(DiskOperation.Rename, _spares[^1], new FileId(FileKind.Segment, _nextSegment++));
        }
        else if (!IsFull)
        {
            Start(DiskOperation.Create, new FileId(FileKind.Spare, _nextSpare++), default);
        }
    }

    private void Start(DiskOperation operation, FileId file, FileId target)
    {
        Request.Operation = operation;
        Request.File = file;
        Request.Target = target;
        Request.Length = _options.SegmentBytes;
        Request.Error = DiskError.None;
        _isBusy = true;
        _disk.Submit(Request);
    }
}
