using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>States that differ: found by the hashes in acknowledgements, decided by the majority.</summary>
public sealed class HashAgreementTests
{
    [Fact]
    [Trait("Covers", "REPL-06")]
    public void A_follower_whose_state_differs_is_quarantined_and_still_acknowledges()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[3].IsCorrupt = true;
        var different = cluster.Propose(1, "a");
        cluster.Run(4);
        var status = cluster[3].Status;
        Assert.Equal(RaftFaults.Quarantined, status.Faults);
        Assert.Equal((different - 1, different), (status.LastEqualIndex, status.FirstDifferentIndex));
        Assert.Equal(RaftFaults.None, cluster[1].Status.Faults);
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
        Assert.Equal(Refusal.Faulty, cluster[3].Node.RequestRead(1));

        // Its log is whole, so it is half of a majority of two; but it does not lead.
        cluster.Isolate(2);
        var index = cluster.Propose(1, "b");
        cluster.Run(2);
        Assert.Equal(index, cluster[1].CommitIndex);
        cluster.Crash(1);
        cluster.Run(100);
        Assert.Equal(RaftRole.Follower, cluster[3].Status.Role);
    }

    [Fact]
    public void A_leader_whose_state_is_not_the_majoritys_stands_aside()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].IsCorrupt = true;
        cluster.Propose(1, "a");
        cluster.Run(4);
        Assert.False(cluster[1].IsLeader);
        Assert.Equal(RaftFaults.Quarantined, cluster[1].Status.Faults);
        cluster.Run(80);
        Assert.NotEqual(1u, cluster.Leader.Number);
        Assert.Equal(RaftFaults.None, cluster.Leader.Status.Faults);
    }

    [Fact]
    public void Without_a_majority_nothing_is_served()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster[2].IsCorrupt = true;
        cluster.Propose(1, "a");
        cluster.Run(3);
        Assert.Equal(RaftFaults.Disputed, cluster[1].Status.Faults);
        Assert.Equal(Refusal.Disputed, cluster[1].Node.RequestRead(1));
        cluster.Heal();
        cluster.Run(4);
        Assert.Equal(RaftFaults.None, cluster[1].Status.Faults);
        Assert.Equal(RaftFaults.Quarantined, cluster[2].Status.Faults);
    }

    // etcd 3.5 postmortem (#13766): hashes compare only at the same index, whoever is how far.
    [Fact]
    public void Members_that_are_not_equally_far_are_compared_at_the_same_index_etcd_13766()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[2].IsApplyHeld = true;
        for (var i = 0; i < 5; i++)
        {
            cluster.Propose(1, $"{i}");
            cluster.DeliverAll();
        }

        cluster.Run(2);
        cluster[2].IsApplyHeld = false;
        cluster[2].Pump();
        cluster.Run(2);
        Assert.All(cluster.Members, member => Assert.Equal(RaftFaults.None, member.Status.Faults));
    }

    [Fact]
    public void A_fault_in_memory_that_a_scrubber_finds_takes_the_leader_out_of_office()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].Node.StateDamaged(lastGood: 0);
        Assert.False(cluster[1].IsLeader);
        Assert.Equal(RaftFaults.Quarantined, cluster[1].Status.Faults);
        cluster.Run(60);
        Assert.NotEqual(1u, cluster.Leader.Number);
    }

    // Its log is whole, so it goes on to acknowledge while it is built anew; what was said of the state it had is not
    // held against the one it has.
    [Fact]
    [Trait("Covers", "REPL-06")]
    public void A_quarantined_member_is_built_anew_from_an_older_snapshot_and_the_log()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.Run(2);
        cluster[1].TakeSnapshot(kept: 2);
        Assert.Equal(Refusal.NotQuarantined, cluster[3].Node.RequestRebuild());
        cluster[3].IsCorrupt = true;
        cluster.Propose(1, "b");
        cluster.Run(4);
        Assert.Equal(RaftFaults.Quarantined, cluster[3].Status.Faults);
        cluster[3].IsCorrupt = false;
        Assert.Equal(Refusal.None, cluster[3].Node.RequestRebuild());

        // While parts are under way it is half of a majority of two.
        cluster.Isolate(2);
        var index = cluster.Propose(1, "c");
        cluster.Run(2);
        Assert.Equal(index, cluster[1].CommitIndex);
        cluster.Heal();
        cluster.Run(20);
        Assert.Equal(RaftFaults.None, cluster[3].Status.Faults);
        Assert.Equal(cluster[1].StateHash, cluster[3].StateHash);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);

        // Heard of again: where it differs once more, that is noticed once more.
        cluster[3].IsCorrupt = true;
        cluster.Propose(1, "d");
        cluster.Run(4);
        Assert.Equal(RaftFaults.Quarantined, cluster[3].Status.Faults);
    }

    // A leader that forgot, or whose history has run on, does not hold a member aside for ever.
    [Fact]
    public void A_restarted_member_whose_state_is_right_again_is_not_held_aside()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[3].IsCorrupt = true;
        cluster.Propose(1, "a");
        cluster.Run(4);
        Assert.Equal(RaftFaults.Quarantined, cluster[3].Status.Faults);
        cluster.Crash(3);
        cluster[3].IsCorrupt = false;
        cluster.Restart(3);
        cluster.Run(20);
        Assert.Equal(RaftFaults.None, cluster[3].Status.Faults);
        cluster.Propose(1, "b");
        cluster.Run(4);
        Assert.Equal(RaftFaults.None, cluster[3].Status.Faults);
        Assert.Equal(cluster[1].StateHash, cluster[3].StateHash);
    }
}
