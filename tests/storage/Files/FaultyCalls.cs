using Exchange.Rsm.Hosts.Storage.Files;

namespace Exchange.Rsm.Storage.Tests.Files;

/// <summary>The operating system with faults on order.</summary>
internal sealed class FaultyCalls : IFileCalls
{
    private readonly PosixCalls _calls = new();
    private readonly Dictionary<int, string> _folders = [];

    /// <summary>What every write answers from now on; nothing is written then.</summary>
    public long? WriteAnswer { get; set; }

    public long? SyncAnswer { get; set; }

    public bool IsDirectRefused { get; set; }

    public int Writes { get; set; }

    public int Syncs { get; private set; }

    /// <summary>Folders that were synced, by path.</summary>
    public List<string> SyncedFolders { get; } = [];

    /// <summary>Called at the start of every write.</summary>
    public Action? Hold { get; set; }

    public Dictionary<string, OpenOptions> Opened { get; } = [];

    public long Open(string path, OpenOptions flags)
    {
        if (IsDirectRefused && flags.HasFlag(OpenOptions.Direct))
        {
            return -Errno.Invalid;
        }

        Opened[Path.GetFileName(path)] = flags;
        var descriptor = _calls.Open(path, flags);
        if (flags.HasFlag(OpenOptions.Folder))
        {
            _folders[(int)descriptor] = path;
        }

        return descriptor;
    }

    public long Write(int descriptor, ReadOnlySpan<byte> bytes, long offset)
    {
        Writes++;
        Hold?.Invoke();
        return WriteAnswer ?? _calls.Write(descriptor, bytes, offset);
    }

    public long Read(int descriptor, Span<byte> bytes, long offset) => _calls.Read(descriptor, bytes, offset);

    public long Sync(int descriptor)
    {
        Syncs++;
        if (_folders.TryGetValue(descriptor, out var folder))
        {
            SyncedFolders.Add(folder);
        }

        return SyncAnswer ?? _calls.Sync(descriptor);
    }

    public long Rename(string from, string to) => _calls.Rename(from, to);

    public long Delete(string path) => _calls.Delete(path);

    public long Lock(int descriptor) => _calls.Lock(descriptor);

    public long Close(int descriptor)
    {
        _folders.Remove(descriptor);
        return _calls.Close(descriptor);
    }
}
