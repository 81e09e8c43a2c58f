using Exchange.Rsm.Hosts.Storage.Faster;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>
/// A store's files, of which this process forgets what was not made durable: a new file lives in memory until its name
/// is synced, and what was removed comes back.
/// </summary>
/// <param name="files">The files themselves.</param>
/// <param name="isSyncRemoved">The planted bug: nothing is ever made durable.</param>
internal sealed class VolatileFiles(StoreFolder files, bool isSyncRemoved) : IStoreFiles, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _unsynced = [];
    private readonly HashSet<string> _removed = [];

    public IReadOnlyList<string> List()
    {
        lock (_lock)
        {
            return [.. files.List().Where(name => !_removed.Contains(name)).Union(_unsynced.Keys)
                .Order(StringComparer.Ordinal)];
        }
    }

    public long LengthOf(string name)
    {
        lock (_lock)
        {
            return _unsynced.TryGetValue(name, out var bytes) ? bytes.Length
                : _removed.Contains(name) ? 0 : files.LengthOf(name);
        }
    }

    public void Write(string name, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var isNew = _removed.Contains(name) || !files.List().Contains(name);
            if (!_unsynced.ContainsKey(name) && !isNew && !isSyncRemoved)
            {
                files.Write(name, offset, bytes);
                return;
            }

            var content = ContentOf(name);
            if (content.Length < offset + bytes.Length)
            {
                Array.Resize(ref content, (int)offset + bytes.Length);
            }

            bytes.CopyTo(content.AsSpan((int)offset));
            _unsynced[name] = content;
        }
    }

    public int Read(string name, long offset, Span<byte> destination)
    {
        lock (_lock)
        {
            if (!_unsynced.TryGetValue(name, out var bytes))
            {
                return _removed.Contains(name) ? 0 : files.Read(name, offset, destination);
            }

            var count = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(destination);
            return count;
        }
    }

    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        lock (_lock)
        {
            _unsynced[name] = content.ToArray();
            SyncFolder();
        }
    }

    public void Rename(string name, string target)
    {
        lock (_lock)
        {
            _unsynced[target] = ContentOf(name);
            Delete(name);
            SyncFolder();
        }
    }

    public void Delete(string name)
    {
        lock (_lock)
        {
            _unsynced.Remove(name);
            _removed.Add(name);
        }
    }

    public void SyncFolder()
    {
        lock (_lock)
        {
            if (isSyncRemoved)
            {
                return;
            }

            foreach (var name in _removed.Where(name => !_unsynced.ContainsKey(name)))
            {
                files.Delete(name);
            }

            foreach (var (name, bytes) in _unsynced)
            {
                files.Replace(name, bytes);
            }

            _removed.Clear();
            _unsynced.Clear();
        }
    }

    public void Dispose() => files.Dispose();

    private byte[] ContentOf(string name)
    {
        if (_unsynced.TryGetValue(name, out var bytes))
        {
            return bytes;
        }

        bytes = new byte[_removed.Contains(name) ? 0 : files.LengthOf(name)];
        files.Read(name, 0, bytes);
        return bytes;
    }
}
