using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Faster;
using FASTER.core;

namespace Exchange.Rsm.Storage.Tests.Faster;

/// <summary>
/// What FASTER does that the store is built around. Where one of these fails after an upgrade, the store may become
/// simpler.
/// </summary>
public sealed class FasterTrapsTests
{
    private static readonly FasterOptions Small = new()
    {
        PageBits = 14,
        MemoryBits = 17,
        SegmentBits = 20,
        IndexBuckets = 64,
    };

    [Fact]
    public void Its_iterator_gives_stale_rows_for_long_keys_and_a_merge_of_the_runs_does_not()
    {
        var files = new FaultyFiles();
        using var log = RecordLog.Create(Small, files, generation: 1);
        for (var round = 0; round < 3; round++)
        {
            for (var key = 0U; key < 200; key++)
            {
                Write(log, key, (byte)round);
            }

            log.Checkpoint(files);
        }

        using var merge = new RunMerge(log);
        var count = 0;
        while (merge.TryNext())
        {
            Assert.Equal(2, merge.Content[0]);
            count++;
        }

        Assert.Equal(200, count);
        using var session = log.Store.For(new SpanByteFunctions<Empty>()).NewSession<SpanByteFunctions<Empty>>();
        using var rows = session.Iterate();
        var stale = 0;
        while (rows.GetNext(out _))
        {
            RecordLog.ReadKey(rows.GetKey().AsReadOnlySpan(), out var kind, out _);
            stale += kind != RecordLog.FillerKind && rows.GetValue().AsReadOnlySpan()[8] != 2 ? 1 : 0;
        }

        Assert.NotEqual(0, stale);
    }

    [Fact]
    public void A_removed_record_is_a_tombstone_that_the_merge_honours()
    {
        var files = new FaultyFiles();
        using var log = RecordLog.Create(Small, files, generation: 1);
        Write(log, 1, 1);
        Write(log, 2, 1);
        log.Checkpoint(files);
        log.Write(new SnapshotRecordHeader { Kind = 7, Key = 1, Removed = 1 }, []);
        log.Checkpoint(files);
        Write(log, 3, 1);
        log.Checkpoint(files);
        using var merge = new RunMerge(log);
        Assert.True(merge.TryNext());
        Assert.Equal((UInt128)2, merge.Header.Key);
        Assert.True(merge.TryNext());
        Assert.Equal((UInt128)3, merge.Header.Key);
        Assert.False(merge.TryNext());
    }

    [Fact]
    public void A_device_that_tells_of_a_failed_write_leaves_a_checkpoint_that_never_ends()
    {
        var files = new FaultyFiles { FailingPrefix = "log-" };
        var device = new LogDevice(files, generation: 1, isReadOnly: false) { IsHonest = true };
        using var failed = new ManualResetEventSlim();
        device.Idle += failed.Set;
        var store = new FasterKV<SpanByte, SpanByte>(
            64,
            new LogSettings { LogDevice = device, PageSizeBits = 14, MemorySizeBits = 17 },
            new CheckpointSettings { CheckpointManager = new StoreCheckpoints() });
        using (var session = store.For(new SpanByteFunctions<Empty>()).NewSession<SpanByteFunctions<Empty>>())
        {
            Span<byte> bytes = stackalloc byte[24];
            var key = SpanByte.FromFixedSpan(bytes);
            session.Upsert(ref key, ref key);
        }

        Assert.True(store.TryInitiateHybridLogCheckpoint(out _, CheckpointType.FoldOver));
        var ending = store.CompleteCheckpointAsync(TestContext.Current.CancellationToken).AsTask();
        failed.Wait(TestContext.Current.CancellationToken);
        Assert.NotNull(device.Failure);
        Assert.False(ending.IsCompleted);
    }

    [Fact]
    public void A_fold_over_checkpoint_only_ever_grows_the_log()
    {
        var files = new FaultyFiles();
        using var log = RecordLog.Create(Small, files, generation: 1);
        var length = log.Length;
        for (var round = 0; round < 5; round++)
        {
            Write(log, 1, (byte)round);
            log.Checkpoint(files);
            Assert.True(log.Length > length);
            length = log.Length;
        }
    }

    [Fact]
    public void No_sector_of_a_durable_run_is_written_again()
    {
        var files = new FaultyFiles();
        using var log = RecordLog.Create(Small, files, generation: 1);
        for (var round = 0; round < 120; round++)
        {
            var before = new byte[log.Bounds[^1]];
            files.Read(LogDevice.NameOf(1, 0), 0, before);
            for (var key = 0U; key <= round % 7; key++)
            {
                Write(log, key + ((uint)round * 1_000), (byte)(round % 251), 1 + (round * 31 % 500));
            }

            log.Checkpoint(files);
            Assert.Equal(0, log.Bounds[^1] % LogDevice.SectorBytes);
            var after = new byte[before.Length];
            files.Read(LogDevice.NameOf(1, 0), 0, after);
            Assert.Equal(before, after);
        }
    }

    private static void Write(RecordLog log, uint key, byte value, int length = 10)
    {
        var content = new byte[length];
        content.AsSpan().Fill(value);
        var header = new SnapshotRecordHeader
        {
            Kind = 7,
            Key = key,
            Length = (uint)length,
            Checksum = SnapshotRecordHeader.ChecksumOf(7, key, content),
        };
        log.Write(in header, content);
    }
}
