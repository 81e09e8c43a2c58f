using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Replica;

/// <summary>What a replica must not lose, nor pass over in silence, when disks fail and members come late.</summary>
public sealed class ReplicaFaultTests
{
    [Fact]
    public void Leader_that_fed_a_member_from_disk_lets_go_of_its_log_afterwards()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(200));
        cluster.Elect();
        Fill(cluster, 10);
        var member = Follower(cluster);
        member.Kill();
        Fill(cluster, 140);
        Assert.True(cluster.Leader.Replica.Log.FirstIndex == 1, "the log has all");
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member has caught up");
        Assert.Equal(0UL, member.InstalledIndex);
        Fill(cluster, 700);
        cluster.Until(
            () => cluster.Members.All(one => one.Replica.Log.FirstIndex > 200), "the logs let go", stepsMax: 2000);
    }

    [Fact]
    public void Installed_snapshot_outlives_the_next_one_on_its_way()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(100) with { SnapshotHoldNanos = 100_000_000 });
        cluster.Elect();
        Fill(cluster, 5);
        var member = Follower(cluster);
        Leave(cluster, member, 600);
        var first = member.InstalledIndex;
        Assert.True(first > 0, "by a snapshot");

        // Again behind the log, before it has a snapshot of its own.
        cluster.Isolated.Add(member.Id.Number);
        Fill(cluster, 600);
        cluster.Isolated.Clear();
        cluster.Until(() => member.Replica.Snapshots.Inbox.Expected?.Index > first, "the next offer");
        cluster.Until(() => member.Replica.Snapshots.Inbox.NextOffset > 2000, "some of it");
        Assert.Empty(member.Replica.Snapshots.List);
        member.Kill();
        member.Start();
        cluster.Until(() => member.Replica.Phase != ReplicaPhase.Recovering, "the start");
        Assert.Equal((ReplicaPhase.Running, ReplicaFailure.None), (member.Replica.Phase, member.Replica.Failure));
        Assert.True(member.Machine.AppliedIndex >= first, "what it had");
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back");
        cluster.AssertEqual();
        Assert.Single(member.Disk.List(), listing => SnapshotFiles.IsInbox(listing.File));
    }

    [Fact]
    public void Received_snapshot_whose_last_write_fails_is_refused_and_sent_again()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(100));
        cluster.Elect();
        Fill(cluster, 5);
        var member = Follower(cluster);
        var failures = 0;
        member.FaultOf = request =>
        {
            var isManifest = request.Operation == DiskOperation.Write
                && SnapshotFiles.IsInbox(request.File)
                && request.Offset == SnapshotFiles.ManifestOffset;
            return isManifest && failures++ == 0 ? DiskError.Device : DiskError.None;
        };
        Leave(cluster, member, 600);
        Assert.True(failures > 1, "it was written again");
        cluster.AssertEqual();
    }

    [Fact]
    public void Committed_entry_that_decays_before_it_is_applied_ends_the_replica_by_name()
    {
        using var cluster = new ReplicaCluster(3, ReplicaCluster.Options with { ApplyEntriesMax = 4 });
        cluster.Elect();
        Fill(cluster, 300);
        var member = Follower(cluster);
        member.Kill();
        member.Start();
        cluster.Until(() => member.AppliedIndex > 20, "the replay");
        Assert.True(member.AppliedIndex < 150, "it is under way");
        foreach (var listing in member.Disk.List().Where(listing => listing.File.Kind == FileKind.Segment))
        {
            for (var offset = 0L; offset < listing.Length; offset += IDisk.Sector)
            {
                member.Disk.Break(listing.File, offset);
            }
        }

        cluster.Until(() => member.Replica.Phase == ReplicaPhase.Failed, "the end", stepsMax: 2000);
        Assert.Equal(ReplicaFailure.LogDecayed, member.Replica.Failure);
    }

    private static void Fill(ReplicaCluster cluster, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            cluster.Write(((UInt128)(i % 50), new string((char)('a' + (i % 26)), 400)));
        }
    }

    private static TestReplica Follower(ReplicaCluster cluster) => cluster.Members.First(member => !member.IsLeader);

    // So many entries go by without the member that it needs a snapshot.
    private static void Leave(ReplicaCluster cluster, TestReplica member, int count)
    {
        cluster.Isolated.Add(member.Id.Number);
        Fill(cluster, count);
        Assert.True(cluster.Leader.Replica.Log.FirstIndex > member.AppliedIndex + 1, "the log lets go");
        cluster.Isolated.Clear();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member has caught up");
    }

    private static ReplicaOptions WithSnapshots(ulong interval) => ReplicaCluster.Options with
    {
        Snapshots = ReplicaCluster.Options.Snapshots with { IntervalEntries = interval },
    };
}
