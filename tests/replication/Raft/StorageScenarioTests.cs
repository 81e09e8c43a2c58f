using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Disks, crashes and lost memories, as they went wrong elsewhere; the name says where.</summary>
public sealed class StorageScenarioTests
{
    // Thesis 3.8; Jepsen NATS 2.12.1, nats-server#7564, Yugabyte#32875: an acknowledgement means durable, also of an
    // append without entries.
    [Fact]
    [Trait("Covers", "DUR-03")]
    public void A_follower_acknowledges_what_is_durable_and_nothing_more_nats_7564()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster[2].IsDiskHeld = true;
        var index = cluster.Propose(1, "a");
        cluster.Run(3);
        Assert.Equal(index, cluster[2].Status.LastIndex);
        Assert.Equal(index - 1, cluster[1].CommitIndex);
        cluster[2].Sync(1);
        cluster.DeliverAll();
        Assert.Equal(index, cluster[1].CommitIndex);
    }

    // openraft t50_leader_restart_*, #607, #920.
    [Fact]
    public void A_restarted_leader_keeps_neither_its_office_nor_its_commit_index_openraft_607()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        cluster.Run(1);
        cluster[1].Propose("b", out _);
        cluster.DropAll();
        var before = cluster[1].Applied.ToArray();
        cluster.Crash(1);
        cluster.Restart(1);
        Assert.Equal(RaftRole.Follower, cluster[1].Status.Role);
        Assert.Empty(cluster[1].Applied);
        cluster.Run(80);
        Assert.Equal(before, cluster[1].Applied[..before.Length]);
        Assert.Equal(cluster[2].Applied, cluster[1].Applied);
    }

    // aeron shouldRecoverWithUncommittedMessages..., shouldRecoverWhenFollowerIsMultipleTermsBehind.
    [Fact]
    [Trait("Covers", "REPL-07")]
    [Trait("Covers", "DUR-10")]
    public void Nodes_that_start_together_with_different_tails_end_with_one_log_aeron()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(1, 4, 1, 1, 2, 2);
        cluster.Load(2, 4, 1, 1, 3);
        cluster.Load(3, 4, 1, 1, 4, 4, 4);
        cluster.DropAll();
        cluster.Run(100);
        Assert.True(cluster[3].IsLeader || cluster[2].IsLeader || cluster[1].IsLeader);
        Assert.Equal(cluster.Leader.Log, cluster[1].Log);
        Assert.Equal(cluster.Leader.Log, cluster[2].Log);
        Assert.Equal(cluster.Leader.Log, cluster[3].Log);
    }

    // etcd#22442: what was truncated must not come back, also where a snapshot covers the place.
    [Fact]
    public void A_log_replaced_by_a_snapshot_does_not_rise_again_etcd_22442()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        cluster.Isolate(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.Propose(1, "b");
        cluster.DeliverAll();
        cluster[1].TakeSnapshot();
        cluster.Heal();
        cluster.DropAll();
        cluster.Run(40);
        cluster.Elect(1);
        cluster.Run(10);
        cluster.Crash(3);
        cluster.Restart(3);
        cluster.Run(5);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
        Assert.Equal(cluster[1].Status.LastIndex, cluster[3].Status.LastIndex);
    }

    // hashicorp#503, etcd#15247, TiKV#19626: a hung disk is a failed node.
    [Fact]
    public void A_leader_whose_write_hangs_gives_up_and_does_not_campaign_hashicorp_503()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].IsDiskHeld = true;
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        cluster.Run(45);
        Assert.True((cluster[1].Status.Faults & RaftFaults.DiskStalled) != 0);
        Assert.False(cluster[1].IsLeader);
        cluster.Run(60);
        Assert.NotEqual(1u, cluster.Leader.Number);
        cluster[1].IsDiskHeld = false;
        cluster[1].Pump();
        cluster.Run(3);
        Assert.Equal(RaftFaults.None, cluster[1].Status.Faults);
        Assert.Equal(cluster.Leader.Log, cluster[1].Log);
    }

    [Fact]
    public void A_node_whose_disk_failed_is_silent_for_good()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].Node.StorageFailed();
        cluster.DropAll();
        cluster.Elapse(10 * cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.Deliver(cluster.RequestVote(2, 1, term: 9, lastIndex: 9, lastTerm: 9));
        Assert.Empty(cluster.Letters);
        Assert.Equal(Refusal.Faulty, cluster[1].Propose("x", out _));
        cluster.Run(60);
        Assert.NotEqual(1u, cluster.Leader.Number);
    }

    // etcd#13509, #15699, #16220: a node restored from a backup. It finds out before it speaks.
    [Fact]
    public void A_node_restored_from_a_backup_finds_out_and_refuses_etcd_13509()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        var (hard, entries) = (cluster[2].Disk.Hard, cluster[2].Disk.Entries.ToArray());
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        cluster.Crash(2);
        cluster[2].Disk.Restore(hard, entries);
        cluster.Restart(2);
        Assert.Equal(RaftFaults.Recalling, cluster[2].Status.Faults);
        cluster.Run(5);
        Assert.True((cluster[2].Status.Faults & RaftFaults.Amnesiac) != 0);
        cluster.DropAll();
        cluster.Elapse(5 * cluster.Options.ElectionTimeoutMaxNanos, 2);
        Assert.Empty(cluster.Letters);
    }

    [Fact]
    public void A_node_that_forgot_its_vote_finds_out()
    {
        using var cluster = new TestCluster(3);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        cluster.Isolate(3);
        cluster.DeliverAll();
        Assert.True(cluster[1].IsLeader);
        cluster.Crash(2);
        cluster[2].Disk.Restore(new HardState { Term = 1 }, cluster[2].Disk.Entries);
        cluster.Restart(2);
        cluster.Run(2);
        Assert.True((cluster[2].Status.Faults & RaftFaults.Amnesiac) != 0);
    }

    [Fact]
    public void A_node_that_remembers_all_is_back_as_soon_as_a_majority_has_said_so()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        cluster.Crash(2);
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 9, lastIndex: 9, lastTerm: 9));
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 2, logTerm: 1, commit: 2));
        Assert.Empty(cluster.Letters);
        cluster.Isolate(3);
        cluster.Run(2);
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
        Assert.Equal(2UL, cluster[2].CommitIndex);
    }

    // A lost disk is another member: the incarnation is compared in every message.
    [Fact]
    public void A_message_to_or_from_an_earlier_incarnation_is_dropped()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        var changed = cluster.Founders.With(TestCluster.Id(3), MemberRoles.None);
        Assert.Equal(Refusal.None, cluster[1].Node.ProposeConfiguration(changed, out _));
        cluster[1].Pump();
        cluster.Run(2);
        cluster.Crash(3);
        var returned = cluster.Add(3, incarnation: 2);
        changed = cluster[1].Node.Configuration.With(returned.Id, MemberRoles.Learner | MemberRoles.Promotable);
        Assert.Equal(Refusal.None, cluster[1].Node.ProposeConfiguration(changed, out _));
        cluster[1].Pump();
        cluster.Run(8);
        Assert.Equal(MemberRoles.Voter, cluster[1].Node.Configuration.RolesOf(returned.Id));
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
        var dropped = cluster[1].Node.DroppedMessages;
        var old = cluster.RequestVote(3, 1, term: 50, lastIndex: 50, lastTerm: 50);
        cluster.Deliver(old);
        Assert.Equal(dropped + 1, cluster[1].Node.DroppedMessages);
        var misaddressed = cluster.Append(1, 3, term: 50, index: 0, logTerm: 0, commit: 0);
        cluster.Deliver(misaddressed with { Message = misaddressed.Message with { To = TestCluster.Id(3) } });
        Assert.Equal(1UL, cluster[3].Status.Term);
    }

    // TigerBeetle WAL prepare corruption, NuRaft#185: damage in the middle is repaired from peers and never cut off.
    [Fact]
    public void Damage_in_the_middle_is_repaired_from_peers_without_a_leader_tigerbeetle()
    {
        using var cluster = new TestCluster(3);
        for (uint number = 1; number <= 3; number++)
        {
            cluster.Load(number, 2, 1, 1, 2, 2, 2, 2);
        }

        // Each lacks something else, so none may lead before it is whole.
        for (uint number = 1; number <= 3; number++)
        {
            cluster.Crash(number);
            cluster[number].Disk.Damage((number * 2) - 1, Math.Min(number * 2, 5));
            cluster[number].IsNew = true;
            cluster.Restart(number);
        }

        Assert.All(cluster.Members, member => Assert.Equal(RaftFaults.LogDamaged, member.Status.Faults));
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos);
        Assert.DoesNotContain(cluster.Letters, letter => letter.Kind == PeerMessageKind.PreVote);
        cluster.Run(60);
        Assert.All(cluster.Members, member => Assert.Equal(RaftFaults.None, member.Status.Faults));
        Assert.All(cluster.Members, member => Assert.Equal(cluster.Leader.Applied, member.Applied));
    }

    [Fact]
    public void A_node_does_not_vouch_for_what_lies_behind_its_damage()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 1, 1, 1, 1, 1);
        cluster.Crash(2);
        cluster[2].Disk.Damage(2, 3);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 4, logTerm: 1, commit: 4));
        Assert.Equal(AnswerReason.Busy, cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message.Reason);
        cluster.DropAll();
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 1, logTerm: 1, commit: 4));
        Assert.Equal(1UL, cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message.Index);
        Assert.Equal(1UL, cluster[2].CommitIndex);
        cluster.DropAll();

        // It votes by where its log is known to end, and so for none that could lack what it had.
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 2);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 5, lastIndex: 3, lastTerm: 1));
        Assert.Equal(AnswerReason.LogBehind, cluster.One(PeerMessageKind.VoteAnswer, 2, 3).Message.Reason);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 6, lastIndex: 4, lastTerm: 1));
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 2, 3).IsGranted());
    }

    [Fact]
    public void A_node_whose_end_is_damaged_votes_for_none_that_lacks_it()
    {
        using var cluster = new TestCluster(3);
        for (uint number = 1; number <= 3; number++)
        {
            cluster.Load(number, 1, 1, 1, 1, 1);
        }

        cluster.Crash(2);
        cluster[2].IsNew = true;
        cluster[2].Disk.Damage(3, 4);
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 6, lastIndex: 3, lastTerm: 1));
        Assert.Equal(AnswerReason.LogBehind, cluster.One(PeerMessageKind.VoteAnswer, 2, 3).Message.Reason);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 7, lastIndex: 4, lastTerm: 1));
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 2, 3).IsGranted());
        cluster.DropAll();
        cluster.Run(80);
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
        Assert.Equal(cluster.Leader.Applied, cluster[2].Applied);
    }

    // What was there is got back, even if a leader has another entry by now: nothing is committed by it.
    [Fact]
    public void A_repaired_entry_that_no_majority_had_is_not_applied()
    {
        using var cluster = new TestCluster(3);
        var old = TestLog.Of(cluster.Hasher, [1, 1, 2, 2]);
        var leaders = TestLog.Of(cluster.Hasher, [1, 1, 3]);
        cluster.Load(2, 2, 1, 1, 2, 2);
        cluster.Crash(2);
        cluster[2].Disk.Damage(3, 3);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Deliver(cluster.Append(1, 2, term: 3, index: 2, logTerm: 1, commit: 3, leaders[2]));
        Assert.Equal(2UL, cluster[2].CommitIndex);
        while (!cluster.IsUnderWay(PeerMessageKind.RepairQuery, 2, 3))
        {
            cluster.Elapse(cluster.Options.HeartbeatNanos, 2);
        }

        cluster.Deliver(cluster.Forge(
            PeerMessageKind.RepairAnswer, 3, 2, 2, (ref PeerMessage message) => message.Index = 3, old[2]));
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
        Assert.Equal([1, 1, 2, 2], cluster[2].Terms());
        Assert.Equal(2UL, cluster[2].CommitIndex);
        cluster.DropAll();
        cluster.Deliver(cluster.Append(1, 2, term: 3, index: 2, logTerm: 1, commit: 3, leaders[2]));
        Assert.Equal([1, 1, 3], cluster[2].Terms());
        Assert.Equal("3:3", cluster[2].Applied[^1]);
    }

    // The promise outlives the log that it is about.
    [Fact]
    public void A_node_that_had_to_cut_its_log_at_damage_votes_for_none_that_lacks_it_after_a_restart_either()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 3, 1, 1, 2, 2, 2);
        cluster.Crash(2);
        cluster[2].Disk.Damage(3, 3);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        var leaders = TestLog.Of(cluster.Hasher, [1, 1, 2, 2, 2, 3]);

        // Nobody answers for the damage, so the leader's entries are taken: of five that it had, one for now.
        for (var i = 0; i < 20; i++)
        {
            cluster.Elapse(cluster.Options.HeartbeatNanos, 2);
            cluster.DropAll();
            cluster.Deliver(cluster.Append(1, 2, term: 3, index: 2, logTerm: 1, commit: 2, leaders[2]));
        }

        Assert.Equal([1, 1, 2], cluster[2].Terms());
        cluster.Crash(2);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        Assert.Equal(RaftFaults.LogDamaged, cluster[2].Status.Faults);
        cluster.Elapse(10 * cluster.Options.ElectionTimeoutMaxNanos, 2);
        Assert.DoesNotContain(cluster.Letters, letter => letter.Kind == PeerMessageKind.PreVote);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 6, lastIndex: 4, lastTerm: 2));
        Assert.Equal(AnswerReason.LogBehind, cluster.One(PeerMessageKind.VoteAnswer, 2, 3).Message.Reason);
        cluster.DropAll();
        cluster.Deliver(cluster.RequestVote(3, 2, term: 7, lastIndex: 5, lastTerm: 2));
        Assert.True(cluster.One(PeerMessageKind.VoteAnswer, 2, 3).IsGranted());
        cluster.DropAll();

        // As good as it was: it may lead again.
        cluster.Deliver(cluster.Append(
            3, 2, term: 7, index: 3, logTerm: 2, commit: 3, leaders[3], leaders[4]));
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
    }

    // Forced recovery: one survivor goes on in a new epoch; what speaks in the old one is not heard.
    [Fact]
    public void A_survivor_is_forced_to_go_on_alone_in_a_new_epoch()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.DeliverAll();
        cluster.Crash(1);
        cluster.Crash(2);
        cluster.Crash(3);
        cluster[3].ForcedEpoch = 2;
        cluster.Restart(3);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos);
        Assert.True(cluster[3].IsLeader);
        Assert.Equal(2, TestDisk.PointOf(cluster[3].Disk.Entries[^1]).Epoch);
        Assert.Contains("a", cluster[3].Applied);
        var term = cluster[3].Status.Term;
        cluster.Restart(1);
        cluster.Run(40);
        Assert.Equal(term, cluster[3].Status.Term);
        Assert.False(cluster[1].IsLeader);
    }

    // Thesis 3.5 and 3.8: entries that conflict go, also where a restart left them, and the one before, on disk alone.
    [Fact]
    public void A_restarted_follower_takes_back_entries_that_have_left_its_memory()
    {
        using var cluster = new TestCluster(
            3, options => options with { RingBytes = 4096, RingEntries = 16, UncommittedEntriesMax = 8 });
        cluster.Load(1, 3, 1, 1, 3);
        cluster.Load(2, 2, [1, 1, .. Enumerable.Repeat(2UL, 40)]);
        cluster.Load(3, 3, 1, 1, 3);
        Assert.False(cluster[2].Node.TryGetEntry(3, out _));
        cluster.DropAll();
        cluster.Run(100);
        Assert.Equal(cluster.Leader.Applied, cluster[2].Applied);
        Assert.Equal(cluster.Leader.Terms(), cluster[2].Terms());
    }

    // The entry is read again where the one that was read has been overwritten meanwhile.
    [Fact]
    public void An_entry_read_for_a_truncation_counts_for_its_own_term_only()
    {
        using var cluster = new TestCluster(
            3, options => options with { RingBytes = 4096, RingEntries = 16, UncommittedEntriesMax = 8 });
        cluster.Load(2, 2, [1, 1, .. Enumerable.Repeat(2UL, 40)]);
        var other = TestLog.Of(cluster.Hasher, [1, 1, 2, 2, 2, 3]);
        cluster.DropAll();
        Append(3);
        cluster.DropAll();
        Append(3);
        Assert.Equal([1, 1, 2, 2, 2, 3], cluster[2].Terms());
        return;

        void Append(ulong term) =>
            cluster.Deliver(cluster.Append(1, 2, term, index: 5, logTerm: 2, commit: 0, other[5]));
    }

    [Fact]
    public void A_leader_without_the_damaged_entries_takes_back_what_stands_around_them()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(1, 3, 1, 1, 3);
        cluster.Load(2, 2, 1, 1, 2, 2, 2, 2);
        cluster.Load(3, 3, 1, 1, 3);
        cluster.Crash(2);
        cluster[2].Disk.Damage(4, 4);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Run(100);
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
        Assert.Equal(cluster.Leader.Terms(), cluster[2].Terms());
        Assert.Equal(cluster.Leader.Applied, cluster[2].Applied);
    }

    [Fact]
    public void Entries_that_were_repaired_are_compared_by_what_they_are()
    {
        using var cluster = new TestCluster(3);
        for (uint number = 1; number <= 3; number++)
        {
            cluster.Load(number, 1, 1, 1, 1, 1);
        }

        cluster.Crash(2);
        cluster[2].Disk.Damage(2, 3);
        cluster[2].IsNew = true;
        cluster.Restart(2);
        cluster.DropAll();
        cluster.Elapse(cluster.Options.HeartbeatNanos, 2);
        cluster.DeliverAll();
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
        var chain = TestDisk.PointOf(cluster[1].Disk.Entries[2]).ChainHash;
        cluster.Deliver(cluster.Forge(PeerMessageKind.AppendEntries, 1, 2, 1, (ref PeerMessage message) =>
        {
            (message.Index, message.LogTerm, message.ChainHash) = (3, 1, chain);
            message.Flags = MessageFlags.Chained;
        }));
        Assert.Equal(RaftFaults.None, cluster[2].Status.Faults);
    }
}
