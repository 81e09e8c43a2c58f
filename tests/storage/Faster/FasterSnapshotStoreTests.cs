using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Tests.Snapshots;

namespace Exchange.Rsm.Storage.Tests.Faster;

public sealed class FasterSnapshotStoreTests : SnapshotStoreConformance
{
    private static readonly FasterOptions Small = new()
    {
        PageBits = 14,
        MemoryBits = 17,
        SegmentBits = 15,
        IndexBuckets = 64,
        Buffers = 2,
        RunsMax = 4,
        SlackBytes = 1 << 20,
    };

    private readonly List<FasterSnapshotStore> _stores = [];
    private readonly ManualClock _clock = new();
    private FaultyFiles _files = new();

    private FasterSnapshotStore Store => _stores[^1];

    [Theory]
    [Trait("Covers", "DUR-06")]
    [Trait("Covers", "H-29")]
    [InlineData("snapshot-00000000000000000040", 100, SnapshotFault.ManifestChecksum)]
    [InlineData("snapshot-00000000000000000040", 4200, SnapshotFault.ManifestChecksum)]
    public void A_flipped_bit_of_a_manifest_is_named_and_the_snapshot_before_is_loaded(
        string name, long offset, SnapshotFault fault)
    {
        TwoSnapshots();
        _files.Flip(name, offset);
        Restart();
        var load = Member.Start();
        Assert.Equal(20UL, load.Manifest!.Index);
        Assert.Equal([new SnapshotRefusal(40, fault)], load.Refused);
        Assert.Equal(40UL, Member.Machine.AppliedIndex);
    }

    // FASTER has no checksum of its own: without the page sums it would recover from each of these.
    [Fact]
    [Trait("Covers", "DUR-06")]
    public void A_flipped_bit_anywhere_in_the_log_is_found_before_FASTER_reads_it()
    {
        TwoSnapshots();
        var lengths = _files.List().Where(name => name.StartsWith("log-", StringComparison.Ordinal))
            .Select(name => (name, _files.LengthOf(name))).ToList();
        Assert.Single(lengths);
        for (var offset = 64L; offset < lengths[0].Item2; offset += 97)
        {
            _files.Flip(lengths[0].name, offset);
            Restart();
            var load = Member.Start();
            Assert.NotEqual(40UL, load.Manifest?.Index ?? 0);
            Assert.Equal(new SnapshotRefusal(40, SnapshotFault.RecordChecksum), load.Refused[0]);
            Assert.Equal(40UL, Member.Machine.AppliedIndex);
            _files.Flip(lengths[0].name, offset);
            RenameBack();
        }
    }

    [Fact]
    [Trait("Covers", "DUR-06")]
    public void A_log_that_was_cut_off_is_refused()
    {
        TwoSnapshots();
        var log = _files.List().First(name => name.StartsWith("log-", StringComparison.Ordinal));
        _files.Cut(log, (int)_files.LengthOf(log) - 1);
        Restart();
        var load = Member.Start();
        Assert.Equal(20UL, load.Manifest!.Index);
        Assert.Equal([new SnapshotRefusal(40, SnapshotFault.Length)], load.Refused);
    }

    [Fact]
    [Trait("Covers", "DUR-05")]
    [Trait("Covers", "DUR-10")]
    public void Power_lost_at_every_operation_leaves_exactly_the_old_or_the_new_snapshot()
    {
        for (var at = 0; ; at++)
        {
            Open();
            Fill(20);
            Member.Snapshot();
            _files.PowerUntil = _files.Operations + at;
            Fill(20);
            Assert.True(Member.Begin());
            Settle();
            var wasDone = _files.Operations <= _files.PowerUntil;
            _files = _files.PowerCut();
            Restart();
            var load = Member.Start();
            Assert.Empty(load.Refused);
            Assert.True(load.Manifest!.Index is 20 or 40);
            Assert.Equal(40UL, Member.Machine.AppliedIndex);
            if (wasDone)
            {
                Assert.Equal(40UL, load.Manifest.Index);
                return;
            }
        }
    }

    [Fact]
    public void Without_the_sync_of_the_folder_a_snapshot_loses_its_log()
    {
        Open();
        _files.ForgetsNames = true;
        Fill(20);
        Member.Snapshot();
        _files = _files.PowerCut();
        Restart();
        Assert.Equal([new SnapshotRefusal(20, SnapshotFault.Length)], Member.Start().Refused);
    }

