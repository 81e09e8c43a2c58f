using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Log replication as it went wrong elsewhere; the name says where.</summary>
public sealed class ReplicationScenarioTests
{
    // Thesis 3.5: commit = min(leader's, last index proven to match). CCF#8172 follower_overcommit_partial_verified.
    [Fact]
    public void A_follower_does_not_commit_its_own_divergent_suffix_ccf_8172()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 1, 1, 1, 1);
        cluster.Deliver(cluster.Append(1, 2, term: 2, index: 1, logTerm: 1, commit: 3));
        Assert.Equal(1UL, cluster[2].CommitIndex);
        Assert.Equal(1UL, cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message.Index);
        Assert.Equal([1, 1, 1], cluster[2].Terms());
    }

    // etcd TestLogReplicationWithReorderedMessage, old-raft-rs PR 113.
    [Fact]
    public void Appends_that_come_late_or_twice_take_nothing_back_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        foreach (var text in new[] { "a", "b", "c" })
        {
            cluster.Propose(1, text);
        }

        var appends = cluster.Hold(letter => letter.Kind == PeerMessageKind.AppendEntries && letter.To == 2);
        cluster.Deliver(appends);
        cluster.Deliver(appends[0]);
        cluster.Deliver(appends[1]);
        Assert.Equal(["NoOperation@1", "a", "b", "c"], cluster[2].Log);
        Assert.All(
            cluster.Letters.FindAll(letter => letter.Kind == PeerMessageKind.AppendAnswer && letter.From == 2)[^2..],
            letter => Assert.Equal(4UL, letter.Message.Index));
        cluster.DeliverAll();
        Assert.Equal(4UL, cluster[1].CommitIndex);
    }

    // etcd TestLeaderMsgAppSelfAckAfterTermChange: the write of an entry that was overwritten meanwhile.
    [Fact]
    [Trait("Covers", "REPL-03")]
    public void A_write_that_ends_late_says_nothing_about_the_entry_that_stands_there_since_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].IsDiskHeld = true;
        cluster.Isolate(1);
        cluster.Propose(1, "old");
        Assert.Equal(1, cluster[1].Disk.PendingCount);
        cluster.Elect(2);
        var index = cluster.Propose(2, "new");
        cluster.DeliverAll();
        cluster.Heal();
        cluster.Run(2);
        Assert.True(cluster[1].Disk.PendingCount > 1);
        Assert.True(cluster[1].Status.LastIndex >= index);
        cluster[1].Sync(1);
        Assert.Equal(1UL, cluster[1].Status.DurableIndex);
        Assert.DoesNotContain(cluster.Letters, letter => letter.From == 1 && letter.Message.Index > 1);
        cluster[1].IsDiskHeld = false;
        cluster[1].Pump();
        cluster.DeliverAll();
        Assert.Equal(cluster[2].Log, cluster[1].Log);
        Assert.DoesNotContain("old", cluster[1].Log);
    }

    // Thesis 10.2.1: the leader's own disk is no faster than others; its entry counts for itself only when durable.
    [Fact]
    public void A_leader_does_not_count_itself_before_its_write_ends()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].IsDiskHeld = true;
        cluster.Isolate(3);
        var index = cluster.Propose(1, "a");
        cluster.DeliverAll();
        Assert.Equal(index - 1, cluster[1].CommitIndex);
        cluster[1].Sync(1);
        Assert.Equal(index, cluster[1].CommitIndex);
    }

    [Fact]
    public void Followers_commit_while_the_leaders_write_is_still_under_way()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster[1].IsDiskHeld = true;
        var index = cluster.Propose(1, "a");
        cluster.DeliverAll();
        Assert.Equal(index, cluster[1].CommitIndex);
    }

    // Thesis figure 3.6 (paper figure 7); etcd TestFastLogRejection, probe_and_replicate; CCF long_divergence_sync.
    [Theory]
    [InlineData(1, 1, 1, 4, 4, 5, 5, 6, 6)]
    [InlineData(1, 1, 1, 4)]
    [InlineData(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6)]
    [InlineData(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7)]
    [InlineData(1, 1, 1, 4, 4, 4, 4)]
    [InlineData(1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3)]
    public void A_follower_of_figure_7_ends_with_the_leaders_log(params int[] terms)
    {
        using var cluster = new TestCluster(3);
        cluster.Load(1, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6);
        cluster.Load(3, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6);
        cluster.Load(2, 7, [.. terms.Select(term => (ulong)term)]);
        cluster.Elect(1);
        Assert.Equal(cluster[1].Log, cluster[2].Log);
        Assert.Equal(11, cluster[2].Log.Count);
    }

    // Thesis 3.5, the end: back by terms and not by entries; etcd TestFastLogRejection.
    [Fact]
    public void A_long_divergence_is_found_in_as_many_rounds_as_there_are_terms()
    {
        using var cluster = new TestCluster(3);
        ulong[] shared = [.. Enumerable.Repeat(1UL, 10)];
        cluster.Load(1, 9, [.. shared, .. Enumerable.Repeat(2UL, 60), 8]);
        cluster.Load(2, 9, [.. shared, .. Enumerable.Repeat(3UL, 30), .. Enumerable.Repeat(4UL, 30)]);
        cluster.Load(3, 9, [.. shared, .. Enumerable.Repeat(2UL, 60), 8]);
        var refused = 0;
        cluster.DropAll();
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos, 1);
        while (cluster.Letters.Count > 0)
        {
            var letter = cluster.Letters[0];
            refused += letter.Message.Reason == AnswerReason.Mismatch ? 1 : 0;
            cluster.Deliver(letter);
        }

        Assert.Equal(cluster[1].Log, cluster[2].Log);
        Assert.InRange(refused, 1, 3);
    }

    // CCF liveness_through_conflict, suffix_collision: a refusal delivered late, after the logs were made equal.
    [Fact]
    public void A_refusal_that_comes_late_does_not_set_a_follower_back()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(1, 3, 1, 1, 3);
        cluster.Load(3, 3, 1, 1, 3);
        cluster.Load(2, 3, 1, 2);
        cluster.Campaign(1);
        cluster.DeliverOnly(letter => letter.Message.Reason != AnswerReason.Mismatch);
        var refusal = cluster.Letters.First(letter => letter.Message.Reason == AnswerReason.Mismatch);
        cluster.Deliver(refusal);
        cluster.DeliverAll();
        cluster.Run(2);
        Assert.Equal(cluster[1].Log, cluster[2].Log);
        cluster.Deliver(refusal);
        Assert.Empty(cluster.Letters);
        cluster.Propose(1, "next");
        Assert.True(cluster.IsUnderWay(PeerMessageKind.AppendEntries, 1, 2));
    }

    // CCF#7999 matching_partial; openraft t10_append_entries_partial_success.
    [Fact]
    public void An_append_that_is_partly_known_adds_the_rest_ccf_7999()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 1, 1, 1);
        var entries = TestLog.Of(cluster.Hasher, 1, 1, 1, 1);
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 0, logTerm: 0, commit: 0, [.. entries]));
        Assert.Equal(entries, cluster[2].Disk.Entries);
        Assert.Equal(4UL, cluster.Letters[^1].Message.Index);
    }

    [Fact]
    public void An_append_with_a_damaged_entry_is_taken_up_to_it()
    {
        using var cluster = new TestCluster(3);
        var entries = TestLog.Of(cluster.Hasher, 1, 1, 1);
        entries[1][^1] ^= 1;
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 0, logTerm: 0, commit: 3, [.. entries]));
        var answer = cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message;
        Assert.Equal((AnswerReason.BadEntry, 1UL), (answer.Reason, answer.HintIndex));
        Assert.Equal(1UL, cluster[2].Status.CommitIndex);
    }

    [Fact]
    [Trait("Covers", "H-26")]
    public void An_entry_that_does_not_follow_the_chain_is_refused()
    {
        using var cluster = new TestCluster(3);
        var other = TestLog.Entry(cluster.Hasher, default, 2, 1, "other", 2);
        var first = TestLog.Of(cluster.Hasher, 1)[0];
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 0, logTerm: 0, commit: 0, first, other));
        Assert.Equal(AnswerReason.BadEntry, cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message.Reason);
        Assert.Single(cluster[2].Log);
    }

    [Fact]
    [Trait("Covers", "REPL-05")]
    public void Same_index_and_term_with_another_chain_is_a_named_fault()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 1, 1, 1);
        cluster.Deliver(cluster.Forge(PeerMessageKind.AppendEntries, 1, 2, 1, static (ref PeerMessage message) =>
        {
            message.Index = 2;
            message.LogTerm = 1;
            message.Flags = MessageFlags.Chained;
        }));
        Assert.Equal(AnswerReason.ChainFork, cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message.Reason);
        Assert.Equal(RaftFaults.ChainForked, cluster[2].Status.Faults);
        cluster.DropAll();
        cluster.Elapse(3 * cluster.Options.ElectionTimeoutMaxNanos, 2);
        Assert.Empty(cluster.Letters);
    }

    // nebula PR 2419, CCF#519/#5674: what the log says and what the disk says are one.
    [Fact]
    public void A_suffix_taken_back_is_taken_back_on_disk_as_well_nebula_2419()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(1, 3, 1, 1, 1, 1);
        cluster.Load(2, 3, 1, 2);
        cluster.Load(3, 3, 1, 2);
        cluster.Elect(2);
        Assert.Equal([1, 2, 4], cluster[1].Terms());
        cluster.Crash(1);
        cluster.Restart(1);
        cluster.Run(3);
        Assert.Equal(3UL, cluster[1].Status.LastIndex);
        Assert.Equal(cluster[2].Log, cluster[1].Log);
    }

    // etcd replicate_pause, TestMsgAppFlowControl*.
    [Fact]
    public void A_full_window_waits_and_the_stream_goes_on_when_the_follower_returns_etcd()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 20; i++)
        {
            cluster.Propose(1, $"e{i}");
            cluster.DeliverOnly(letter => letter.To != 3);
        }

        Assert.Equal(21UL, cluster[1].CommitIndex);
        Assert.InRange(
            cluster.Letters.Count(letter => letter.To == 3 && letter.Message.EntryCount > 0),
            1,
            cluster.Options.InflightMessagesMax);
        cluster.DropAll();
        cluster.Heal();
        cluster.Run(4);
        Assert.Equal(cluster[1].Log, cluster[3].Log);
    }

    // A slow follower is fed from the disk and holds up nobody.
    [Fact]
    public void Entries_that_have_left_the_memory_are_read_for_the_one_that_lacks_them()
    {
        using var cluster = new TestCluster(3, Small);
        cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 100; i++)
        {
            cluster.Propose(1, $"entry {i}");
            cluster.DeliverOnly(letter => letter.To != 3);
        }

        Assert.False(cluster[1].Node.TryGetEntry(50, out _));
        Assert.Equal(101UL, cluster[1].CommitIndex);
        cluster.DropAll();
        cluster.Heal();
        cluster.Run(8);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
    }

    [Fact]
    public void A_follower_without_room_says_busy_and_gets_the_rest_when_its_disk_has_caught_up()
    {
        using var cluster = new TestCluster(3, Small);
        cluster.Elect(1);
        cluster[3].IsDiskHeld = true;
        for (var i = 0; i < 40; i++)
        {
            cluster.Propose(1, $"entry {i}");
            cluster.DeliverAll();
        }

        Assert.True(cluster[3].Status.LastIndex < 41);
        cluster[3].IsDiskHeld = false;
        cluster[3].Pump();
        cluster.Run(10);
        Assert.Equal(cluster[1].Applied, cluster[3].Applied);
    }

    [Fact]
    public void Proposals_beyond_what_may_be_under_way_are_refused_by_name()
    {
        using var cluster = new TestCluster(3, options => options with { UncommittedEntriesMax = 4 });
        cluster.Elect(1);
        var refusals = Enumerable.Range(0, 6).Select(i => cluster[1].Propose($"{i}", out _)).ToArray();
        Assert.Equal([0, 0, 0, 0, Refusal.BackPressure, Refusal.BackPressure], refusals);
        Assert.Equal(Refusal.NotLeader, cluster[2].Propose("x", out _));
        cluster.DeliverAll();
        Assert.Equal(Refusal.None, cluster[1].Propose("y", out _));
        cluster[1].Node.SetHeadroom(isLow: true);
        Assert.Equal(Refusal.Headroom, cluster[1].Propose("z", out _));
        cluster[1].Node.SetHeadroom(isLow: false);
        Assert.Equal(Refusal.TooLarge, cluster[1].Node.Propose(new byte[cluster.Options.RingBytes], 1, out _));
    }

    // Thesis 3.5: consistency check by index and term of the entry before.
    [Fact]
    public void An_append_behind_the_end_of_the_log_is_refused_with_the_end_as_hint()
    {
        using var cluster = new TestCluster(3);
        cluster.Load(2, 3, 1, 3);
        cluster.Deliver(cluster.Append(1, 2, term: 3, index: 9, logTerm: 3, commit: 9));
        var answer = cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message;
        Assert.Equal((AnswerReason.Mismatch, 2UL, 3UL), (answer.Reason, answer.HintIndex, answer.HintTerm));
        Assert.Equal(0UL, cluster[2].CommitIndex);
    }

    private static RaftOptions Small(RaftOptions options) =>
        options with { RingBytes = 4096, RingEntries = 16, UncommittedEntriesMax = 8 };
}
