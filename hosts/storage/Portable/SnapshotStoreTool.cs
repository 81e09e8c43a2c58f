using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Portable;

/// <summary>
/// Moves snapshots between a stopped member's store and portable files. A running member holds the store's lock.
/// </summary>
public sealed class SnapshotStoreTool : IDisposable
{
    private readonly string _path;
    private readonly StoreFolder _folder;
    private readonly FasterSnapshotStore _store;

    /// <summary>Opens a store's folder.</summary>
    /// <param name="path">The folder.</param>
    public SnapshotStoreTool(string path)
    {
        _path = path;
        _folder = new StoreFolder(path);
        _store = new FasterSnapshotStore(_folder, new FasterOptions());
    }

    /// <summary>The snapshots that are there, newest first.</summary>
    public IReadOnlyList<SnapshotManifest> List => _store.List;

    /// <summary>Writes a snapshot to a file.</summary>
    /// <param name="index">Its index; the newest where null.</param>
    /// <param name="file">The file.</param>
    /// <returns>The manifest with the digest.</returns>
    public SnapshotManifest Export(ulong? index, string file)
    {
        var manifest = _store.List.FirstOrDefault(snapshot => index is null || snapshot.Index == index)
            ?? throw new PortableSnapshotException(
                SnapshotFault.Missing,
                $"{_path}: {SnapshotFault.Missing}: no snapshot {index?.ToString() ?? "at all"}");
        _store.OpenStream(manifest);
        try
        {
            return PortableSnapshot.Write(file, manifest, Next);
        }
        finally
        {
            _store.CloseStream();
        }
    }

    /// <summary>Makes a file the store's newest snapshot. The store must be empty.</summary>
    /// <param name="file">The file, checked before: see <c>PortableSnapshot.Read</c>.</param>
    /// <returns>The manifest.</returns>
    public SnapshotManifest Import(string file)
    {
        if (_store.List.Count > 0)
        {
            throw new PortableSnapshotException(
                SnapshotFault.Store,
                $"{_path}: holds snapshot {_store.List[0].Index} already. Import into an empty folder.");
        }

        _store.Begin(SnapshotScope.All);
        var feed = new Feed(_store);
        var manifest = PortableSnapshot.Read(file, feed);
        feed.HandOver();
        _store.Commit(manifest);
        _store.WaitUntilIdle();
        return _store.Poll() == SnapshotWriting.Durable
            ? manifest
            : throw new PortableSnapshotException(_store.Fault, $"{_path}: {_store.Fault}: {_store.Detail}");
    }

    /// <summary>Closes the store.</summary>
    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private int Next(Span<byte> destination)
    {
        while (true)
        {
            switch (_store.ReadStream(destination, out var count))
            {
                case SnapshotReading.Bytes:
                    return count;
                case SnapshotReading.End:
                    return 0;
                case SnapshotReading.Failed:
                    throw new PortableSnapshotException(_store.Fault, $"{_path}: {_store.Fault}: {_store.Detail}");
                default:
                    _store.WaitUntilIdle();
                    break;
            }
        }
    }

    private sealed class Feed(FasterSnapshotStore store) : ISnapshotWriter
    {
        private const int SliceBytes = 256 << 10;

        private OutputBuffer? _buffer;

        public bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
        {
            while (_buffer is null)
            {
                _buffer = store.Rent();
                if (_buffer is null)
                {
                    store.WaitUntilIdle();
                }
            }

            _buffer.Append<SnapshotRecordHeader>() = header;
            var words = MemoryMarshal.Cast<byte, ulong>(content);
            foreach (var word in words)
            {
                _buffer.Append<ulong>() = word;
            }

            foreach (var value in content[(words.Length * sizeof(ulong))..])
            {
                _buffer.Append<byte>() = value;
            }

            if (_buffer.Length >= SliceBytes)
            {
                HandOver();
            }

            return true;
        }

        public bool TryEnd(ulong stateHash) => true;

        public void HandOver()
        {
            if (_buffer is not null)
            {
                store.Put(_buffer);
                _buffer = null;
            }
        }
    }
}
