using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

/// <summary>A snapshot's way from the outbox of one member to the inbox of another and into its machine.</summary>
public sealed class SnapshotTransferTests : IDisposable
{
    private readonly Lone _sender = New(new MemoryDisk());
    private Lone _receiver = New(new MemoryDisk());

    public SnapshotTransferTests()
    {
        for (var i = 0; i < 60; i++)
        {
            _sender.Apply(((UInt128)(uint)(i * 7 % 40), new string((char)('a' + (i % 26)), 1 + (i * 37 % 900))));
        }
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Fact]
    public void A_snapshot_is_sent_in_chunks_and_installed()
    {
        var manifest = Prepare();
        Assert.Equal(1UL, manifest.Header.HasDigest);
        Send(manifest);
        Install(manifest);
        Assert.Equal(_sender.Machine.Stream(), _receiver.Machine.Stream());
        Assert.Equal(60UL, _receiver.Machine.AppliedIndex);
    }

    [Fact]
    public void A_received_snapshot_is_loaded_after_a_restart_before_any_other_was_taken()
    {
        Send(Prepare());
        _receiver = New(_receiver.Disk.PowerCut(0));
        var load = _receiver.Start();
        Assert.Equal(60UL, load.Manifest!.Index);
        Assert.Empty(load.Refused);
        Assert.Equal(60UL, _receiver.Pipeline.LogFloor);
        Assert.Equal(_sender.Machine.Stream(), _receiver.Machine.Stream());
    }

    [Fact]
    public void After_an_install_the_next_snapshot_is_whole_and_drops_what_was_received()
    {
        var manifest = Prepare();
        Send(manifest);
        Install(manifest);
        _receiver.Log.AddRange(_sender.Log);
        _receiver.Apply((1, "after"));
        Assert.Equal(61UL, _receiver.Snapshot().Index);
        Assert.Null(_receiver.Pipeline.Inbox.Whole);
        Assert.Single(_receiver.Disk.List());
        var again = New(_receiver.Disk.PowerCut(0), _receiver.Log);
        Assert.Equal(61UL, again.Start().Manifest!.Index);
        Assert.Equal(_receiver.Machine.Stream(), again.Machine.Stream());
    }

    [Fact]
    public void A_transfer_goes_on_after_a_restart_of_the_receiver_at_any_moment()
    {
        var manifest = Prepare();
        for (var moments = 1; ; moments++)
        {
            _receiver = New(new MemoryDisk());
            var isWhole = Send(manifest, moments);
            var before = _receiver.Pipeline.Inbox.NextOffset;
            _receiver = New(_receiver.Disk.PowerCut(moments % 2));
            _receiver.Start();
            var after = _receiver.Pipeline.Inbox.NextOffset;
            Assert.InRange(after, before > 4 * 4096 ? before - (4 * 4096) : 0, before);
            if (_receiver.Pipeline.Inbox.Whole is null)
            {
                Send(manifest);
            }

            Install(manifest);
            Assert.Equal(_sender.Machine.Stream(), _receiver.Machine.Stream());
            if (isWhole)
            {
                break;
            }
        }
    }

    [Fact]
    public void A_damaged_chunk_is_asked_for_again_and_one_from_elsewhere_changes_nothing()
    {
        var manifest = Prepare();
        var inbox = _receiver.Pipeline.Inbox;
        Assert.Equal(ChunkAnswer.Unknown, inbox.Take(60, 0, [1], Crc32C.Of([1])));
        Assert.True(inbox.TryOffer(manifest));
        _receiver.Settle();
        var bytes = Chunk(0, out var checksum).ToArray();
        Assert.Equal(ChunkAnswer.Damaged, inbox.Take(60, 0, bytes, checksum ^ 1));
        Assert.Equal(ChunkAnswer.Elsewhere, inbox.Take(60, 5, bytes, checksum));
        Assert.Equal(ChunkAnswer.Unknown, inbox.Take(59, 0, bytes, checksum));
        Assert.Equal(ChunkAnswer.Taken, inbox.Take(60, 0, bytes, checksum));
        Assert.Equal(ChunkAnswer.Elsewhere, inbox.Take(60, 0, bytes, checksum));
        Assert.Equal(1000UL, inbox.NextOffset);
    }

    [Fact]
    public void A_stream_that_is_bad_itself_is_refused_with_the_reason_and_can_begin_anew()
    {
        var manifest = Prepare();
        var inbox = _receiver.Pipeline.Inbox;
        Assert.True(inbox.TryOffer(manifest));
        _receiver.Settle();
        var bytes = Chunk(0, out var checksum).ToArray();
        var bad = (byte[])bytes.Clone();
        bad[40] ^= 1;
        Assert.Equal(ChunkAnswer.Refused, inbox.Take(60, 0, bad, Crc32C.Of(bad)));
        Assert.Equal(SnapshotFault.RecordChecksum, inbox.Fault);
        Assert.Equal(ChunkAnswer.Refused, inbox.Take(60, 0, bytes, checksum));
        Send(manifest);
        Install(manifest);
        Assert.Equal(_sender.Machine.Stream(), _receiver.Machine.Stream());
    }

