using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>
/// Snapshots through FASTER in the process that is killed: one after the other, each of a state that follows from its
/// number alone, so that whoever looks afterwards knows what must stand in it.
/// </summary>
internal sealed class CrashSnapshots : IDisposable
{
    private const int Keys = 512;
    private const ushort Kind = 1;

    private readonly IStoreFiles _files;
    private readonly FasterSnapshotStore _store;
    private ulong _version;
    private int _nextKey;
    private bool _isWriting;
    private bool _isCommitted;
    private SnapshotScope _scope;

    public CrashSnapshots(IStoreFiles files)
    {
        _files = files;
        _store = new FasterSnapshotStore(files, Options);
        _version = _store.List.Count > 0 ? _store.List[0].Index : 0;
    }

    private static FasterOptions Options { get; } = new()
    {
        PageBits = 16,
        MemoryBits = 19,
        SegmentBits = 20,
        IndexBuckets = 64,
        Buffers = 4,
        RunsMax = 8,
        SlackBytes = 1 << 20,
    };

    /// <summary>Goes on.</summary>
    /// <returns>The number of a snapshot that has become durable; else zero.</returns>
    public ulong Step()
    {
        if (!_isWriting)
        {
            (_isWriting, _isCommitted, _nextKey, _scope) = (true, false, 0, _store.Wants);
            _version++;
            _store.Begin(_scope);
        }

        switch (_store.Poll())
        {
            case SnapshotWriting.Durable:
                _isWriting = false;
                return _version;
            case SnapshotWriting.Failed:
                throw new IOException($"the store failed: {_store.Fault}, {_store.Detail}");
            default:
                Write();
                return 0;
        }
    }

    /// <summary>What is wrong with what a killed process has left.</summary>
    /// <param name="told">The last snapshot that it called durable.</param>
    public string Look(ulong told)
    {
        if (_store.Refused.Count > 0)
        {
            return $"snapshot {_store.Refused[0].Index} is there and refused: {_store.Refused[0].Fault}";
        }

        if (_version < told)
        {
            return $"snapshot {told} was durable, the newest is {_version}";
        }

        foreach (var manifest in _store.List)
        {
            var target = new Target();
            var fault = _store.Load(manifest, target);
            if (fault != SnapshotFault.None)
            {
                return $"snapshot {manifest.Index} is listed and bad: {fault}, {_store.Detail}";
            }

            if (target.Sum != SumOf(manifest.Index) || target.Sum != manifest.Header.StateHash)
            {
                return $"snapshot {manifest.Index} was accepted and holds something else";
            }
        }

        return "";
    }

    public void Dispose()
    {
        _store.Dispose();
        (_files as IDisposable)?.Dispose();
    }

    private void Write()
    {
        while (_nextKey < Keys && _store.Rent() is { } buffer)
        {
            for (var end = Math.Min(Keys, _nextKey + 64); _nextKey < end; _nextKey++)
            {
                if (_scope == SnapshotScope.All || IsChanged(_nextKey, _version))
                {
                    Append(buffer, _nextKey, _version);
                }
            }

            _store.Put(buffer);
        }

        if (_nextKey == Keys && !_isCommitted)
        {
            _isCommitted = true;
            _store.Commit(ManifestOf(_version));
        }
    }

    private static SnapshotManifest ManifestOf(ulong version)
    {
        var length = 0UL;
        for (var key = 0; key < Keys; key++)
        {
            length += (ulong)(Marshal.SizeOf<SnapshotRecordHeader>() + ContentOf(key, version).Length);
        }

        var header = new SnapshotHeader
        {
            ClusterId = 7,
            Index = version,
            Term = 1,
            RecordCount = Keys,
            Length = length,
            StateHash = SumOf(version),
        };
        return SnapshotManifest.Create(header, []);
    }

    private static void Append(OutputBuffer buffer, int key, ulong version)
    {
        var content = ContentOf(key, version);
        buffer.Append<SnapshotRecordHeader>() = new SnapshotRecordHeader
        {
            Length = (uint)content.Length,
            Kind = Kind,
            Key = (UInt128)(uint)key,
            Checksum = SnapshotRecordHeader.ChecksumOf(Kind, (UInt128)(uint)key, content),
        };
        buffer.Append(content);
    }

    // A quarter of the keys changes from one to the next; the first version has them all.
    private static bool IsChanged(int key, ulong version) =>
        version <= 1 || StableHash.Mix((ulong)key, version) % 4 == 0;

    private static byte[] ContentOf(int key, ulong version)
    {
        while (!IsChanged(key, version))
        {
            version--;
        }

        var luck = StableHash.Mix(version, (ulong)key);
        var content = new byte[16 + (luck % 400)];
        MemoryMarshal.Cast<byte, ulong>(content.AsSpan(0, content.Length / 8 * 8)).Fill(luck);
        return content;
    }

    private static ulong SumOf(ulong version)
    {
        var sum = 0UL;
        for (var key = 0; key < Keys; key++)
        {
            var checksum = SnapshotRecordHeader.ChecksumOf(Kind, (UInt128)(uint)key, ContentOf(key, version));
            sum = unchecked(sum + checksum);
        }

        return sum;
    }

    private sealed class Target : ISnapshotWriter
    {
        public ulong Sum { get; private set; }

        public bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
        {
            var checksum = SnapshotRecordHeader.ChecksumOf(header.Kind, header.Key, content);
            Sum = unchecked(Sum + checksum);
            return checksum == header.Checksum;
        }

        public bool TryEnd(ulong stateHash) => Sum == stateHash;
    }
}