    [Theory]
    [InlineData("log-", 5, SnapshotFault.Device)]
    [InlineData("log-", 28, SnapshotFault.NoSpace)]
    [InlineData("snapshot-", 5, SnapshotFault.Device)]
    [InlineData("folder", 5, SnapshotFault.Device)]
    public void A_write_that_fails_ends_the_snapshot_by_name_and_the_next_is_whole(
        string prefix, int code, SnapshotFault fault)
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(5);
        (_files.FailingPrefix, _files.FailingCode) = (prefix, code);
        Assert.True(Member.Begin());
        Settle();
        Assert.Equal(fault, Member.Pipeline.LastFault);
        Assert.Equal(SnapshotScope.All, Member.Store.Wants);
        Assert.Equal(20UL, Member.Pipeline.Newest!.Index);
        _files.FailingPrefix = null;
        Fill(1);
        Member.Snapshot();
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
        Restart();
        Assert.Equal(26UL, Member.Start().Manifest!.Index);
    }

    [Fact]
    public void A_write_that_never_ends_is_given_up_after_its_time_and_the_store_goes_on_in_a_new_log()
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(5);
        _files.Hangs = true;
        Member.LetFinish = () => { };
        Assert.True(Member.Begin());
        while (Member.Pipeline.IsReading)
        {
            Turn();
        }

        // Time passes with every turn: whenever the writer began its job, it is too long ago at some point.
        while (Member.Pipeline.IsBusy)
        {
            _clock.Advance(Small.Timeout + TimeSpan.FromTicks(1));
            Turn();
        }

        Assert.Equal(SnapshotFault.Device, Member.Pipeline.LastFault);
        _files.Hangs = false;
        Member.LetFinish = LetFinish;
        Fill(1);
        Member.Snapshot();
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    // The end of a snapshot that was abandoned meanwhile is nobody's, and above all not that of the next.
    [Fact]
    public void A_snapshot_that_ends_late_is_not_taken_for_the_next_one()
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(5);
        _files.Hangs = true;
        Member.LetFinish = () => { };
        Assert.True(Member.Begin());
        while (Member.Pipeline.IsReading)
        {
            Turn();
        }

        // As after an installation: the one under way is void, and the next is whole.
        Member.Pipeline.OnInstalled();
        Fill(5);
        Assert.True(Member.Begin());
        _files.HangsAfter = "snapshot-00000000000000000025";
        _files.Hangs = false;
        while (_files.HangingName is null)
        {
            Turn();
        }

        for (var i = 0; i < 1_000; i++)
        {
            Turn();
        }

        Assert.Equal(1UL, Member.Pipeline.DurableCount);
        Assert.True(Member.Pipeline.IsBusy);
        _files.HangsAfter = null;
        Member.LetFinish = LetFinish;
        Settle();
        Assert.Equal(2UL, Member.Pipeline.DurableCount);
        Assert.Equal(30UL, Member.Pipeline.List[0].Index);
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    // The thread that answers peers asks for a stream and gives it up again: it never waits for the disk of it.
    [Fact]
    public void A_stream_is_closed_while_its_disk_hangs()
    {
        TwoSnapshots();
        _files.ReadsHang = true;
        Store.OpenStream(Store.List[0]);
        Store.CloseStream();
        Store.OpenStream(Store.List[1]);
        Store.CloseStream();
        _files.ReadsHang = false;
        Assert.Equal(Member.Machine.Stream(), StreamOf(Store.List[0]));
    }

    [Fact]
    public void A_log_that_grew_is_written_anew_and_old_logs_are_removed()
    {
        Open();
        for (var i = 0; i < 14; i++)
        {
            Fill(7);
            Member.Snapshot();
        }

        Assert.InRange(Store.Rewrites, 2, 4);
        Assert.InRange(_files.List().Count(name => name.StartsWith("log-", StringComparison.Ordinal)), 1, 4);
        Assert.Equal(2, _files.List().Count(name => name.StartsWith("snapshot-", StringComparison.Ordinal)));
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
        var stream = Member.Machine.Stream();
        Restart();
        Member.Start();
        Assert.Equal(stream, Member.Machine.Stream());
    }

    [Fact]
    public void What_a_snapshot_writes_follows_what_changed()
    {
        Open();
        for (var i = 0; i < 2_000; i++)
        {
            Member.Apply(((UInt128)(uint)i, new string('x', 80)));
        }

        Member.Snapshot();
        var before = TotalBytes();
        Member.Apply((5, "y"), (1_999, "z"));
        Member.Snapshot();
        Assert.InRange(TotalBytes() - before, 1, 24_000);
    }

    [Fact]
    public void Records_of_any_length_up_to_the_page_come_back()
    {
        Open();
        for (var length = 1; length < 9_000; length = (length * 5 / 4) + 1)
        {
            Member.Apply(((UInt128)(uint)length, new string('q', length)), (UInt128.MaxValue - (uint)length, "w"));
        }

        Member.Snapshot();
        var stream = Member.Machine.Stream();
        Assert.Equal(stream, StreamOf(Member.Pipeline.List[0]));
        Restart();
        Member.Start();
        Assert.Equal(stream, Member.Machine.Stream());
    }

    private protected override Lone OpenMember(bool isNew, List<(EntryHeader, byte[])> log)
    {
        CloseStores();
        _files = isNew ? new FaultyFiles() : _files;
        _stores.Add(new FasterSnapshotStore(_files, Small, _clock));
        return new Lone(new MemoryDisk(), Store, log);
    }

    private protected override void LetFinish() => Store.WaitUntilIdle();

    private protected override void Close() => CloseStores();

    private void CloseStores()
    {
        foreach (var store in _stores)
        {
            store.Dispose();
        }
    }

    private void TwoSnapshots()
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(20);
        Member.Snapshot();
    }

    private void RenameBack()
    {
        CloseStores();
        foreach (var name in _files.List().Where(name => name.EndsWith(".bad", StringComparison.Ordinal)))
        {
            _files.Rename(name, name[..^4]);
        }
    }

    private long TotalBytes() => _files.List().Sum(_files.LengthOf);

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);
    }
}