    [Fact]
    public void A_newer_snapshot_takes_the_place_of_one_that_is_being_received()
    {
        var first = Prepare();
        Assert.False(Send(first, 4));
        _sender.Apply((2, "newer"));
        var second = Prepare();
        Assert.Equal(61UL, second.Index);
        Send(second);
        Install(second);
        Assert.Equal(_sender.Machine.Stream(), _receiver.Machine.Stream());
        Assert.Single(_receiver.Disk.List());
    }

    [Fact]
    public void A_snapshot_being_sent_stays_whatever_the_store_drops()
    {
        var manifest = Prepare();
        for (var i = 0; i < 3; i++)
        {
            _sender.Apply((1, "more"));
            _sender.Snapshot();
        }

        Assert.DoesNotContain(_sender.Pipeline.List, kept => kept.Index == manifest.Index);
        Send(manifest);
        Install(manifest);
        Assert.Equal(60UL, _receiver.Machine.AppliedIndex);
        _sender.Pipeline.Outbox.Drop();
        _sender.Settle();
        Assert.Equal(2, _sender.Disk.List().Count);
    }

    [Fact]
    [Trait("Covers", "DUR-06")]
    public void A_received_file_that_rots_is_not_installed()
    {
        var manifest = Prepare();
        Send(manifest);
        _receiver.Disk.Flip(_receiver.Disk.List()[0].File, 8192 + 100);
        var install = _receiver.Pipeline.Inbox.Install;
        install.Start(_receiver.Machine, _receiver.Pipeline.Inbox.Whole!);
        _receiver.Settle();
        Assert.False(install.IsDone);
        Assert.Equal(SnapshotFault.RecordChecksum, install.Fault);
    }

    [Theory]
    [InlineData(DiskError.Device, SnapshotFault.Device)]
    [InlineData(DiskError.NoSpace, SnapshotFault.NoSpace)]
    public void A_disk_that_fails_the_receiver_is_named_and_the_transfer_can_begin_anew(
        DiskError error, SnapshotFault fault)
    {
        var manifest = Prepare();
        _receiver.Disk.Fault = request => request.Operation == DiskOperation.Write && request.Offset > 8192
            ? error
            : DiskError.None;
        Send(manifest);
        Assert.Null(_receiver.Pipeline.Inbox.Whole);
        Assert.Equal(fault, _receiver.Pipeline.Inbox.Fault);
        _receiver.Disk.Fault = _ => DiskError.None;
        Send(manifest);
        Install(manifest);
    }

    [Fact]
    public void A_disk_that_fails_the_sender_is_named()
    {
        _sender.Snapshot();
        _sender.Disk.Fault = request => request.Operation == DiskOperation.Read ? DiskError.Device : DiskError.None;
        Assert.True(_sender.Pipeline.Outbox.TryPrepare(_sender.Pipeline.List[0]));
        _sender.Settle();
        Assert.Equal(OutboxState.Failed, _sender.Pipeline.Outbox.State);
        Assert.Equal(SnapshotFault.Device, _sender.Pipeline.Outbox.Fault);
    }

    private static Lone New(MemoryDisk disk, List<(EntryHeader, byte[])>? log = null) =>
        new(disk, new DiskSnapshotStore(disk, Lone.Small), log);

    private SnapshotManifest Prepare()
    {
        var taken = _sender.Snapshot();
        Assert.True(_sender.Pipeline.Outbox.TryPrepare(taken));
        _sender.Settle();
        Assert.Equal(OutboxState.Ready, _sender.Pipeline.Outbox.State);
        return _sender.Pipeline.Outbox.Manifest!;
    }

    private ReadOnlySpan<byte> Chunk(ulong offset, out uint checksum)
    {
        ReadOnlySpan<byte> bytes;
        while (!_sender.Pipeline.Outbox.TryChunk(offset, out bytes, out checksum))
        {
            Assert.True(_sender.Turn());
        }

        return bytes;
    }

    // Until all is sent, or some turns of the receiver's disk are over, or the receiver refuses.
    private bool Send(SnapshotManifest manifest, int turns = int.MaxValue)
    {
        var inbox = _receiver.Pipeline.Inbox;
        while (!inbox.TryOffer(manifest))
        {
            Assert.True(_receiver.Turn());
        }

        while (inbox.Whole is null && inbox.Fault == SnapshotFault.None)
        {
            if (inbox.NextOffset < manifest.Header.Length)
            {
                inbox.Take(manifest.Index, inbox.NextOffset, Chunk(inbox.NextOffset, out var sum), sum);
            }

            if (turns-- == 0)
            {
                return false;
            }

            _receiver.Turn();
        }

        return true;
    }

    private void Install(SnapshotManifest manifest)
    {
        var install = _receiver.Pipeline.Inbox.Install;
        Assert.True(_receiver.Pipeline.Inbox.Whole!.IsSameSnapshot(manifest));
        install.Start(_receiver.Machine, _receiver.Pipeline.Inbox.Whole);
        _receiver.Settle();
        Assert.Equal(SnapshotFault.None, install.Fault);
        Assert.True(install.IsDone);
        _receiver.Pipeline.OnInstalled();
    }
}
