using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Log time: what a stamp may be, whose clock it is, and entries that only move it.</summary>
public sealed class LogTimeTests
{
    private const long Second = 1_000 * TestCluster.Millisecond;

    [Fact]
    public void A_stamp_is_the_leaders_clock_and_always_later_than_the_one_before()
    {
        using var cluster = new TestCluster(1);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos);
        cluster.Propose(1, "a");
        cluster.Propose(1, "b");
        cluster[1].ClockOffset = -Second;
        cluster.Elapse(TestCluster.Millisecond);
        cluster.Propose(1, "c");
        long[] stamps = [.. cluster[1].Disk.Entries.Select(entry => TestDisk.PointOf(entry).Timestamp)];
        var first = cluster.Now - TestCluster.Millisecond + TestCluster.ClockStart;
        Assert.Equal([first, first + 1, first + 2, first + 3], stamps);
    }

    [Fact]
    public void A_follower_refuses_a_stamp_too_far_ahead_of_its_own_clock()
    {
        using var cluster = new TestCluster(3);
        var stamp = cluster.Now + TestCluster.ClockStart + cluster.Options.StampAheadMaxNanos;
        var first = TestLog.Entry(cluster.Hasher, default, 1, 1, "in time", stamp);
        var chain = TestDisk.PointOf(first).ChainHash;
        var second = TestLog.Entry(cluster.Hasher, chain, 2, 1, "ahead", stamp + 2);
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 0, logTerm: 0, commit: 0, first, second));
        var answer = cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message;
        Assert.Equal((AnswerReason.StampAhead, 1UL), (answer.Reason, answer.HintIndex));
        Assert.Equal(["in time"], cluster[2].Log);

        // What is committed a majority found good, and what moves log time by nothing harms nobody.
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 1, logTerm: 1, commit: 2, second));
        Assert.Equal(["in time", "ahead"], cluster[2].Log);
        var third = TestLog.Entry(cluster.Hasher, TestDisk.PointOf(second).ChainHash, 3, 1, "next", stamp + 3);
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 2, logTerm: 1, commit: 2, third));
        Assert.Equal(3, cluster[2].Log.Count);
    }

    [Fact]
    public void A_leader_whose_clock_no_majority_shares_gives_up_and_does_not_campaign()
    {
        using var cluster = new TestCluster(3, options => options with { ClockStepMaxNanos = 3600 * Second });
        cluster.Elect(1);
        cluster[1].ClockOffset = 10 * Second;
        cluster.Run(4);
        Assert.False(cluster[1].IsLeader);
        Assert.Equal(RaftFaults.ClockOutside, cluster[1].Status.Faults);
        cluster.Run(60);
        Assert.NotEqual(1u, cluster.Leader.Number);
        cluster.Crash(cluster.Leader.Number);
        cluster.Run(100);
        Assert.NotEqual(1u, cluster.Members.FirstOrDefault(member => member.IsLeader)?.Number);
        cluster[1].ClockOffset = 0;
        cluster.Run(100);
        Assert.Single(cluster.Members, member => member.IsLeader);
        Assert.Equal(RaftFaults.None, cluster[1].Status.Faults);
    }

    [Fact]
    public void A_follower_whose_clock_is_wrong_troubles_nobody()
    {
        using var cluster = new TestCluster(3, options => options with { ClockStepMaxNanos = 3600 * Second });
        cluster.Elect(1);
        cluster[3].ClockOffset = -10 * Second;
        cluster.Run(4);
        cluster.Propose(1, "a");
        cluster.Run(2);
        Assert.True(cluster[1].IsLeader);
        Assert.Equal("a", cluster[2].Applied[^1]);
        Assert.Equal("a", cluster[3].Applied[^1]);
    }

    [Fact]
    public void A_large_step_of_all_clocks_waits_for_an_operators_logged_command()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        foreach (var member in cluster.Members)
        {
            member.ClockOffset = 3600 * Second;
        }

        cluster.Run(2);
        Assert.Equal(RaftFaults.ClockStepped, cluster[1].Status.Faults);
        cluster.Propose(1, "before");
        cluster.Run(2);
        var now = cluster.Now + TestCluster.ClockStart;
        Assert.True(cluster[1].Node.Last.Timestamp <= now);
        Assert.Equal(Refusal.None, cluster[1].Node.ProposeClockStep(now + (3700 * Second), out _));
        cluster[1].Pump();
        cluster.Run(2);
        Assert.Equal(RaftFaults.None, cluster[1].Status.Faults);
        cluster.Propose(1, "after");
        cluster.Run(1);
        Assert.True(cluster[1].Node.Last.Timestamp >= now + (3600 * Second));
        Assert.All(cluster.Members, member => Assert.Equal("after", member.Applied[^1]));
    }

    [Fact]
    public void The_leader_proposes_a_time_entry_when_a_timer_is_due_and_nothing_else_comes()
    {
        using var cluster = new TestCluster(3);
        cluster.Elect(1);
        var due = cluster.Now + TestCluster.ClockStart + Second;
        foreach (var member in cluster.Members)
        {
            member.NextDeadline = due;
        }

        cluster.Propose(1, "a");
        cluster.Run(10);
        Assert.Equal("a", cluster[1].Applied[^1]);
        cluster[1].NextDeadline = long.MaxValue;
        cluster.Run(15);
        Assert.Equal("Time@1", cluster[1].Applied[^1]);
        Assert.Equal(3, cluster[1].Applied.Count);
        Assert.True(TestDisk.PointOf(cluster[1].Disk.Entries[^1]).Timestamp >= due);
    }

    [Fact]
    public void Timers_that_remain_due_get_another_entry()
    {
        using var cluster = new TestCluster(1);
        cluster.Elapse(cluster.Options.ElectionTimeoutMaxNanos);
        cluster[1].NextDeadline = cluster.Now + TestCluster.ClockStart - Second;
        cluster.Propose(1, "a");
        cluster.Elapse(TestCluster.Millisecond);
        cluster.Elapse(TestCluster.Millisecond);
        Assert.Equal(["NoOperation@1", "a", "Time@1", "Time@1"], cluster[1].Applied);
    }

    [Fact]
    public void A_stamp_that_is_not_later_than_the_one_before_is_refused()
    {
        using var cluster = new TestCluster(3);
        var first = TestLog.Entry(cluster.Hasher, default, 1, 1, "a", 5);
        var second = TestLog.Entry(cluster.Hasher, TestDisk.PointOf(first).ChainHash, 2, 1, "b", 5);
        cluster.Deliver(cluster.Append(1, 2, term: 1, index: 0, logTerm: 0, commit: 0, first, second));
        Assert.Equal(AnswerReason.BadEntry, cluster.One(PeerMessageKind.AppendAnswer, 2, 1).Message.Reason);
    }
}
