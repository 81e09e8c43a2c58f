using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Elections and votes as they went wrong elsewhere; the name says where.</summary>
public sealed class VoteScenarioTests
{
    // Thesis 3.8: term and vote are durable before the answer. hashicorp/raft#661, seaweedfs/raft PR 9, tikv#1610.
    [Fact]
    public void A_crash_between_term_and_vote_gives_no_second_vote_hashicorp_661()
    {
        using var cluster = new TestCluster(3);
        cluster[2].IsDiskHeld = true;
        cluster.Deliver(cluster.RequestVote(1, 2, term: 4, lastIndex: 0, lastTerm: 0));
        Assert.Equal(2, cluster[2].Disk.PendingCount);
        cluster[2].Sync(1);
        Assert.False(cluster.IsUnderWay(PeerMessageKind.VoteAnswer, 2, 1));
        cluster[2].Sync(1);
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 2, 1).IsGranted());
        cluster.Crash(2);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 4, lastIndex: 0, lastTerm: 0));
        Assert.Equal(AnswerReason.VotedOther, cluster.One(PeerMessageKind.VoteAnswer, 2, 3).Message.Reason);
    }

    // Thesis 3.4: a candidate's vote of its term is its own. CCF#5891 former_candidate_double_vote.
    [Fact]
    public void A_former_candidate_does_not_vote_again_in_its_own_term_ccf_5891()
    {
        using var cluster = new TestCluster(3);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind is PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer);
        Assert.Equal(RaftRole.Candidate, cluster[1].Status.Role);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 1, term: 1, lastIndex: 9, lastTerm: 1));
        Assert.Equal(AnswerReason.VotedOther, cluster.One(PeerMessageKind.VoteAnswer, 1, 3).Message.Reason);
    }

    // Thesis 3.3: terms never fall. vesoft/nebula#2405.
    [Fact]
    [Trait("Covers", "REPL-01")]
    [Trait("Covers", "H-06")]
    public void A_late_append_of_an_older_term_lowers_nothing_nebula_2405()
    {
        using var cluster = new TestCluster(3);
        cluster.Deliver(cluster.RequestVote(1, 2, term: 5, lastIndex: 0, lastTerm: 0));
        cluster.DropAll();
        cluster.Deliver(cluster.Append(3, 2, term: 3, index: 0, logTerm: 0, commit: 0));
        var answer = cluster.One(PeerMessageKind.AppendAnswer, 2, 3).Message;
        Assert.Equal((AnswerReason.StaleTerm, 5UL), (answer.Reason, answer.Term));
        cluster.Deliver(cluster.RequestVote(3, 2, term: 5, lastIndex: 7, lastTerm: 4));
        Assert.Equal(AnswerReason.VotedOther, cluster.One(PeerMessageKind.VoteAnswer, 2, 3).Message.Reason);
    }

    // etcd TestCandidateDeliversPreCandidateSelfVoteAfterLostElection and its kin.
    [Fact]
    public void A_vote_counts_once_however_often_it_is_delivered_etcd()
    {
        using var cluster = new TestCluster(5);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.PreVote);
        var promises = cluster.Hold(letter => letter.Kind == PeerMessageKind.PreVoteAnswer);
        cluster.Deliver(promises[0]);
        cluster.Deliver(promises[0]);
        Assert.Equal(RaftRole.PreCandidate, cluster[1].Status.Role);
        cluster.Deliver(promises[1]);
        Assert.Equal(RaftRole.Candidate, cluster[1].Status.Role);

        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.RequestVote && letter.To == 2);
        var vote = cluster.One(PeerMessageKind.VoteAnswer, 2, 1);
        cluster.DropAll();
        cluster.Deliver(vote);
        cluster.Deliver(vote);
        cluster.Deliver(promises);
        Assert.Equal(RaftRole.Candidate, cluster[1].Status.Role);
    }

    [Fact]
    public void A_vote_of_an_earlier_campaign_does_not_count_in_the_next_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind is PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer);
        cluster.DeliverOnly(letter => letter.Kind == PeerMessageKind.RequestVote && letter.To == 2);
        var late = cluster.One(PeerMessageKind.VoteAnswer, 2, 1);
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind is PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer);
        Assert.Equal(2UL, cluster[1].Status.Term);
        cluster.Deliver(late);
        Assert.Equal(RaftRole.Candidate, cluster[1].Status.Role);
    }

    // Thesis 3.6.1, paper 5.4.1; etcd TestVoter, CCF candidate_viability.
    [Theory]
    [Trait("Covers", "REPL-07")]
    [InlineData(1, 1, 1, 1, true)]
    [InlineData(1, 1, 1, 2, true)]
    [InlineData(1, 1, 2, 1, true)]
    [InlineData(2, 1, 1, 1, false)]
    [InlineData(2, 1, 1, 9, false)]
    [InlineData(2, 2, 1, 9, false)]
    [InlineData(1, 2, 1, 1, false)]
    [InlineData(1, 3, 2, 1, true)]
    public void A_candidate_whose_log_is_not_as_complete_gets_no_vote(
        ulong ownTerm, int ownLength, ulong term, ulong length, bool isGranted)
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, ownTerm, [.. Enumerable.Repeat(ownTerm, ownLength)]);
        cluster.Deliver(cluster.RequestVote(1, 2, term: 5, length, term));
        var answer = cluster.One(PeerMessageKind.VoteAnswer, 2, 1);
        Assert.Equal(isGranted, answer.IsGranted());
        Assert.Equal(isGranted ? AnswerReason.None : AnswerReason.LogBehind, answer.Message.Reason);
    }

    // Thesis 3.6.2, figure 3.7 (paper figure 8); logcabin#44, etcd TestLeaderOnlyCommitsLogFromCurrentTerm,
    // CCF indirect_commit_stale_leader.
    [Fact]
    public void An_entry_of_an_earlier_term_is_not_committed_by_counting_figure_8()
    {
        using var cluster = new TestCluster(5, options => options with { MessageBytesMax = 1 });
        cluster.Load(1, 3, 1, 2);
        cluster.Load(2, 3, 1, 2);
        cluster.Load(3, 3, 1);
        cluster.Load(4, 3, 1);
        cluster.Load(5, 3, 1, 3);
        cluster.Isolate(5);
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.DeliverOnly(letter => letter.Kind != PeerMessageKind.AppendEntries);
        Assert.True(cluster[1].IsLeader);
        Assert.Equal(4UL, cluster[1].Status.Term);

        // The old entry reaches 3 and 4, the own first one nobody.
        cluster.DeliverOnly(letter => letter.Kind != PeerMessageKind.AppendEntries
            || letter.Message.Index < 2
            || cluster[letter.To].Status.LastIndex < 2);
        Assert.Equal([1, 2], cluster[3].Terms());
        Assert.Equal([1, 2], cluster[4].Terms());
        Assert.Equal(0UL, cluster[1].CommitIndex);
        cluster.DeliverAll();
        Assert.Equal(3UL, cluster[1].CommitIndex);
    }

    // etcd#9586 / PR 8334, raft-rs PR 84: a voter ahead in term, a better log behind in term, and no leader ever.
    [Fact]
    public void Pre_votes_of_a_lower_term_are_told_the_higher_one_etcd_9586()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 5, 1);
        cluster.Load(3, 1, 1, 1);
        cluster.Crash(1);
        cluster.Run(100);
        Assert.True(cluster[3].IsLeader);
    }

    // Thesis 3.4: split votes are resolved by timeouts that differ.
    [Fact]
    public void A_split_vote_ends_in_a_leader()
    {
        using var cluster = new TestCluster(4);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos);
        cluster.DeliverAll();
        cluster.Run(100);
        Assert.Single(cluster.Members, member => member.IsLeader);
    }

    // etcd TestPreVoteMigration*, hashicorp TestRaft_PreVoteMixedCluster: here there is one mode, and a candidate that
    // asked nobody beforehand meets the same rules.
    [Fact]
    public void A_candidate_without_pre_vote_is_held_back_while_a_leader_is_heard_and_served_when_none_is()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Deliver(cluster.RequestVote(3, 2, term: 9, lastIndex: 9, lastTerm: 9));
        Assert.Equal(AnswerReason.LeaderAlive, cluster.One(PeerMessageKind.VoteAnswer, 2, 3).Message.Reason);
        Assert.Equal(1UL, cluster[2].Status.Term);
        cluster.DropAll();
        cluster.Crash(1);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 2);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 9, lastIndex: 9, lastTerm: 9));
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 2, 3).IsGranted());
    }

    // Thesis 6.2; TigerBeetle "isolate primary, asymmetric, send-only".
    [Fact]
    [Trait("Covers", "REPL-04")]
    [Trait("Covers", "H-70")]
    public void A_leader_that_can_only_send_steps_down_and_another_is_elected_tigerbeetle()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Cut(2, 1);
        cluster.Cut(3, 1);
        cluster.Run(30);
        Assert.False(cluster[1].IsLeader);
        cluster.Run(60);
        Assert.NotEqual(1u, cluster.Leader.Number);
    }

    // TigerBeetle "isolate primary, asymmetric, receive-only".
    [Fact]
    [Trait("Covers", "REPL-04")]
    [Trait("Covers", "H-70")]
    public void A_leader_that_can_only_receive_is_replaced_tigerbeetle()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Cut(1, 2);
        cluster.Cut(1, 3);
        cluster.Run(60);
        Assert.NotEqual(1u, cluster.Leader.Number);
        Assert.False(cluster[1].IsLeader);
    }

    // Thesis 9.6; etcd TestDisruptiveFollowerPreVote.
    [Fact]
    public void A_member_that_returns_from_isolation_deposes_nobody_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Run(100);
        Assert.Equal(1UL, cluster[3].Status.Term);
        cluster.Heal();
        cluster.Run(20);
        Assert.True(cluster[1].IsLeader);
        Assert.Equal(1UL, cluster[1].Status.Term);
    }

    // hashicorp ClusterCanRegainStability_WhenNonVoterWithHigherTermJoin: one election brings it in, then peace.
    [Fact]
    public void A_member_with_a_far_higher_term_costs_one_election_hashicorp()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Load(3, 90);
        cluster.Run(100);
        var leader = cluster.Leader;
        var term = leader.Status.Term;
        Assert.InRange(term, 91UL, 93UL);
        cluster.Run(100);
        Assert.Equal(term, cluster.Leader.Status.Term);
    }

    // Thesis 4.2.3: a server that is no member any more.
    [Fact]
    public void A_stranger_with_a_huge_term_is_not_listened_to()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Deliver(cluster.Forge(PeerMessageKind.AppendAnswer, 9, 1, 99, static (ref PeerMessage _) => { }));
        cluster.Deliver(cluster.RequestVote(9, 1, term: 99, lastIndex: 99, lastTerm: 99));
        cluster.Deliver(cluster.RequestVote(9, 2, term: 99, lastIndex: 99, lastTerm: 99));
        cluster.Run(5);
        Assert.True(cluster[1].IsLeader);
        Assert.Equal(1UL, cluster[1].Status.Term);
    }

    // Thesis 4.2.2; etcd campaign_learner_must_vote.
    [Fact]
    public void A_learner_votes_for_a_candidate_that_knows_it_as_a_voter_etcd()
    {
        using var cluster = new TestCluster(3);
        var learner = cluster.Add(4);
        learner.Stop();
        learner.IsNew = true;
        learner.Disk.Snapshot = RaftStart.Founded(cluster.Founders.Joined(4, MemberRoles.Learner));
        cluster.Restart(4);
        cluster.Deliver(cluster.RequestVote(1, 4, term: 7, lastIndex: 3, lastTerm: 6));
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 4, 1).IsGranted());
        cluster.DropAll();
        cluster.Elapse(3 * cluster.Options.ElectionTimeoutMaxNanos, 4);
        Assert.Empty(cluster.Letters);
    }

    // Thesis 6.2; etcd checkquorum, CCF check_quorum*.
    [Fact]
    [Trait("Covers", "REPL-03")]
    [Trait("Covers", "H-70")]
    public void An_isolated_leader_steps_down_and_its_reads_fail_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(1);
        Assert.Equal(Refusal.None, cluster[1].Node.RequestRead(5));
        cluster[1].Propose("lost?", out var index);
        cluster.Run(25);
        Assert.False(cluster[1].IsLeader);
        Assert.Equal(Refusal.LeadershipLost, Assert.Single(cluster[1].Reads).Refusal);
        Assert.Equal(Refusal.NotLeader, cluster[1].Propose("no", out _));
        Assert.True(cluster[1].CommitIndex < index);
    }

    // Thesis 3.4: the jitter is a function of (seed, node, term, attempt), so a run can be repeated.
    [Fact]
    public void Two_runs_of_one_seed_are_the_same_and_two_seeds_differ()
    {
        string Trace(ulong seed)
        {
            using var cluster = new TestCluster(3, options => options with { Seed = seed });
            List<string> trace = [];
            for (var beat = 0; beat < 60; beat++)
            {
                cluster.Elapse(cluster.Options.HeartbeatNanos);
                trace.AddRange(cluster.Letters.Select(letter => $"{beat} {letter}"));
                cluster.DeliverAll();
            }

            return string.Join('\n', trace);
        }

        Assert.Equal(Trace(1), Trace(1));
        Assert.NotEqual(Trace(1), Trace(2));
    }
}
