using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>
/// Reads, leases and transfers as they went wrong elsewhere; the name says where. Thesis 6.4 and 3.10.
/// </summary>
public sealed class ReadScenarioTests
{
    // Thesis 6.4 step 1; etcd TestReadOnlyForNewLeader, tikv#9208, redpanda PR 5025.
    [Fact]
    public void No_read_is_served_before_the_first_commit_of_the_own_term_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster[2].IsDiskHeld = true;
        cluster[3].IsDiskHeld = true;
        cluster.DeliverOnly(letter => letter.Kind is PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer);
        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.RequestVote);
        cluster[2].Sync(9);
        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.VoteAnswer);
        Assert.True(cluster[1].IsLeader);
        Ask(cluster[1], 7);
        cluster.DeliverAll();
        Assert.Empty(cluster[1].Reads);
        cluster[2].Sync(9);
        cluster.DeliverAll();
        var read = Assert.Single(cluster[1].Reads);
        Assert.Equal(new ReadState(7, 1, Refusal.None, IsLease: false), read);
    }

    [Fact]
    public void Reads_that_wait_together_share_a_round()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        for (ulong context = 0; context < 10; context++)
        {
            Assert.Equal(Refusal.None, cluster[1].Node.RequestRead(context));
        }

        cluster[1].Pump();
        Assert.Equal(2, cluster.Letters.Count);
        cluster.DeliverAll();
        Assert.Equal(10, cluster[1].Reads.Count);
        Assert.All(cluster[1].Reads, read => Assert.Equal(1UL, read.Index));
    }

    // MicroRaft queryFromSplitLeader_*.
    [Fact]
    [Trait("Covers", "REPL-03")]
    public void A_leader_that_was_cut_off_answers_no_read_microraft()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(1);
        Ask(cluster[1], 7);
        cluster.Run(60);
        Assert.Equal(Refusal.LeadershipLost, Assert.Single(cluster[1].Reads).Refusal);
        Assert.Equal(Refusal.NotLeader, cluster[1].Node.RequestRead(8));
    }

    [Fact]
    public void An_answer_from_before_the_read_confirms_nothing()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Elapse(cluster.Options.HeartbeatNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.AppendEntries);
        var early = cluster.Hold(letter => letter.Kind == PeerMessageKind.AppendAnswer);
        Ask(cluster[1], 7);
        cluster.DropAll();
        cluster.Deliver(early);
        Assert.Empty(cluster[1].Reads);
    }

    // Thesis 6.4: a follower asks its leader.
    [Fact]
    public void A_follower_gets_its_read_index_from_the_leader()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        Ask(cluster[3], 9);
        Ask(cluster[3], 10);
        cluster.DeliverAll();
        Assert.Equal([9UL, 10UL], cluster[3].Reads.Select(read => read.Context));
        Assert.All(cluster[3].Reads, read => Assert.Equal(2UL, read.Index));
    }

    [Fact]
    public void A_read_index_that_is_lost_on_the_way_is_asked_for_again()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        Ask(cluster[3], 9);
        cluster.DropAll();
        cluster.Run(2);
        Assert.Single(cluster[3].Reads);
    }

    [Fact]
    public void Without_lease_reads_there_is_no_lease()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        Assert.Equal(0, cluster[1].Status.LeaseUntil);
        Assert.False(cluster[1].Node.ConfirmLease());
    }

    // Thesis 6.4.1: from when the round was sent, and shorter by what clocks drift.
    [Fact]
    [Trait("Covers", "REPL-09")]
    public void A_lease_runs_from_when_the_round_was_sent()
    {
        using var cluster = Leased();
        var sent = cluster.Now + cluster.Options.HeartbeatNanos;
        cluster.Elapse(cluster.Options.HeartbeatNanos, 1);
        var answers = cluster.Hold(letter => true);
        cluster.Deliver(answers);
        answers = cluster.Hold(letter => letter.Kind == PeerMessageKind.AppendAnswer);
        cluster.Elapse(cluster.Options.HeartbeatNanos / 2, 1);
        cluster.Deliver(answers);
        var span = cluster.Options.ElectionTimeoutMinNanos / 100 * 99;
        Assert.Equal(sent + span, cluster[1].Status.LeaseUntil);
        Ask(cluster[1], 5);
        Assert.Equal(new ReadState(5, 1, Refusal.None, IsLease: true), Assert.Single(cluster[1].Reads));
        Assert.True(cluster[1].Node.ConfirmLease());
    }

    [Fact]
    public void A_reply_made_under_a_lease_that_ran_out_meanwhile_is_not_confirmed()
    {
        using var cluster = Leased();
        Ask(cluster[1], 5);
        Assert.True(Assert.Single(cluster[1].Reads).IsLease);
        cluster.Elapse(cluster.Options.ElectionTimeoutMinNanos, 1);
        Assert.False(cluster[1].Node.ConfirmLease());
        cluster.DropAll();
        Ask(cluster[1], 6);
        Assert.Single(cluster[1].Reads);
        cluster.DeliverAll();
        Assert.False(cluster[1].Reads[1].IsLease);
    }

    // While a lease may hold, no voter helps to elect another; also one that has forgotten who leads.
    [Fact]
    public void No_new_leader_while_the_old_one_may_hold_a_lease()
    {
        using var cluster = Leased();
        cluster.Isolate(1);
        cluster.Elapse(cluster.Options.ElectionTimeoutMinNanos - Millisecond, 1, 2, 3);
        cluster.DropAll();
        var isHeld = cluster[1].Node.ConfirmLease();
        cluster.Deliver(cluster.RequestVote(2, 3, term: 9, lastIndex: 9, lastTerm: 9));
        var isGranted = cluster.One(PeerMessageKind.VoteAnswer, 3, 2).IsGranted();
        Assert.False(isHeld && isGranted);
        Assert.False(isGranted);
    }

    // Thesis 6.4.1: it may have given its word just before it went down.
    [Fact]
    public void A_restarted_voter_waits_out_a_lease_before_it_votes()
    {
        using var cluster = Leased();
        cluster.Crash(3);
        cluster.Restart(3);
        cluster.Run(2);
        cluster.Isolate(1);
        Assert.Equal(RaftFaults.WaitingOutLease, cluster[3].Status.Faults);
        cluster.Elapse(cluster.Options.ElectionTimeoutMinNanos + Millisecond, 3);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(2, 3, term: 9, lastIndex: 9, lastTerm: 9));
        Assert.Equal(AnswerReason.Abstaining, cluster.One(PeerMessageKind.VoteAnswer, 3, 2).Message.Reason);
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 3);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(2, 3, term: 20, lastIndex: 9, lastTerm: 9));
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 3, 2).IsGranted());
    }

    // etcd#12704, tikv PR 4688, hashicorp PR 306: also when the transfer came to nothing.
    [Fact]
    public void A_lease_ends_before_a_transfer_begins_and_does_not_come_back_in_the_term_etcd_12704()
    {
        using var cluster = Leased();
        Assert.True(cluster[1].Node.ConfirmLease());
        cluster.Isolate(2);
        Assert.Equal(Refusal.None, cluster[1].Node.TransferLeadership(TestCluster.Id(2)));
        Assert.False(cluster[1].Node.ConfirmLease());
        cluster[1].Pump();
        cluster.Run(25);
        Assert.True(cluster[1].IsLeader);
        Assert.True(cluster[1].Status.TransferTarget.IsNone);
        Assert.False(cluster[1].Node.ConfirmLease());
        Ask(cluster[1], 5);
        cluster.DeliverAll();
        Assert.False(Assert.Single(cluster[1].Reads).IsLease);
    }

    // Thesis 3.10; etcd TestLeaderTransfer*.
    [Fact]
    public void Leadership_goes_to_the_target_although_the_old_leader_is_heard()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        Transfer(cluster, 1, 3);
        cluster.DeliverAll();
        Assert.True(cluster[3].IsLeader);
        Assert.Equal(2UL, cluster[3].Status.Term);
        cluster.Run(1);
        Assert.Equal(3u, cluster[1].Status.Leader.Number);
    }

    [Fact]
    public void A_target_that_is_behind_is_brought_up_to_date_first_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        cluster.Heal();
        Transfer(cluster, 1, 3);
        Assert.False(cluster.IsUnderWay(PeerMessageKind.TimeoutNow, 1, 3));
        cluster.Run(4);
        Assert.True(cluster[3].IsLeader);
        Assert.Contains("a", cluster[3].Applied);
    }

    [Fact]
    public void Proposals_are_refused_during_a_transfer_and_taken_after_it_failed_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        Transfer(cluster, 1, 3);
        Assert.Equal(Refusal.Transferring, cluster[1].Propose("x", out _));
        Assert.Equal(Refusal.Transferring, cluster[1].Node.TransferLeadership(TestCluster.Id(2)));
        cluster.Run(21);
        Assert.True(cluster[1].IsLeader);
        Assert.Equal(Refusal.None, cluster[1].Propose("x", out _));
    }

    [Fact]
    public void Transfers_to_nobody_who_could_lead_are_refused_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Add(4);
        var target = cluster.Founders.Joined(4, MemberRoles.Learner);
        Assert.Equal(Refusal.None, cluster[1].Node.ProposeConfiguration(target, out _));
        cluster[1].Pump();
        cluster.Run(3);
        foreach (uint number in new uint[] { 1, 4, 9 })
        {
            Assert.Equal(Refusal.BadTarget, cluster[1].Node.TransferLeadership(TestCluster.Id(number)));
        }

        Assert.Equal(Refusal.NotLeader, cluster[2].Node.TransferLeadership(TestCluster.Id(3)));
    }

    [Fact]
    public void Leadership_is_not_handed_to_a_member_that_is_being_removed_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        var target = cluster.Founders.Joined(3, MemberRoles.None);
        Assert.Equal(Refusal.None, cluster[1].Node.ProposeConfiguration(target, out _));
        Assert.Equal(Refusal.BadTarget, cluster[1].Node.TransferLeadership(TestCluster.Id(3)));
    }

    private const long Millisecond = TestCluster.Millisecond;

    private static TestCluster Leased()
    {
        var cluster = new TestCluster(3, options => options with { LeaseReads = true });
        cluster.Elect(1);
        Assert.True(cluster[1].Node.ConfirmLease());
        return cluster;
    }

    private static void Ask(TestMember member, ulong context)
    {
        Assert.Equal(Refusal.None, member.Node.RequestRead(context));
        member.Pump();
    }

    private static void Transfer(TestCluster cluster, uint from, uint to)
    {
        Assert.Equal(Refusal.None, cluster[from].Node.TransferLeadership(TestCluster.Id(to)));
        cluster[from].Pump();
    }
}
