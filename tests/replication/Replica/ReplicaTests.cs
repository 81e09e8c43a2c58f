using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;

namespace Exchange.Rsm.Replication.Tests.Replica;

public sealed class ReplicaTests
{
    [Fact]
    public void Lone_member_applies_what_is_proposed_once_it_is_durable()
    {
        using var cluster = new ReplicaCluster(1);
        cluster.Elect();
        var leader = cluster.Leader;
        leader.IsDiskHeld = true;
        var index = leader.Propose(Snapshots.RecordMachine.Payload((1, "one")));
        for (var i = 0; i < 10; i++)
        {
            cluster.Pass();
        }

        Assert.DoesNotContain(index, leader.Told);
        leader.IsDiskHeld = false;
        cluster.Until(() => leader.Told.Contains(index), "the entry");
    }

    [Fact]
    public void Three_members_apply_the_same()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        for (var i = 1; i <= 100; i++)
        {
            cluster.Write(((UInt128)(i % 7), $"value {i}"));
        }

        cluster.AssertEqual();
    }

    [Fact]
    public void Killed_members_come_back_with_everything_that_was_told()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        for (var round = 1; round <= 12; round++)
        {
            for (var i = 1; i <= 20; i++)
            {
                cluster.Write(((UInt128)(i % 7), $"round {round} value {i}"));
            }

            var killed = round % 3 == 0 ? cluster.Leader : cluster.Members.First(member => !member.IsLeader);
            killed.Kill();
            cluster.Elect();
            cluster.Write((100, $"without {killed.Id} in round {round}"));
            killed.Start();
            cluster.Until(
                () => killed.AppliedIndex == cluster.Leader.AppliedIndex, $"{killed.Id} is back");
            cluster.AssertEqual();
        }
    }

    [Fact]
    public void All_members_killed_at_once_lose_nothing_that_was_told()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        for (var i = 1; i <= 200; i++)
        {
            cluster.Write(((UInt128)i, $"value {i}"));
        }

        var told = cluster.Leader.Told[^1];
        var stream = cluster.Leader.Machine.Stream();
        foreach (var member in cluster.Members)
        {
            member.Kill();
        }

        foreach (var member in cluster.Members)
        {
            member.Start();
        }

        cluster.Until(() => cluster.Members.All(member => member.AppliedIndex > told), "all are back");
        cluster.AssertEqual();
        Assert.Equal(stream.Length, cluster.Leader.Machine.Stream().Length);
    }

    [Fact]
    public void Restart_begins_with_the_snapshot_and_the_log_lets_go_of_what_is_in_it()
    {
        var options = WithSnapshots(interval: 50);
        using var cluster = new ReplicaCluster(3, options);
        cluster.Elect();
        for (var i = 1; i <= 600; i++)
        {
            cluster.Write(((UInt128)(i % 50), new string((char)('a' + (i % 26)), 400)));
        }

        var member = cluster.Members.First(one => !one.IsLeader);
        cluster.Until(() => member.Replica.Snapshots.DurableCount >= 3, "snapshots");
        Assert.True(member.Replica.Log.FirstIndex > 100, $"the log begins at {member.Replica.Log.FirstIndex}");
        var snapshot = member.Replica.Snapshots.Newest!.Index;
        member.Kill();
        member.Start();
        Assert.True(member.Machine.AppliedIndex >= snapshot, "the snapshot is the start");
        cluster.Write((1, "after"));
        Assert.True(member.Told[0] > snapshot, $"{member.Told[0]} was told again");
        cluster.AssertEqual();
    }

    [Fact]
    public void Member_behind_the_log_gets_a_snapshot()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 50));
        cluster.Elect();
        cluster.Write((1, "first"));
        var member = cluster.Members.First(one => !one.IsLeader);
        member.Kill();
        for (var i = 1; i <= 800; i++)
        {
            cluster.Write(((UInt128)(i % 50), new string((char)('a' + (i % 26)), 400)));
        }

        cluster.Until(() => cluster.Leader.Replica.Log.FirstIndex > 10, "the log lets go");
        member.Start();
        cluster.Until(
            () => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member has caught up");
        Assert.True(member.InstalledIndex > 0, "by a snapshot");
        cluster.Write((2, "after"));
        cluster.AssertEqual();

        // What it received serves a restart as well as its own.
        member.Kill();
        member.Start();
        cluster.Until(
            () => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back");
        cluster.AssertEqual();
    }

    [Fact]
    public void Reads_are_served_when_what_they_must_see_is_applied()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        var index = cluster.Leader.Propose(Snapshots.RecordMachine.Payload((1, "one")));
        Assert.Equal(Refusal.None, cluster.Leader.Replica.RequestRead(77));
        cluster.Until(() => cluster.Leader.Reads.Count == 1, "the read");
        var read = cluster.Leader.Reads[0];
        Assert.Equal((77ul, Refusal.None), (read.Context, read.Refusal));
        Assert.True(cluster.Leader.Machine.AppliedIndex >= read.Index);
        cluster.Until(() => cluster.Leader.Told.Contains(index), "the entry");
    }

    [Fact]
    public void Cut_off_leader_loses_its_place_and_its_entry()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        cluster.Write((1, "one"));
        var old = cluster.Leader;
        cluster.Isolated.Add(old.Id.Number);
        old.Propose(Snapshots.RecordMachine.Payload((1, "lost")));
        cluster.Until(
            () => cluster.Members.Any(member => member.IsLeader && member != old) && !old.IsLeader, "another leader");
        cluster.Write((1, "two"));
        cluster.Isolated.Clear();
        cluster.Write((2, "three"));
        cluster.AssertEqual();
    }

    [Fact]
    public void Failed_write_ends_the_replica()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        var leader = cluster.Leader;
        leader.IsDiskHeld = true;
        leader.Propose(Snapshots.RecordMachine.Payload((1, "one")));
        cluster.Until(() => leader.Disk.UnderWay.Count > 0, "a write");
        leader.Replica.Complete(leader.Disk.CompleteNext(Replication.Disk.DiskError.Device));
        leader.Replica.Run();
        Assert.Equal((ReplicaPhase.Failed, ReplicaFailure.Disk), (leader.Replica.Phase, leader.Replica.Failure));
        Assert.Equal(Refusal.Faulty, leader.Replica.Propose([], 1, out _));
        leader.Kill();
        cluster.Elect();
        cluster.Write((1, "two"));
    }

    [Fact]
    public void Disk_of_another_member_is_refused()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        var member = cluster.Members[2];
        member.Kill();
        member.Id = member.Id with { Incarnation = 2 };
        member.Start();
        Assert.Equal(
            (ReplicaPhase.Failed, ReplicaFailure.OtherIdentity), (member.Replica.Phase, member.Replica.Failure));
    }

    private static ReplicaOptions WithSnapshots(ulong interval) => ReplicaCluster.Options with
    {
        Snapshots = ReplicaCluster.Options.Snapshots with { IntervalEntries = interval },
    };
}
