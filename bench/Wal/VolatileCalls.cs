using Exchange.Rsm.Hosts.Storage.Files;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>
/// Forgets what was not made durable when the process dies: writes stay in this process's memory until the file is
/// synced, unless it was opened to be durable at every write. So killing the process is cutting the power.
/// </summary>
/// <param name="isSyncRemoved">The planted bug: nothing is ever made durable.</param>
internal sealed class VolatileCalls(bool isSyncRemoved) : IFileCalls
{
    private readonly PosixCalls _calls = new();
    private readonly Dictionary<int, string> _paths = [];
    private readonly Dictionary<int, bool> _durable = [];
    private Memory<byte> _aligned;
    private readonly Dictionary<string, List<(long Offset, byte[] Bytes)>> _unsynced = [];

    public long Open(string path, OpenOptions flags)
    {
        var descriptor = _calls.Open(path, flags);
        lock (_paths)
        {
            if (descriptor >= 0)
            {
                _paths[(int)descriptor] = path;
                _durable[(int)descriptor] = flags.HasFlag(OpenOptions.Durable) && !isSyncRemoved;
            }
        }

        return descriptor;
    }

    public long Write(int descriptor, ReadOnlySpan<byte> bytes, long offset)
    {
        lock (_paths)
        {
            if (_durable[descriptor])
            {
                return _calls.Write(descriptor, bytes, offset);
            }

            if (!_unsynced.TryGetValue(_paths[descriptor], out var writes))
            {
                _unsynced.Add(_paths[descriptor], writes = []);
            }

            writes.Add((offset, bytes.ToArray()));
            return bytes.Length;
        }
    }

    public long Read(int descriptor, Span<byte> bytes, long offset)
    {
        var read = _calls.Read(descriptor, bytes, offset);
        lock (_paths)
        {
            if (read > 0 && _unsynced.TryGetValue(_paths[descriptor], out var writes))
            {
                foreach (var write in writes)
                {
                    Overlay(bytes[..(int)read], offset, write.Bytes, write.Offset);
                }
            }
        }

        return read;
    }

    public long Sync(int descriptor)
    {
        lock (_paths)
        {
            if (!isSyncRemoved && _unsynced.Remove(_paths[descriptor], out var writes))
            {
                foreach (var write in writes)
                {
                    _calls.Write(descriptor, Aligned(write.Bytes).Span, write.Offset);
                }
            }
        }

        return isSyncRemoved ? 0 : _calls.Sync(descriptor);
    }

    public long Rename(string from, string to)
    {
        lock (_paths)
        {
            if (_unsynced.Remove(from, out var writes))
            {
                _unsynced[to] = writes;
            }

            foreach (var (descriptor, path) in _paths.ToList())
            {
                _paths[descriptor] = path == from ? to : path;
            }
        }

        return _calls.Rename(from, to);
    }

    public long Delete(string path)
    {
        lock (_paths)
        {
            _unsynced.Remove(path);
        }

        return _calls.Delete(path);
    }

    public long Lock(int descriptor) => _calls.Lock(descriptor);

    public long Close(int descriptor) => _calls.Close(descriptor);

    private Memory<byte> Aligned(byte[] bytes)
    {
        if (_aligned.Length < bytes.Length)
        {
            _aligned = FileDisk.AllocateAligned(bytes.Length);
        }

        bytes.CopyTo(_aligned);
        return _aligned[..bytes.Length];
    }

    private static void Overlay(Span<byte> bytes, long offset, byte[] written, long at)
    {
        var from = Math.Max(offset, at);
        var to = Math.Min(offset + bytes.Length, at + written.Length);
        if (from < to)
        {
            written.AsSpan((int)(from - at), (int)(to - from)).CopyTo(bytes[(int)(from - offset)..]);
        }
    }
}
