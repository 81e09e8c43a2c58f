using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Tests.Disk;

/// <summary>
/// Files in memory whose power can be cut at any moment. What is under way is durable only when it completes; until
/// then a cut keeps any of its sectors or none. Requests wait until the test lets them end, in whatever order, well or
/// with an error.
/// </summary>
internal sealed class PowerCutDisk : IDrivenDisk
{
    private readonly SortedDictionary<UInt128, byte[]> _files = [];
    private readonly List<DiskRequest> _underWay = [];
    private readonly HashSet<(FileId, long)> _badSectors = [];

    /// <summary>Most bytes of all files.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>What is under way, oldest first.</summary>
    public IReadOnlyList<DiskRequest> UnderWay => _underWay;

    public bool IsIdle => _underWay.Count == 0;

    /// <summary>Bytes that were ever written by requests that ended well.</summary>
    public long BytesWritten { get; private set; }

    public Memory<byte> Allocate(int length)
    {
        Require(length > 0 && length % IDisk.Sector == 0, "a buffer is whole sectors");
        return new byte[length];
    }

    public IReadOnlyList<FileListing> List() =>
        [.. _files.Select(file => new FileListing(Id(file.Key), file.Value.Length))];

    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer)
    {
        if (!_files.TryGetValue(Key(file), out var bytes))
        {
            return DiskError.Name;
        }

        if (offset < 0 || offset + buffer.Length > bytes.Length)
        {
            return DiskError.Short;
        }

        var first = offset / IDisk.Sector * IDisk.Sector;
        for (var sector = first; sector < offset + buffer.Length; sector += IDisk.Sector)
        {
            if (_badSectors.Contains((file, sector)))
            {
                return DiskError.Device;
            }
        }

        bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        return DiskError.None;
    }

    public void Submit(DiskRequest request)
    {
        Require(!_underWay.Contains(request), "a request is under way once");
        if (request.Operation == DiskOperation.Write)
        {
            Require(request.Offset % IDisk.Sector == 0, "a write starts at a sector");
            Require(request.Buffer.Length % IDisk.Sector == 0, "a write is whole sectors");
        }

        foreach (var other in _underWay)
        {
            Require(!Overlaps(request, other), "requests under way do not overlap");
        }

        _underWay.Add(request);
    }

    /// <summary>Ends the oldest request.</summary>
    public DiskRequest CompleteNext() => Complete(_underWay[0], DiskError.None);

    /// <summary>Ends the oldest request with an error.</summary>
    public DiskRequest CompleteNext(DiskError error) => Complete(_underWay[0], error);

    /// <summary>Ends a request.</summary>
    public DiskRequest Complete(DiskRequest request, DiskError error = DiskError.None)
    {
        Require(_underWay.Remove(request), "a request comes back once");
        request.Error = error != DiskError.None ? Fail(request, error) : Do(request);
        return request;
    }

    /// <summary>What is left when the power is cut now.</summary>
    /// <param name="bytesKept">
    /// The first so many bytes, for each request under way and each of its sectors; of a request without sectors, that
    /// is asked with sector 0, all is kept or nothing.
    /// </param>
    public PowerCutDisk Cut(Func<int, int, int> bytesKept)
    {
        var left = new PowerCutDisk { Capacity = Capacity };
        foreach (var (key, bytes) in _files)
        {
            left._files.Add(key, [.. bytes]);
        }

        left._badSectors.UnionWith(_badSectors);
        for (var i = 0; i < _underWay.Count; i++)
        {
            var at = i;
            var request = _underWay[i];
            if (request.Operation == DiskOperation.Write)
            {
                left.Keep(request, sector => bytesKept(at, sector));
            }
            else if (request.Operation != DiskOperation.Read && bytesKept(at, 0) == IDisk.Sector)
            {
                left.Do(request);
                request.Error = DiskError.None;
            }
        }

        return left;
    }

    /// <summary>A copy of what is durable.</summary>
    public PowerCutDisk Copy() => Cut((_, _) => 0);

    public void Flip(FileId file, long offset, int bit = 0) => _files[Key(file)][offset] ^= (byte)(1 << bit);

    public void Erase(FileId file, long offset, int length) => _files[Key(file)].AsSpan((int)offset, length).Clear();

    public void Remove(FileId file) => _files.Remove(Key(file));

    public void Put(FileId file, byte[] bytes) => _files[Key(file)] = bytes;

    public byte[] Bytes(FileId file) => _files[Key(file)];

    /// <summary>From now on a sector cannot be read.</summary>
    public void Break(FileId file, long offset) => _badSectors.Add((file, offset));

    // What a failed write leaves behind is not known: here it is the first half.
    private DiskError Fail(DiskRequest request, DiskError error)
    {
        if (request.Operation == DiskOperation.Write)
        {
            Keep(request, sector => sector * IDisk.Sector < request.Buffer.Length / 2 ? IDisk.Sector : 0);
        }

        return error;
    }

    private DiskError Do(DiskRequest request)
    {
        var key = Key(request.File);
        switch (request.Operation)
        {
            case DiskOperation.Create when _files.ContainsKey(key):
                return DiskError.Name;
            case DiskOperation.Create when _files.Values.Sum(file => (long)file.Length) + request.Length > Capacity:
                return DiskError.NoSpace;
            case DiskOperation.Create:
                _files.Add(key, new byte[request.Length]);
                return DiskError.None;
            case DiskOperation.Read:
                return ReadNow(request.File, request.Offset, request.Buffer.Span);
            case var _ when !_files.ContainsKey(key):
                return DiskError.Name;
            case DiskOperation.Write when request.Offset + request.Buffer.Length > _files[key].Length:
                return DiskError.Short;
            case DiskOperation.Write:
                request.Buffer.Span.CopyTo(_files[key].AsSpan((int)request.Offset));
                BytesWritten += request.Buffer.Length;
                return DiskError.None;
            case DiskOperation.Rename when _files.ContainsKey(Key(request.Target)):
                return DiskError.Name;
            case DiskOperation.Rename:
                _files.Add(Key(request.Target), _files[key]);
                _files.Remove(key);
                return DiskError.None;
            case DiskOperation.Delete:
                _files.Remove(key);
                return DiskError.None;
            default:
                throw new InvalidOperationException("a request has an operation");
        }
    }

    private void Keep(DiskRequest request, Func<int, int> bytesKept)
    {
        if (!_files.TryGetValue(Key(request.File), out var bytes))
        {
            return;
        }

        for (var sector = 0; sector < request.Buffer.Length / IDisk.Sector; sector++)
        {
            var at = sector * IDisk.Sector;
            if (request.Offset + at + IDisk.Sector <= bytes.Length)
            {
                var kept = request.Buffer.Span.Slice(at, bytesKept(sector));
                kept.CopyTo(bytes.AsSpan((int)request.Offset + at));
            }
        }
    }

    private static bool Overlaps(DiskRequest request, DiskRequest other)
    {
        var isBothReading = request.Operation == DiskOperation.Read && other.Operation == DiskOperation.Read;
        if (request.File != other.File || isBothReading)
        {
            return false;
        }

        var isBothBytes = request.Operation is DiskOperation.Write or DiskOperation.Read
            && other.Operation is DiskOperation.Write or DiskOperation.Read;
        return !isBothBytes
            || (request.Offset < other.Offset + other.Buffer.Length
                && other.Offset < request.Offset + request.Buffer.Length);
    }

    private static UInt128 Key(FileId file) => ((UInt128)(byte)file.Kind << 64) | file.Number;

    private static FileId Id(UInt128 key) => new((FileKind)(byte)(key >> 64), unchecked((ulong)key));

    private static void Require(bool isKept, string duty)
    {
        if (!isKept)
        {
            throw new InvalidOperationException("Duty broken: " + duty);
        }
    }
}
