using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Tests.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Replica;

/// <summary>What operators do when more went wrong than the protocol heals by itself, with whole replicas.</summary>
public sealed class ReplicaRepairTests
{
    [Fact]
    [Trait("Covers", "REPL-06")]
    [Trait("Covers", "H-28")]
    public void A_flipped_bit_that_nobody_writes_is_found_within_one_snapshot_interval()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 40));
        cluster.Elect();
        for (var i = 1; i <= 100; i++)
        {
            cluster.Write(((UInt128)i, new string('v', 300)));
        }

        var member = cluster.Members.First(one => !one.IsLeader);
        var flippedAt = member.AppliedIndex;
        member.Machine.Flip(7);
        for (var i = 1; i <= 80; i++)
        {
            cluster.Write((1_000, $"value {i}"));
        }

        var status = member.Replica.Node.Status;
        Assert.Equal(RaftFaults.Quarantined, status.Faults);
        Assert.True(status.FirstDifferentIndex <= flippedAt + 80, $"only at {status.FirstDifferentIndex}");
        Assert.True(status.LastEqualIndex <= flippedAt, $"it was not good at {status.LastEqualIndex}");
        Assert.All(
            cluster.Members.Where(one => one != member),
            one => Assert.Equal(RaftFaults.None, one.Replica.Node.Status.Faults));
    }

    [Fact]
    [Trait("Covers", "REPL-06")]
    public void A_flipped_bit_in_what_is_written_next_is_found_by_the_hashes_of_the_others()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 0));
        cluster.Elect();
        cluster.Write((7, "value"));
        var member = cluster.Members.First(one => !one.IsLeader);
        member.Machine.FlipShare(7);
        for (var i = 1; i <= 20; i++)
        {
            cluster.Write((7, $"value {i}"));
        }

        Assert.Equal(RaftFaults.Quarantined, member.Replica.Node.Status.Faults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Covers", "REPL-06")]
    [Trait("Covers", "REPL-07")]
    public void A_quarantined_member_is_built_anew_from_a_snapshot_of_the_leader_and_its_own_log(bool isKilled)
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 40));
        cluster.Elect();
        cluster.Write((RecordMachine.DrainKey, "1"));
        for (var i = 1; i <= 100; i++)
        {
            cluster.Write(((UInt128)i, new string('v', 300)));
        }

        var member = cluster.Members.First(one => !one.IsLeader);
        Assert.Equal(Refusal.NotQuarantined, member.Replica.Rebuild());
        member.Machine.FlipShare(RecordMachine.DrainKey);
        cluster.Write((RecordMachine.DrainKey, "1"));
        for (var i = 1; i <= 60; i++)
        {
            cluster.Write((1_000, $"value {i}"));
        }

        Assert.Equal(RaftFaults.Quarantined, member.Replica.Node.Status.Faults);
        member.Replica.ReadEvents(1, new byte[1000], out var read);
        Assert.Equal(JournalAnswer.Aside, read.Answer);
        Assert.Equal(Refusal.Faulty, member.Replica.RequestRead(1));
        Assert.Equal(Refusal.None, member.Replica.Rebuild());
        if (isKilled)
        {
            // In the middle of it: the next start finds the fault again, or the state is whole.
            cluster.Until(() => member.Replica.Snapshots.Inbox.NextOffset > 5_000, "parts");
            member.Kill();
            member.Start();
            cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "it is back");
            cluster.Write((1_000, "once more"));
            if (member.Replica.Node.Status.Faults != RaftFaults.None)
            {
                Assert.Equal(Refusal.None, member.Replica.Rebuild());
            }
        }

        cluster.Until(
            () => member.Replica.Node.Status.Faults == RaftFaults.None
                && member.AppliedIndex == cluster.Leader.AppliedIndex
                && !member.Replica.Snapshots.Inbox.Install.IsRunning,
            "it is built anew");
        for (var i = 1; i <= 50; i++)
        {
            cluster.Write((1_000, $"value {i}"));
        }

        cluster.AssertEqual();
        cluster.Until(() => member.Replica.Journal.Missing is null, "its events");
        var (own, other) = (new EventReader(), new EventReader());
        cluster.Until(() => Follow(own, member) > member.AppliedIndex, "its events");
        cluster.Until(() => Follow(other, cluster.Leader) > cluster.Leader.AppliedIndex, "events");
        Assert.Equal(other.Seen, own.Seen);

        // And comes back so.
        member.Kill();
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "it is back");
        cluster.AssertEqual();
    }

    [Fact]
    [Trait("Covers", "REPL-07")]
    public void A_survivor_is_forced_to_go_on_in_a_new_epoch_that_is_kept_and_that_others_join()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 40));
        cluster.Elect();
        for (var i = 1; i <= 100; i++)
        {
            cluster.Write(((UInt128)(i % 9), $"value {i}"));
        }

        var survivor = cluster.Members[0];
        var lost = cluster.Members[1..];
        cluster.Members.ForEach(member => member.Kill());
        survivor.IsForced = true;
        survivor.Start();
        survivor.IsForced = false;
        cluster.Until(() => survivor.IsLeader, "it leads");
        cluster.Write((1, "alone"));
        Assert.Equal(2, survivor.Replica.Node.Epoch);
        Assert.Equal(2, survivor.Replica.Log.HardState.Epoch);

        // Kept over a cut of the power, in entries and beside them.
        survivor.Kill();
        survivor.Start();
        cluster.Until(() => survivor.IsLeader, "it leads again");
        Assert.Equal(2, survivor.Replica.Node.Epoch);
        Assert.Equal(2, survivor.Replica.Node.Last.Epoch);

        // One that comes back as it was is not heard, and hears nobody.
        lost[0].Start();
        var index = survivor.Propose(RecordMachine.Payload((1, "still alone")));
        for (var i = 0; i < 3_000; i++)
        {
            cluster.Pass();
        }

        Assert.True(survivor.IsLeader);
        Assert.Equal(index, survivor.AppliedIndex);
        Assert.True(lost[0].AppliedIndex < survivor.AppliedIndex);
        lost[0].Kill();

        // Wiped, they join anew: with a log that begins in the new epoch, or with a snapshot.
        foreach (var member in lost)
        {
            member.Wipe();
            member.Founders = Configuration.Empty;
            member.Start();
            var target = survivor.Replica.Node.Configuration.With(member.Id, MemberRoles.Voter);
            Assert.Equal(Refusal.None, survivor.Replica.ProposeConfiguration(target, out _));
            cluster.Until(
                () => Settled(survivor) && survivor.Replica.Node.Configuration.IsVoter(member.Id), "it is a member");
            cluster.Until(() => member.AppliedIndex == survivor.AppliedIndex, "it has caught up");
        }

        cluster.Write((2, "together"));
        cluster.AssertEqual();
        Assert.All(cluster.Members, member => Assert.Equal(2, member.Replica.Node.Epoch));
        survivor.Kill();
        cluster.Elect();
        cluster.Write((2, "without it"));
        Assert.Equal(2, cluster.Leader.Replica.Node.Last.Epoch);
    }

    [Fact]
    public void Recovery_is_not_forced_on_a_damaged_log()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        for (var i = 1; i <= 100; i++)
        {
            cluster.Write(((UInt128)i, new string('v', 300)));
        }

        cluster.Members.ForEach(member => member.Kill());
        var survivor = cluster.Members[0];
        survivor.Disk.Erase(new(Replication.Disk.FileKind.Segment, 1), 8 * 4096, 4096);
        survivor.IsForced = true;
        survivor.Start();
        cluster.Until(() => survivor.Replica.Phase == ReplicaPhase.Failed, "the refusal");
        Assert.Equal(ReplicaFailure.ForcedOnDamage, survivor.Replica.Failure);
    }

    [Fact]
    [Trait("Covers", "REPL-03")]
    public void A_member_restored_from_a_backup_is_found_out_and_comes_back_as_another()
    {
        using var cluster = new ReplicaCluster(3);
        cluster.Elect();
        cluster.Write((1, "one"));
        var member = cluster.Members.First(one => !one.IsLeader);
        var backup = member.Disk.Copy();
        for (var i = 1; i <= 20; i++)
        {
            cluster.Write((1, $"value {i}"));
        }

        member.Kill();
        member.Restore(backup);
        member.Start();
        cluster.Until(() => member.Replica.Phase == ReplicaPhase.Failed, "it is found out");
        Assert.Equal(ReplicaFailure.Amnesia, member.Replica.Failure);

        var old = member.Id;
        member.Kill();
        member.Wipe();
        member.Founders = Configuration.Empty;
        member.Start();
        var leader = cluster.Leader;
        var members = leader.Replica.Node.Configuration.With(old, MemberRoles.None);
        Assert.Equal(Refusal.None, leader.Replica.ProposeConfiguration(members, out _));
        cluster.Until(() => Settled(leader) && !leader.Replica.Node.Configuration.IsVoter(old), "the old one is gone");
        members = leader.Replica.Node.Configuration.With(member.Id, MemberRoles.Voter);
        Assert.Equal(Refusal.None, leader.Replica.ProposeConfiguration(members, out _));
        cluster.Until(() => Settled(leader) && member.AppliedIndex == leader.AppliedIndex, "the new one has caught up");
        cluster.AssertEqual();
    }

    private static bool Settled(TestReplica leader) =>
        !leader.Replica.Node.Configuration.IsJoint
        && leader.Replica.Node.Status.CommitIndex == leader.Replica.Node.Status.LastIndex;

    private static ulong Follow(EventReader reader, TestReplica member)
    {
        reader.Follow(member);
        return reader.Position;
    }

    private static ReplicaOptions WithSnapshots(ulong interval) => ReplicaCluster.Options with
    {
        Snapshots = ReplicaCluster.Options.Snapshots with { IntervalEntries = interval },
    };
}
