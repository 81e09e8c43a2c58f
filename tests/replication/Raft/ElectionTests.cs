using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

public sealed class ElectionTests
{
    [Fact]
    public void A_single_voter_elects_itself_as_soon_as_its_vote_is_durable()
    {
        using var cluster = new TestCluster(1);
        cluster[1].IsDiskHeld = true;
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos);
        Assert.Equal(RaftRole.Candidate, cluster[1].Status.Role);
        cluster[1].Sync(1);
        cluster[1].Sync(1);
        Assert.True(cluster[1].IsLeader);
        Assert.Equal(1UL, cluster[1].Status.Term);
        cluster[1].IsDiskHeld = false;
        cluster[1].Pump();
        Assert.Equal(["NoOperation@1"], cluster[1].Applied);
    }

    [Fact]
    public void A_leader_is_elected_and_replicates()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        var index = cluster.Propose(1, "a");
        Assert.Equal(2UL, index);
        cluster.DeliverAll();
        cluster.Run(1);
        foreach (var member in cluster.Members)
        {
            Assert.Equal(["NoOperation@1", "a"], member.Applied);
            Assert.Equal(1u, member.Status.Leader.Number);
        }
    }
}
