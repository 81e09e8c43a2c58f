using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Changes of the members as they went wrong elsewhere; the name says where. Thesis chapter 4.</summary>
public sealed class MembershipScenarioTests
{
    // Thesis 4.3.
    [Fact]
    public void A_voter_is_added_through_a_joint_configuration_that_is_left_by_itself()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Add(4);
        Change(cluster, 1, cluster.Founders.Joined(4, MemberRoles.Voter));
        Assert.True(cluster[1].Node.Configuration.IsJoint);
        cluster.Run(6);
        Assert.All(cluster.Members, member => Assert.False(member.Node.Configuration.IsJoint));
        Assert.All(cluster.Members, member => Assert.Equal(4, member.Node.Configuration.VoterCount));
        Assert.All(cluster.Members, member => Assert.Equal(cluster[1].Applied, member.Applied));
    }

    // Ongaro, raft-dev 2015-07-10; copycat#23, axon PR 120; MicroRaft
    // when_thereIsNoCommitInTheCurrentTerm_then_cannotMakeMemberChange.
    [Fact]
    public void No_change_before_the_first_commit_of_the_own_term_ongaro_2015()
    {
        using var cluster = new TestCluster(3);
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind != PeerMessageKind.AppendEntries);
        Assert.True(cluster[1].IsLeader);
        var target = cluster.Founders.Joined(3, MemberRoles.None);
        Assert.Equal(Refusal.NoCommitInTerm, cluster[1].Node.ProposeConfiguration(target, out _));
        cluster.DeliverAll();
        Assert.Equal(Refusal.None, cluster[1].Node.ProposeConfiguration(target, out _));
        Assert.Equal(Refusal.ChangeUnderWay, cluster[1].Node.ProposeConfiguration(target, out _));
    }

    // Thesis 4.3: both majorities are needed while a change is under way.
    [Fact]
    public void A_joint_configuration_needs_both_majorities()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Add(4);
        cluster.Add(5);
        cluster.Cut(4, 1);
        cluster.Cut(5, 1);
        var target = Configuration.OfVoters(TestCluster.Id(1), TestCluster.Id(4), TestCluster.Id(5));
        var before = cluster[1].CommitIndex;
        Change(cluster, 1, target);
        cluster.Run(3);
        Assert.Equal(before, cluster[1].CommitIndex);
        Assert.True(cluster[1].Node.Configuration.IsJoint);
        cluster.Heal();
        cluster.Run(6);
        Assert.False(cluster[1].Node.Configuration.IsJoint);
        Assert.Equal(3, cluster[1].Node.Configuration.VoterCount);
    }

    // camunda#60086.
    [Fact]
    public void A_new_leader_first_commits_a_joint_configuration_it_found_and_then_leaves_it_camunda_60086()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Add(4);
        Change(cluster, 1, cluster.Founders.Joined(4, MemberRoles.Voter));
        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.AppendEntries && letter.To == 2);
        Assert.True(cluster[2].Node.Configuration.IsJoint);
        cluster.Crash(1);
        cluster.DropAll();
        cluster.Run(100);
        Assert.Equal(2u, cluster.Leader.Number);
        Assert.False(cluster[2].Node.Configuration.IsJoint);
        Assert.Equal(4, cluster[2].Node.Configuration.VoterCount);
        Assert.Equal(cluster[2].Applied, cluster[3].Applied);
    }

    // Thesis 4.1: a configuration is in force when appended, and not any more when its entry is taken back.
    [Fact]
    public void A_configuration_that_is_taken_back_is_not_in_force_any_more()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(1);
        Change(cluster, 1, cluster.Founders.Joined(2, MemberRoles.None));
        Assert.True(cluster[1].Node.Configuration.IsJoint);
        cluster.Run(60);
        cluster.Heal();
        cluster.Run(10);
        Assert.Equal(3, cluster[1].Node.Configuration.VoterCount);
        Assert.False(cluster[1].Node.Configuration.IsJoint);
    }

    // Thesis 4.2.2; etcd confchange_v1_remove_leader(_stepdown), MicroRaft leaderLeaves_*, CCF retire*.
    [Fact]
    public void A_leader_that_removes_itself_leads_until_that_is_committed_and_then_goes_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        Change(cluster, 1, cluster.Founders.Joined(1, MemberRoles.None));
        Assert.True(cluster[1].IsLeader);
        cluster.DeliverAll();
        cluster.Run(2);
        Assert.False(cluster[1].IsLeader);
        cluster.Run(30);
        Assert.NotEqual(1u, cluster.Leader.Number);
        Assert.Equal(2, cluster.Leader.Node.Configuration.VoterCount);
        var term = cluster.Leader.Status.Term;
        cluster.Run(60);
        Assert.Equal(term, cluster.Leader.Status.Term);
    }

    [Fact]
    public void A_leader_that_is_no_voter_any_more_does_not_count_itself()
    {
        using var cluster = new TestCluster(4);
        cluster.Elect(1);
        Change(cluster, 1, cluster.Founders.Joined(1, MemberRoles.None));
        cluster.Cut(1, 4);
        cluster.DeliverOnly(letter => letter.To != 3 || letter.Message.Index < 2);
        Assert.False(cluster[1].Node.Configuration.IsJoint);
        Assert.Equal(3UL, cluster[2].Status.LastIndex);
        Assert.Equal((3UL, 2UL), (cluster[1].Status.LastIndex, cluster[1].CommitIndex));
        cluster.DeliverAll();
        Assert.Equal(3UL, cluster[1].CommitIndex);
    }

    // MicroRaft raftGroupIsExtendedToEvenNumber*.
    [Fact]
    public void An_even_group_needs_more_than_half_microraft()
    {
        using var cluster = new TestCluster(4);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Isolate(4);
        var index = cluster.Propose(1, "a");
        cluster.DeliverAll();
        Assert.True(cluster[1].CommitIndex < index);
        cluster.Heal();
        cluster.Isolate(4);
        cluster.Run(2);
        Assert.Equal(index, cluster[1].CommitIndex);
    }

    // Thesis 4.2.1; etcd#15107: auto-promotion.
    [Fact]
    public void A_learner_does_not_count_and_becomes_a_voter_when_it_has_caught_up_etcd_15107()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        for (var i = 0; i < 30; i++)
        {
            cluster.Propose(1, $"entry {i}");
            cluster.DeliverAll();
        }

        cluster.Add(4);
        cluster.Isolate(4);
        Change(cluster, 1, cluster.Founders.Joined(4, MemberRoles.Learner | MemberRoles.Promotable));
        cluster.Run(3);
        Assert.Equal(3, cluster[1].Node.Configuration.VoterCount);
        Assert.Equal(cluster[1].Status.LastIndex, cluster[1].CommitIndex);
        cluster.Heal();
        cluster.Run(8);
        Assert.Equal(4, cluster[1].Node.Configuration.VoterCount);
        Assert.Equal(cluster[1].Applied, cluster[4].Applied);
    }

    [Fact]
    public void A_change_that_has_no_single_step_is_refused()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        var nobody = cluster.Founders.Joined(1, MemberRoles.Learner).Joined(2, MemberRoles.Learner);
        nobody = nobody.Joined(3, MemberRoles.Learner);
        Assert.Equal(Refusal.BadConfiguration, cluster[1].Node.ProposeConfiguration(nobody, out _));
        var other = cluster.Founders.With(TestCluster.Id(3, 2), MemberRoles.Voter);
        Assert.Equal(Refusal.BadConfiguration, cluster[1].Node.ProposeConfiguration(other, out _));
        Assert.Equal(Refusal.NotLeader, cluster[2].Node.ProposeConfiguration(cluster.Founders, out _));
    }

    [Fact]
    public void Configurations_are_read_back_from_the_log_and_from_the_snapshot()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Add(4);
        Change(cluster, 1, cluster.Founders.Joined(4, MemberRoles.Learner));
        cluster.Run(4);
        cluster.Crash(2);
        cluster.Restart(2);
        Assert.Equal(MemberRoles.Learner, cluster[2].Node.Configuration.RolesOf(TestCluster.Id(4)));
        cluster.Run(4);
        cluster[2].TakeSnapshot();
        cluster.Crash(2);
        cluster.Restart(2);
        Assert.Equal(MemberRoles.Learner, cluster[2].Node.Configuration.RolesOf(TestCluster.Id(4)));
    }

    private static void Change(TestCluster cluster, uint number, Configuration target)
    {
        Assert.Equal(Refusal.None, cluster[number].Node.ProposeConfiguration(target, out _));
        cluster[number].Pump();
    }
}
