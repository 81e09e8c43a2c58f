using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

public sealed class DiskSnapshotStoreTests : SnapshotStoreConformance
{
    private MemoryDisk _disk = new();

    [Fact]
    [Trait("Covers", "DUR-06")]
    public void Power_lost_at_every_request_leaves_exactly_the_old_or_the_new_snapshot()
    {
        for (var at = 0; ; at++)
        {
            for (var kept = 0; kept < 3; kept++)
            {
                Open();
                Fill(20);
                Member.Snapshot();
                Fill(20);
                Assert.True(Member.Begin());
                while (Member.Pipeline.DurableCount < 2 && Member.Disk.Completed < at)
                {
                    Turn();
                }

                var isDurable = Member.Pipeline.DurableCount == 2;
                _disk = Member.Disk.PowerCut(kept);
                Restart();
                var load = Member.Start();
                Assert.Empty(load.Refused);
                Assert.True(load.Manifest!.Index == 40 || (load.Manifest.Index == 20 && !isDurable));
                if (isDurable && kept == 2)
                {
                    return;
                }
            }
        }
    }

    [Theory]
    [Trait("Covers", "DUR-06")]
    [InlineData(100, SnapshotFault.ManifestChecksum)]
    [InlineData(8192 + 40, SnapshotFault.RecordChecksum)]
    public void A_rotten_newest_snapshot_is_passed_over_for_the_one_before(long offset, SnapshotFault fault)
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(20);
        Member.Snapshot();
        Fill(3);
        var hash = Member.Machine.StateHash;
        Member.Disk.Flip(new FileId(FileKind.Snapshot, 40), offset);
        Restart();
        var load = Member.Start();
        Assert.Equal(20UL, load.Manifest!.Index);
        Assert.Equal([new SnapshotRefusal(40, fault)], load.Refused);
        Assert.Equal(hash, Member.Machine.StateHash);
    }

    [Theory]
    [InlineData(DiskOperation.Create, DiskError.NoSpace, SnapshotFault.NoSpace)]
    [InlineData(DiskOperation.Write, DiskError.Device, SnapshotFault.Device)]
    public void A_failed_write_is_a_failed_snapshot_and_the_next_is_whole(
        DiskOperation operation, DiskError error, SnapshotFault fault)
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(5);
        Member.Disk.Fault = request => request.Operation == operation ? error : DiskError.None;
        Assert.True(Member.Begin());
        Settle();
        Assert.Equal(fault, Member.Pipeline.LastFault);
        Assert.Equal(1UL, Member.Pipeline.FailedCount);
        Assert.Equal(SnapshotScope.All, Member.Store.Wants);
        Assert.Equal(20UL, Member.Pipeline.Newest!.Index);
        Member.Disk.Fault = _ => DiskError.None;
        Fill(1);
        Member.Snapshot();
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    private protected override Lone OpenMember(bool isNew, List<(EntryHeader, byte[])> log)
    {
        _disk = isNew ? new MemoryDisk() : _disk.PowerCut(0);
        return new Lone(_disk, new DiskSnapshotStore(_disk, Lone.Small), log);
    }

    private protected override void LetFinish()
    {
    }

    private protected override void Close()
    {
    }
}
