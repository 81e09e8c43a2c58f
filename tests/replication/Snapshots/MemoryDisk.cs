using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

/// <summary>
/// A disk of the port's contract in memory: requests wait until the test completes them, and a cut of power keeps of
/// what was under way whatever the test says.
/// </summary>
internal sealed class MemoryDisk : IDisk
{
    private readonly SortedDictionary<(FileKind, ulong), byte[]> _files = [];
    private readonly Queue<DiskRequest> _waiting = [];

    /// <summary>Requests under way.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Requests completed so far.</summary>
    public int Completed { get; private set; }

    /// <summary>Answers how a request fails; none where it does not.</summary>
    public Func<DiskRequest, DiskError> Fault { get; set; } = _ => DiskError.None;

    public Memory<byte> Allocate(int length) => new byte[length];

    public IReadOnlyList<FileListing> List() =>
        [.. _files.Select(file => new FileListing(new FileId(file.Key.Item1, file.Key.Item2), file.Value.Length))];

    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer)
    {
        if (!_files.TryGetValue((file.Kind, file.Number), out var bytes))
        {
            return DiskError.Name;
        }

        if (offset + buffer.Length > bytes.Length)
        {
            return DiskError.Short;
        }

        bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        return DiskError.None;
    }

    public void Submit(DiskRequest request) => _waiting.Enqueue(request);

    /// <summary>Completes the oldest request.</summary>
    public DiskRequest? Next()
    {
        if (!_waiting.TryDequeue(out var request))
        {
            return null;
        }

        Completed++;
        request.Error = Fault(request);
        if (request.Error == DiskError.None)
        {
            request.Error = Do(request);
        }

        return request;
    }

    /// <summary>The disk after a loss of power, with so many sectors kept of each write that was under way.</summary>
    public MemoryDisk PowerCut(int sectorsKept)
    {
        var after = new MemoryDisk();
        foreach (var (name, bytes) in _files)
        {
            after._files[name] = [.. bytes];
        }

        foreach (var request in _waiting.Where(request => request.Operation == DiskOperation.Write))
        {
            var bytes = after._files[(request.File.Kind, request.File.Number)];
            var kept = Math.Min(sectorsKept * IDisk.Sector, request.Buffer.Length);
            request.Buffer.Span[..kept].CopyTo(bytes.AsSpan((int)request.Offset));
        }

        return after;
    }

    public void Flip(FileId file, long offset) => _files[(file.Kind, file.Number)][offset] ^= 0x10;

    private DiskError Do(DiskRequest request)
    {
        var name = (request.File.Kind, request.File.Number);
        var isThere = _files.TryGetValue(name, out var bytes);
        if (request.Operation == DiskOperation.Create ? isThere : !isThere)
        {
            return DiskError.Name;
        }

        switch (request.Operation)
        {
            case DiskOperation.Create:
                Assert.Equal(0, request.Length % IDisk.Sector);
                _files[name] = new byte[request.Length];
                return DiskError.None;
            case DiskOperation.Write:
                Assert.Equal(0, request.Offset % IDisk.Sector);
                Assert.Equal(0, request.Buffer.Length % IDisk.Sector);
                request.Buffer.Span.CopyTo(bytes.AsSpan((int)request.Offset));
                return DiskError.None;
            case DiskOperation.Read:
                return ReadNow(request.File, request.Offset, request.Buffer.Span);
            case DiskOperation.Rename:
                _files.Remove(name);
                _files[(request.Target.Kind, request.Target.Number)] = bytes!;
                return DiskError.None;
            default:
                _files.Remove(name);
                return DiskError.None;
        }
    }
}
