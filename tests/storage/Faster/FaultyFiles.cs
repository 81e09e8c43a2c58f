using Exchange.Rsm.Hosts.Storage.Faster;

namespace Exchange.Rsm.Storage.Tests.Faster;

/// <summary>
/// A store's files in memory, with a device that fails when told to. It keeps what a loss of power would: bytes that
/// were written, and names that were synced. After so many operations nothing more reaches it, as if the plug had been
/// pulled.
/// </summary>
internal sealed class FaultyFiles : IStoreFiles
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _synced = new(StringComparer.Ordinal);
    private readonly object _gate = new();
    private bool _hangs;
    private bool _readsHang;
    private string? _hangsAfter;
    private bool _hasPassed;
    private string? _hangingName;

    /// <summary>Operations that change something, so far.</summary>
    public int Operations { get; private set; }

    /// <summary>After so many operations the power is off.</summary>
    public int PowerUntil { get; set; } = int.MaxValue;

    /// <summary>Writes to names that begin so fail.</summary>
    public string? FailingPrefix { get; set; }

    /// <summary>How they fail.</summary>
    public int FailingCode { get; set; } = 5;

    /// <summary>Planted: folders are never synced.</summary>
    public bool ForgetsNames { get; set; }

    /// <summary>Whether writes to a log wait until this is taken back.</summary>
    public bool Hangs
    {
        set
        {
            lock (_gate)
            {
                _hangs = value;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Whether reads wait until this is taken back.</summary>
    public bool ReadsHang
    {
        set
        {
            lock (_gate)
            {
                _readsHang = value;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>What is written once a file of this name stands waits until this is taken back.</summary>
    public string? HangsAfter
    {
        set
        {
            lock (_gate)
            {
                (_hangsAfter, _hasPassed, _hangingName) = (value, false, null);
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>What waits since; null where nothing does yet.</summary>
    public string? HangingName
    {
        get
        {
            lock (_gate)
            {
                return _hangingName;
            }
        }
    }

    public FaultyFiles PowerCut()
    {
        lock (_lock)
        {
            var after = new FaultyFiles();
            foreach (var (name, bytes) in _files.Where(file => _synced.Contains(file.Key)))
            {
                after._files[name] = [.. bytes];
                after._synced.Add(name);
            }

            return after;
        }
    }

    public void Flip(string name, long offset) => _files[name][offset] ^= 0x20;

    public void Cut(string name, int length) => _files[name] = _files[name][..length];

    public IReadOnlyList<string> List()
    {
        lock (_lock)
        {
            return [.. _files.Keys];
        }
    }

    public long LengthOf(string name)
    {
        lock (_lock)
        {
            return _files.TryGetValue(name, out var bytes) ? bytes.Length : 0;
        }
    }

    public void Write(string name, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (_hangs || (_hangsAfter is not null && _hasPassed))
            {
                _hangingName = name;
                Monitor.Wait(_gate);
            }
        }

        lock (_lock)
        {
            if (!TryDo(name))
            {
                return;
            }

            var old = _files.GetValueOrDefault(name, []);
            if (old.Length < offset + bytes.Length)
            {
                Array.Resize(ref old, (int)offset + bytes.Length);
            }

            bytes.CopyTo(old.AsSpan((int)offset));
            _files[name] = old;
        }
    }

    public int Read(string name, long offset, Span<byte> destination)
    {
        lock (_gate)
        {
            while (_readsHang)
            {
                Monitor.Wait(_gate);
            }
        }

        lock (_lock)
        {
            var bytes = _files.GetValueOrDefault(name, []);
            var count = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(destination);
            return count;
        }
    }

    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        lock (_lock)
        {
            if (TryDo(name))
            {
                _files[name] = content.ToArray();
                SyncNames();
            }
        }

        lock (_gate)
        {
            _hasPassed |= name == _hangsAfter;
        }
    }

    public void Rename(string name, string target)
    {
        lock (_lock)
        {
            if (TryDo(name) && _files.Remove(name, out var bytes))
            {
                _files[target] = bytes;
                SyncNames();
            }
        }
    }

    public void Delete(string name)
    {
        lock (_lock)
        {
            if (TryDo(name))
            {
                _files.Remove(name);
            }
        }
    }

    public void SyncFolder()
    {
        lock (_lock)
        {
            if (TryDo("folder"))
            {
                SyncNames();
            }
        }
    }

    // A rename is an entry of the folder like any other; planted, only the manifest's name gets through.
    private void SyncNames()
    {
        _synced.UnionWith(_files.Keys.Where(name =>
            !ForgetsNames || !name.StartsWith("log", StringComparison.Ordinal)));
    }

    private bool TryDo(string name)
    {
        if (FailingPrefix is not null && name.StartsWith(FailingPrefix, StringComparison.Ordinal))
        {
            throw new IOException("planted failure", FailingCode);
        }

        return ++Operations <= PowerUntil;
    }
}
