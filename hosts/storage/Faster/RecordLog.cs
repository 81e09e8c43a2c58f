using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;
using FASTER.core;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// One generation of the store: a FASTER log that starts with a whole snapshot and goes on with what changed. Each
/// snapshot is a run of records by kind and key, and a fold-over checkpoint behind it; so a snapshot is read by merging
/// the runs up to it, the newest winning, without asking FASTER's index: its iterator gives stale rows for such keys.
/// </summary>
internal sealed unsafe class RecordLog : IDisposable
{
    public const int KeySize = 24;

    // The kind of what fills a sector up; no machine's.
    public const ulong FillerKind = ulong.MaxValue;

    // Record information (8) + key with its length (4 + 24, in multiples of 8) + value with its length.
    private const int RecordOverhead = 40;
    private const int ValueLengthSize = 4;
    private const int FillerSizeMin = 64;

    private readonly FasterOptions _options;
    private readonly StoreCheckpoints _checkpoints = new();
    private readonly FasterKV<SpanByte, SpanByte> _store;
    private readonly ClientSession<SpanByte, SpanByte, SpanByte, SpanByteAndMemory, Empty, SpanByteFunctions<Empty>>
        _session;

    private byte[] _value = new byte[4096];

    private RecordLog(FasterOptions options, LogDevice device, ulong generation)
    {
        _options = options;
        Device = device;
        Generation = generation;
        _store = new FasterKV<SpanByte, SpanByte>(
            options.IndexBuckets,
            new LogSettings
            {
                LogDevice = device,
                PageSizeBits = options.PageBits,
                MemorySizeBits = options.MemoryBits,
                SegmentSizeBits = options.SegmentBits,
            },
            new CheckpointSettings { CheckpointManager = _checkpoints },
            concurrencyControlMode: ConcurrencyControlMode.None);
        _session = _store.For(new SpanByteFunctions<Empty>()).NewSession<SpanByteFunctions<Empty>>();
        Bounds = [_store.Log.BeginAddress];
        PageChecksums = [];
    }

    public LogDevice Device { get; }

    public ulong Generation { get; }

    /// <summary>Addresses between which the runs stand.</summary>
    public List<long> Bounds { get; private init; }

    public List<uint> PageChecksums { get; private init; }

    public long Length => _store.Log.TailAddress;

    public FasterKV<SpanByte, SpanByte> Store => _store;

    public static RecordLog Create(FasterOptions options, IStoreFiles files, ulong generation) =>
        new(options, new LogDevice(files, generation, isReadOnly: false), generation);

    /// <summary>Opens the log as it was when a snapshot was committed. What came after it does not count.</summary>
    public static RecordLog Open(
        FasterOptions options,
        IStoreFiles files,
        StoredSnapshot stored,
        bool isReadOnly,
        Func<bool>? isCancelled = null)
    {
        PageSums.Verify(options, files, stored, isCancelled);
        var log = new RecordLog(options, new LogDevice(files, stored.Generation, isReadOnly), stored.Generation)
        {
            Bounds = [.. stored.Bounds],
            PageChecksums = [.. stored.PageChecksums],
        };
        log._checkpoints.Set(stored.Token, stored.Metadata);
        try
        {
            log._store.Recover(default, stored.Token, numPagesToPreload: -1, undoNextVersion: false);
        }
        catch (FasterException exception)
        {
            log.Dispose();
            throw new StoreException(SnapshotFault.Store, exception.Message);
        }

        if (log._store.Log.TailAddress != stored.Bounds[^1] || log.Device.Failure is not null)
        {
            var tail = log._store.Log.TailAddress;
            var failure = log.Device.Failure?.Message;
            log.Dispose();
            throw new StoreException(
                SnapshotFault.Store,
                failure ?? $"{LogDevice.NameOf(stored.Generation)}: ends at {tail}, not at {stored.Bounds[^1]}");
        }

        return log;
    }

    /// <summary>Appends one record of the run that is being written, or its removal.</summary>
    public void Write(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
    {
        var key = stackalloc byte[KeySize];
        WriteKey(key, header.Kind, header.Key);
        var keySpan = SpanByte.FromPointer(key, KeySize);
        if (header.Removed != 0)
        {
            _session.Delete(ref keySpan);
            return;
        }

        var length = sizeof(ulong) + content.Length;
        if (_value.Length < length)
        {
            _value = new byte[length * 2];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_value, header.Checksum);
        content.CopyTo(_value.AsSpan(sizeof(ulong)));
        Upsert(ref keySpan, length);
    }

    /// <summary>Ends the run and makes it durable. Waits for the disk.</summary>
    public (Guid Token, byte[] Metadata) Checkpoint(IStoreFiles files)
    {
        FillSector();
        var began = _store.TryInitiateHybridLogCheckpoint(out var token, CheckpointType.FoldOver);
        Check(began, "no checkpoint could be begun");
        _store.CompleteCheckpointAsync().AsTask().GetAwaiter().GetResult();
        if (Device.Failure is { } failure)
        {
            throw new IOException(failure.Message, failure.HResult);
        }

        Check(token == _checkpoints.Token, "the checkpoint left no metadata");
        var start = Bounds[^1];
        Bounds.Add(_store.Log.TailAddress);
        PageSums.Extend(_options, files, Generation, PageChecksums, start, Bounds[^1]);
        files.SyncFolder();
        return (token, _checkpoints.Metadata);
    }

    public void Dispose()
    {
        _session.Dispose();
        _store.Dispose();
    }

    public static void ReadKey(ReadOnlySpan<byte> key, out ulong kind, out UInt128 number)
    {
        kind = BinaryPrimitives.ReadUInt64LittleEndian(key);
        number = MemoryMarshal.Read<UInt128>(key[8..]);
    }

    private static void WriteKey(byte* key, ulong kind, UInt128 number)
    {
        var span = new Span<byte>(key, KeySize);
        BinaryPrimitives.WriteUInt64LittleEndian(span, kind);
        MemoryMarshal.Write(span[8..], in number);
    }

    private void Upsert(ref SpanByte key, int length)
    {
        fixed (byte* value = _value)
        {
            var valueSpan = SpanByte.FromPointer(value, length);
            _session.Upsert(ref key, ref valueSpan);
        }
    }

    // The next run begins in a sector of its own: no sector of a durable snapshot is ever written again.
    private void FillSector()
    {
        var key = stackalloc byte[KeySize];
        WriteKey(key, FillerKind, 0);
        for (var attempt = 0; _store.Log.TailAddress % LogDevice.SectorBytes != 0; attempt++)
        {
            Check(attempt < 4, "a sector could not be filled");
            var page = 1L << _options.PageBits;
            var tail = _store.Log.TailAddress;
            var size = LogDevice.SectorBytes - (tail % LogDevice.SectorBytes);
            size += size < FillerSizeMin ? LogDevice.SectorBytes : 0;

            // What does not fit into the page begins the next one, and is filled up from there.
            size = (tail % page) + size > page ? FillerSizeMin : size;
            var length = (int)size - RecordOverhead - ValueLengthSize;
            if (_value.Length < length)
            {
                _value = new byte[length * 2];
            }

            _value.AsSpan(0, length).Clear();
            var keySpan = SpanByte.FromPointer(key, KeySize);

            // Twice in one run the filler would be changed in place where it stands.
            WriteKey(key, FillerKind, (UInt128)(ulong)tail);
            Upsert(ref keySpan, length);
        }
    }

    private static void Check(bool condition, string detail)
    {
        if (!condition)
        {
            throw new StoreException(SnapshotFault.Store, detail);
        }
    }
}
