using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Snapshots as they went wrong elsewhere; the name says where. Thesis chapter 5.</summary>
public sealed class SnapshotScenarioTests
{
    [Fact]
    public void A_follower_behind_the_log_gets_the_snapshot_in_parts_and_the_rest_as_entries()
    {
        using var cluster = Behind(out _);
        cluster.Heal();
        cluster.Run(20);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
        Assert.Equal(cluster[1].Disk.Snapshot.Point, cluster[3].Disk.Snapshot.Point);
    }

    // hashicorp#212, openraft#808, camunda#4451: parts are lost, and nobody starts over or waits.
    [Fact]
    public void A_lost_part_is_sent_again_and_the_installation_goes_on_where_it_was_hashicorp_212()
    {
        using var cluster = Behind(out var length);
        cluster.Heal();
        var sent = 0;
        var offsets = new List<ulong>();
        for (var beat = 0; beat < 60; beat++)
        {
            cluster.Elapse(cluster.Options.HeartbeatNanos);
            while (cluster.Letters.Count > 0)
            {
                var letter = cluster.Letters[0];
                if (letter.Kind == PeerMessageKind.InstallSnapshot && sent++ % 2 == 0)
                {
                    cluster.Letters.Remove(letter);
                    continue;
                }

                if (letter.Kind == PeerMessageKind.InstallSnapshot)
                {
                    offsets.Add(letter.Message.Offset);
                }

                cluster.Deliver(letter);
            }
        }

        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
        Assert.Equal(offsets.Distinct().Order(), offsets);
        Assert.Equal((length + 15) / 16, offsets.Count);
    }

    [Fact]
    public void A_follower_that_cannot_be_reached_does_not_keep_the_others_from_committing_openraft_808()
    {
        using var cluster = Behind(out _);
        for (var i = 0; i < 20; i++)
        {
            cluster.Propose(1, $"more {i}");
            cluster.DeliverAll();
        }

        Assert.Equal(cluster[1].Status.LastIndex, cluster[1].CommitIndex);
    }

    // hashicorp PR 704 (#697): the entry at the snapshot's last index conflicts.
    [Fact]
    public void A_conflicting_log_is_dropped_when_the_snapshot_comes_hashicorp_697()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(3, 1, 1, 1, 1, 1, 1, 1, 1);
        cluster.Crash(3);
        cluster.Elect(1);
        for (var i = 0; i < 6; i++)
        {
            cluster.Propose(1, $"entry {i}");
        }

        cluster.DeliverAll();
        cluster[1].TakeSnapshot();
        cluster[3].IsNew = true;
        cluster.Restart(3);
        cluster.Run(20);
        cluster.Run(20);
        Assert.Equal(cluster.Leader.Applied, cluster[3].Applied);
    }

    // Thesis 5.1: what follows the snapshot in the log and matches is kept.
    [Fact]
    public void What_the_log_has_behind_the_snapshot_is_kept()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        for (var i = 0; i < 6; i++)
        {
            cluster.Propose(1, $"entry {i}");
        }

        cluster[3].IsApplyHeld = true;
        cluster.DeliverAll();
        var point = cluster[1].Disk.Entries[3];
        var snapshot = new SnapshotPoint(TestDisk.PointOf(point), cluster.Founders, 1, 2);
        var node = new TestCluster(3);
        node.Load(1, 1, 1, 1, 1, 1);
        node[1].Node.SnapshotInstalled(snapshot with { Point = TestDisk.PointOf(node[1].Disk.Entries[2]) });
        Assert.Equal(4UL, node[1].Status.LastIndex);
        Assert.Equal(3UL, node[1].Status.CommitIndex);
        Assert.DoesNotContain(node[1].Node.Ready().Writes.ToArray(), write => write.Kind == LogWriteKind.Reset);
        node.Dispose();
    }

    // etcd snapshot_succeed_via_app_resp(_behind), slow_follower_after_compaction.
    [Fact]
    public void A_snapshot_that_ends_where_the_leaders_log_ends_leaves_no_one_probing_etcd()
    {
        using var cluster = Behind(out _);
        cluster[1].TakeSnapshot();
        Assert.Equal(cluster[1].Status.LastIndex, cluster[1].Disk.Snapshot.Point.Index);
        cluster.Heal();
        cluster.Run(20);
        Assert.Equal(cluster[1].Status.LastIndex, cluster[3].Status.CommitIndex);
        cluster.Propose(1, "next");
        cluster.DeliverAll();
        Assert.Equal("next", cluster[3].Log[^1]);
    }

    // nexus PR 4215, curvine PR 1554, canonical/raft#199: a crash between the snapshot and the log that follows it.
    [Fact]
    public void A_crash_between_snapshot_and_log_leaves_one_or_the_other_nexus_4215()
    {
        using var cluster = Behind(out _);
        cluster.Heal();
        cluster[3].IsDiskHeld = true;
        cluster.Run(20);
        Assert.Equal(cluster[1].Disk.Snapshot.Point, cluster[3].Disk.Snapshot.Point);
        Assert.True(cluster[3].Disk.PendingCount > 0);
        cluster.Crash(3);
        cluster[3].IsDiskHeld = false;
        cluster.Restart(3);
        cluster.Run(20);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
    }

    [Fact]
    public void A_newer_snapshot_takes_the_place_of_one_under_way()
    {
        using var cluster = Behind(out _);
        cluster.Heal();
        cluster.Elapse(cluster.Options.HeartbeatNanos);
        cluster.DeliverOnly(letter => letter.Kind != PeerMessageKind.InstallSnapshot || letter.Message.Offset == 0);
        cluster.Propose(1, "later");
        cluster.DeliverOnly(letter => letter.To != 3);
        cluster[1].TakeSnapshot();
        cluster.DropAll();
        cluster.Run(30);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
    }

    [Fact]
    public void Heartbeats_go_on_beside_an_installation()
    {
        using var cluster = Behind(out _);
        cluster.Heal();
        for (var beat = 0; beat < 40; beat++)
        {
            cluster.Elapse(cluster.Options.HeartbeatNanos);
            cluster.DeliverOnly(letter => letter.Kind != PeerMessageKind.InstallSnapshot);
        }

        Assert.Equal(RaftRole.Follower, cluster[3].Status.Role);
        Assert.Equal(1u, cluster[3].Status.Leader.Number);
    }

    private static TestCluster Behind(out int length)
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 10; i++)
        {
            cluster.Propose(1, $"entry {i}");
            cluster.DeliverAll();
        }

        cluster[1].TakeSnapshot();
        length = cluster[1].Disk.SnapshotBytes.Length;
        cluster.Propose(1, "behind it");
        cluster.DeliverAll();
        return cluster;
    }
}
