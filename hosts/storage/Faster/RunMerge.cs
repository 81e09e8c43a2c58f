using System.Buffers.Binary;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;
using FASTER.core;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// Reads a snapshot in canonical order by merging the runs of its log: of equal keys the newest run's record stands,
/// and one that was removed is not there. Memory is a page for each run, whatever the size of the state.
/// </summary>
internal sealed unsafe class RunMerge : IDisposable
{
    private readonly Run[] _runs;
    private readonly PriorityQueue<Run, (ulong Kind, UInt128 Key, int Age)> _next = new();
    private readonly LogDevice _device;
    private byte[] _content = new byte[4096];
    private int _contentLength;

    public RunMerge(RecordLog log)
    {
        _device = log.Device;
        _runs = new Run[log.Bounds.Count - 1];
        for (var i = 0; i < _runs.Length; i++)
        {
            _runs[i] = new Run(log.Store.Log.Scan(
                log.Bounds[i], log.Bounds[i + 1], ScanBufferingMode.SinglePageBuffering), age: _runs.Length - i);
            Enqueue(_runs[i]);
        }
    }

    public SnapshotRecordHeader Header { get; private set; }

    public ReadOnlySpan<byte> Content => _content.AsSpan(0, _contentLength);

    /// <summary>Moves to the next record of the snapshot.</summary>
    public bool TryNext()
    {
        while (_next.TryPeek(out var run, out var at))
        {
            var isThere = !run.IsRemoved;
            if (isThere)
            {
                Take(run);
            }

            // The same key in older runs was overwritten, or removed.
            do
            {
                Enqueue(_next.Dequeue());
            }
            while (_next.TryPeek(out run, out var next) && next.Kind == at.Kind && next.Key == at.Key);

            if (isThere)
            {
                return true;
            }
        }

        return _device.Failure is null
            ? false
            : throw new StoreException(SnapshotFault.Device, _device.Failure.Message);
    }

    public void Dispose()
    {
        foreach (var run in _runs)
        {
            run.Dispose();
        }
    }

    private void Enqueue(Run run)
    {
        if (run.TryNext())
        {
            _next.Enqueue(run, (run.Kind, run.Key, run.Age));
        }
    }

    private void Take(Run run)
    {
        var value = run.Value;
        if (value.Length < sizeof(ulong) || value.Length - sizeof(ulong) > SnapshotRecords.ContentLengthMax)
        {
            throw new StoreException(SnapshotFault.RecordContent, $"a record of {value.Length} bytes");
        }

        _contentLength = value.Length - sizeof(ulong);
        if (_content.Length < _contentLength)
        {
            _content = new byte[_contentLength * 2];
        }

        value[sizeof(ulong)..].CopyTo(_content);
        Header = new SnapshotRecordHeader
        {
            Length = (uint)_contentLength,
            Kind = (ushort)run.Kind,
            Key = run.Key,
            Checksum = BinaryPrimitives.ReadUInt64LittleEndian(value),
        };
    }

    private sealed class Run(IFasterScanIterator<SpanByte, SpanByte> scan, int age) : IDisposable
    {
        private (ulong Kind, UInt128 Key)? _last;

        // 1 is the newest.
        public int Age => age;

        public ulong Kind { get; private set; }

        public UInt128 Key { get; private set; }

        public bool IsRemoved { get; private set; }

        public ReadOnlySpan<byte> Value => scan.GetValue().AsReadOnlySpan();

        public bool TryNext()
        {
            while (scan.GetNext(out var info))
            {
                var bytes = scan.GetKey().AsReadOnlySpan();
                if (bytes.Length != RecordLog.KeySize)
                {
                    throw new StoreException(SnapshotFault.RecordContent, $"a key of {bytes.Length} bytes");
                }

                RecordLog.ReadKey(bytes, out var kind, out var key);
                if (kind == RecordLog.FillerKind)
                {
                    continue;
                }

                if (_last is { } last && (kind, key).CompareTo(last) <= 0)
                {
                    throw new StoreException(SnapshotFault.RecordOrder, $"kind {kind}, key {key}");
                }

                _last = (kind, key);
                (Kind, Key, IsRemoved) = (kind, key, info.Tombstone);
                return true;
            }

            return false;
        }

        public void Dispose() => scan.Dispose();
    }
}
