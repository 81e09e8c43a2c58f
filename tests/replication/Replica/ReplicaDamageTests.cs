using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Tests.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Replica;

/// <summary>
/// Bits that rot in the log of a member: it comes back with what the others committed, says what is wrong meanwhile,
/// and helps nobody to lead who lacks what it lost. Whole replicas over whole logs.
/// </summary>
public sealed class ReplicaDamageTests
{
    [Theory]
    [InlineData(5)]
    [InlineData(37)]
    [InlineData(60)]
    public void Damaged_entry_is_got_back_from_the_others(int at)
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        Fill(cluster, 1, 60);
        var member = Restart(cluster, [$"<{at:D3}>"]);
        AssertWhole(cluster, member);
    }

    [Fact]
    public void Entries_damaged_in_many_places_are_got_back_one_after_the_other()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        Fill(cluster, 1, 120);
        var last = cluster.Members[0].Replica.Log.LastIndex;
        var member = Restart(cluster, ["<001>", "<040>", "<041>", "<090>", "<120>"]);
        AssertWhole(cluster, member);
        Assert.Equal(last, member.Replica.Log.LastIndex);
    }

    [Fact]
    public void All_members_damaged_in_different_places_are_whole_together()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        Fill(cluster, 1, 60);
        Settle(cluster);
        cluster.Members.ForEach(static member => member.Kill());
        for (var i = 0; i < 3; i++)
        {
            cluster.Members[i].Rot($"<{10 + i:D3}>");
            cluster.Members[i].Rot($"<{58 + i:D3}>");
        }

        cluster.Members.ForEach(static member => member.Start());
        cluster.Elect();
        cluster.Until(() => cluster.Members.All(static member => member.AppliedIndex > 60), "all are back", 5000);
        Fill(cluster, 61, 5);
        cluster.Members.ForEach(member => AssertWhole(cluster, member));
    }

    // The damage is where a leader's log has other entries: what was lost was never committed.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_entry_that_the_cluster_never_committed_gives_way(bool isFirstDamaged)
    {
        using var cluster = new ReplicaCluster(5);
        var (old, member) = Diverge(cluster);
        member.Rot(isFirstDamaged ? "<lost one>" : "<lost two>");
        cluster.Isolated.Clear();
        cluster.Isolated.Add(old.Id.Number);
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back", 3000);
        AssertEqual(cluster, member);
        cluster.Until(() => member.Replica.Node.Status.Faults == RaftFaults.None, "no fault is left", 3000);
    }

    // Only the deposed leader answers for the damage: the bytes it gives are those that were lost, and no more than
    // that.
    [Fact]
    public void Repaired_entry_that_the_cluster_never_committed_is_not_applied()
    {
        using var cluster = new ReplicaCluster(5);
        var (old, member) = Diverge(cluster);
        member.Rot("<lost one>");
        cluster.Isolated.Clear();
        cluster.IsLost = message => message.From.Number == old.Id.Number || message.To.Number == old.Id.Number
            ? message.From.Number != member.Id.Number && message.To.Number != member.Id.Number
            : message.Kind == PeerMessageKind.RepairAnswer;
        member.Start();
        cluster.Until(
            () => member.AppliedIndex == Leader(cluster, old).AppliedIndex, "the member is back", 3000);
        AssertEqual(cluster, member);
        cluster.IsLost = null;
        cluster.Until(() => old.AppliedIndex == member.AppliedIndex, "the old leader is back", 3000);
        cluster.AssertEqual();
    }

    // A committed entry damaged, behind it some that were never committed, and nobody who answers for the damage.
    [Fact]
    public void Damage_before_entries_that_give_way_gives_way_with_them()
    {
        using var cluster = new ReplicaCluster(5);
        var (old, member) = Diverge(cluster);
        member.Rot("<010>");
        cluster.Isolated.Clear();
        cluster.Isolated.Add(old.Id.Number);
        cluster.IsLost = static message => message.Kind == PeerMessageKind.RepairAnswer;
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back", 3000);
        AssertEqual(cluster, member);
        cluster.Until(() => member.Replica.Node.Status.Faults == RaftFaults.None, "no fault is left", 3000);
    }

    [Fact]
    public void Damage_that_nobody_can_repair_any_more_ends_in_a_snapshot()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(100));
        cluster.Elect();
        var member = cluster.Members.First(one => !one.IsLeader);
        member.FaultOf = static request =>
            SnapshotFiles.IsStored(request.File) ? DiskError.Device : DiskError.None;
        Fill(cluster, 1, 600);
        cluster.Until(
            () => cluster.Members.All(one => one == member || one.Replica.Log.FirstIndex > 100), "the others let go");
        Assert.Equal(1UL, member.Replica.Log.FirstIndex);
        member.FaultOf = null;
        Settle(cluster);
        member.Kill();
        member.Rot("<005>");
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back", 5000);
        Assert.True(member.InstalledIndex > 0, "by a snapshot");
        Fill(cluster, 601, 5);
        cluster.AssertEqual();
        cluster.Until(() => member.Replica.Node.Status.Faults == RaftFaults.None, "no fault is left", 3000);
    }

    // Two of three have an entry, and one of the two loses it: while the other is away there is no leader.
    [Fact]
    public void Member_that_had_to_cut_its_log_elects_none_that_lacks_what_it_lost()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        Fill(cluster, 1, 5);
        var leader = cluster.Leader;
        var member = cluster.Members.First(one => !one.IsLeader);
        var behind = cluster.Members.First(one => !one.IsLeader && one != member);
        cluster.Isolated.Add(behind.Id.Number);
        Fill(cluster, 6, 150);
        Settle(cluster);
        var last = member.Replica.Log.LastIndex;
        member.Kill();
        member.Rot("<010>");
        cluster.IsLost = static message => message.Kind == PeerMessageKind.RepairAnswer;
        member.Start();
        cluster.Until(() => member.Replica.Log.DurableIndex is > 0 and < 100, "the cut", 3000);
        leader.Kill();
        member.Kill();
        member.Start();
        cluster.Isolated.Clear();
        for (var i = 0; i < 20_000; i++)
        {
            cluster.Pass();
            Assert.DoesNotContain(cluster.Members, static one => one.IsLeader);
        }

        Assert.Equal(RaftFaults.LogDamaged, member.Replica.Node.Status.Faults);
        leader.Start();
        cluster.Elect();
        cluster.Until(() => cluster.Members.All(one => one.AppliedIndex > last), "all are back", 5000);
        Fill(cluster, 156, 5);
        cluster.AssertEqual();
        cluster.Until(
            () => cluster.Members.All(static one => one.Replica.Node.Status.Faults == RaftFaults.None),
            "no fault is left");
    }

    [Fact]
    public void Entry_that_decayed_while_the_log_was_replayed_is_repaired_at_the_next_start()
    {
        using var cluster = new ReplicaCluster(3, ReplicaCluster.Options with { ApplyEntriesMax = 4 });
        cluster.Elect();
        Fill(cluster, 1, 300);
        Settle(cluster);
        var member = cluster.Members.First(one => !one.IsLeader);
        member.Kill();
        member.Start();
        cluster.Until(() => member.AppliedIndex > 20, "the replay");
        member.Rot("<200>");
        cluster.Until(() => member.Replica.Phase == ReplicaPhase.Failed, "the end", 3000);
        Assert.Equal(ReplicaFailure.LogDecayed, member.Replica.Failure);
        member.Kill();
        member.Start();
        AssertWhole(cluster, member);
    }

    // A leader and a follower have two entries that the other three, who go on, never saw.
    private static (TestReplica Old, TestReplica Member) Diverge(ReplicaCluster cluster)
    {
        cluster.Elect();
        Fill(cluster, 1, 20);
        var old = cluster.Leader;
        var member = cluster.Members.First(one => !one.IsLeader);
        var others = cluster.Members.Where(one => one != old && one != member).ToList();
        cluster.IsLost = message => others.Exists(one => one.Id == message.From) != others.Exists(
            one => one.Id == message.To);
        old.Propose(RecordMachine.Payload((1, "<lost one>")));
        var last = old.Propose(RecordMachine.Payload((2, "<lost two>")));
        cluster.Until(() => member.Replica.Log.DurableIndex == last, "the two entries");
        cluster.Until(() => others.Exists(static one => one.IsLeader) && !old.IsLeader, "another leader");
        cluster.Until(() => others.TrueForAll(one => one.AppliedIndex >= last - 1), "its first entry");
        Settle(cluster);
        Assert.Equal(last, member.Replica.Log.LastIndex);
        member.Kill();
        cluster.IsLost = null;
        return (old, member);
    }

    private static void Fill(ReplicaCluster cluster, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            cluster.Write(((UInt128)(i % 50), $"<{i:D3}>" + new string((char)('a' + (i % 26)), 400)));
        }
    }

    // An idle log seals its last group: what is damaged from now on is not taken for torn.
    private static void Settle(ReplicaCluster cluster)
    {
        for (var i = 0; i < 200; i++)
        {
            cluster.Pass();
        }
    }

    private static TestReplica Restart(ReplicaCluster cluster, string[] rotten)
    {
        Settle(cluster);
        var member = cluster.Members.First(one => !one.IsLeader);
        member.Kill();
        foreach (var text in rotten)
        {
            member.Rot(text);
        }

        member.Start();
        return member;
    }

    private static void AssertWhole(ReplicaCluster cluster, TestReplica member)
    {
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back", 3000);
        cluster.Until(() => member.Replica.Node.Status.Faults == RaftFaults.None, "no fault is left", 3000);
        Assert.Empty(member.Replica.Log.Faults);
        AssertEqual(cluster, member);
    }

    private static void AssertEqual(ReplicaCluster cluster, TestReplica member)
    {
        var leader = cluster.Members.Where(static one => one.IsLeader)
            .MaxBy(static one => one.Replica.Node.Status.Term)!;
        Assert.Equal(leader.Machine.AppliedIndex, member.Machine.AppliedIndex);
        Assert.Equal(leader.Machine.Stream(), member.Machine.Stream());
    }

    private static TestReplica Leader(ReplicaCluster cluster, TestReplica old) =>
        cluster.Members.Single(member => member != old && member.IsLeader);

    private static ReplicaOptions WithSnapshots(ulong interval) => ReplicaCluster.Options with
    {
        Snapshots = ReplicaCluster.Options.Snapshots with { IntervalEntries = interval },
    };
}
