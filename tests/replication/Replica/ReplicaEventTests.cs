using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Tests.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Replica;

/// <summary>Events of whole replicas: through crashes, installations, damage and slow disks.</summary>
public sealed class ReplicaEventTests
{
    [Fact]
    [Trait("Covers", "H-21")]
    [Trait("Covers", "DUR-04")]
    public void A_reader_sees_the_events_of_every_entry_from_whichever_member_it_asks()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 20));
        cluster.Elect();
        var reader = new EventReader();
        for (var i = 1; i <= 200; i++)
        {
            cluster.Write(((UInt128)(i % 7), $"value {i}"));
            reader.Follow(cluster.Members[i % 3]);
        }

        FollowToEnd(cluster, reader, cluster.Members[0]);
        Assert.Equal(200, reader.Seen.Count);
    }

    // The power is cut at many steps of a workload with snapshots, and of what was under way is kept nothing, all,
    // or any sector. A reader goes on where it was and sees what it would have seen.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait("Covers", "H-21")]
    [Trait("Covers", "DUR-08")]
    public void Whenever_the_power_is_cut_a_reader_sees_every_event_once(int kept)
    {
        using var cluster = new ReplicaCluster(1, WithSnapshots(interval: 8));
        cluster.Elect();
        var member = cluster.Members[0];
        var reader = new EventReader();
        var written = 0;
        for (var round = 0; round < 120; round++)
        {
            // A few entries, and a cut in the middle of what they cause.
            for (var i = 0; i < 3; i++)
            {
                var payload = RecordMachine.Payload(((UInt128)(written % 5), new string('v', written * 37 % 900)));
                written += member.Replica.Propose(payload, 1, out _) == Refusal.None ? 1 : 0;
            }

            for (var step = 0; step < round % 11; step++)
            {
                cluster.Pass();
                reader.Follow(member);
            }

            var luck = round;
            member.Kill((request, sector) => kept switch
            {
                0 => 0,
                1 => IDisk.Sector,
                2 => sector % 2 == 0 ? IDisk.Sector : 512,
                _ => StableHash.Mix((ulong)luck, (ulong)((request * 64) + sector)) % 2 == 0 ? IDisk.Sector : 0,
            });
            member.Start();
            cluster.Elect();
            reader.Follow(member);
        }

        FollowToEnd(cluster, reader, member);
        Assert.True(member.Replica.Snapshots.Newest!.Index > 50);

        // From the start, of one life: the same.
        var fresh = new EventReader();
        Keep(cluster, fresh, member);
        Assert.Equal(reader.Seen.TakeLast(fresh.Seen.Count), fresh.Seen);
    }

    [Fact]
    [Trait("Covers", "H-21")]
    public void Members_killed_in_turn_show_a_reader_one_history()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 16));
        cluster.Elect();
        var reader = new EventReader();
        for (var round = 1; round <= 30; round++)
        {
            for (var i = 1; i <= 10; i++)
            {
                cluster.Write(((UInt128)i, $"round {round} value {i}"));
            }

            var killed = cluster.Members[round % 3];
            reader.Follow(killed);
            killed.Kill();
            cluster.Elect();
            cluster.Write((100, $"without {killed.Id} in round {round}"));
            reader.Follow(cluster.Leader);
            killed.Start();
            cluster.Until(() => killed.AppliedIndex == cluster.Leader.AppliedIndex, "it is back");
            reader.Follow(killed);
            Assert.Equal(JournalAnswer.AtEnd, reader.LastAnswer);
        }

        Assert.Equal(330, reader.Seen.Count);
    }

    [Fact]
    [Trait("Covers", "H-21")]
    public void A_snapshot_counts_only_once_its_events_are_durable()
    {
        using var cluster = new ReplicaCluster(1, WithSnapshots(interval: 8));
        cluster.Elect();
        var member = cluster.Members[0];
        member.Held = FileKind.Journal;
        for (var i = 1; i <= 12; i++)
        {
            cluster.Write(((UInt128)i, "value"));
        }

        for (var i = 0; i < 50; i++)
        {
            cluster.Pass();
        }

        Assert.True(member.Replica.Snapshots.IsBusy);
        Assert.Null(member.Replica.Snapshots.Newest);
        member.Held = FileKind.None;
        cluster.Until(() => member.Replica.Snapshots.Newest?.Index == 8, "the snapshot");
        Assert.True(member.Replica.Journal.DurableIndex >= 8);
    }

    [Fact]
    public void A_journal_whose_disk_is_behind_holds_up_what_is_applied_and_loses_nothing()
    {
        using var cluster = new ReplicaCluster(1, WithSnapshots(interval: 0));
        cluster.Elect();
        var member = cluster.Members[0];
        var reader = new EventReader();
        member.Held = FileKind.Journal;
        ulong last = 0;
        for (var i = 1; i <= 300; i++)
        {
            if (member.Replica.Propose(RecordMachine.Payload(((UInt128)i, "value")), 1, out var index) == 0)
            {
                last = index;
            }

            cluster.Pass();
        }

        Assert.True(member.AppliedIndex < last, "what was applied stopped");
        Assert.True(member.AppliedIndex > 40, "only when the memory was full");
        member.Held = FileKind.None;
        cluster.Until(() => member.AppliedIndex >= last, "it goes on");
        FollowToEnd(cluster, reader, member);
    }

    [Fact]
    [Trait("Covers", "DUR-08")]
    public void What_a_registered_drain_has_not_passed_is_kept_and_presses_and_goes_when_it_passed()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 20));
        cluster.Elect();
        cluster.Write((RecordMachine.DrainKey, "1"));
        var member = cluster.Members[0];
        for (var i = 1; member.Replica.Journal.Pressure == JournalPressure.None; i++)
        {
            Assert.True(i < 2_000, "no alarm");
            Fill(cluster, i);
        }

        Assert.Equal(JournalPressure.Alarm, member.Replica.Journal.Pressure);
        Assert.Equal(1UL, member.Replica.Journal.Floor);
        for (var i = 1; member.Replica.Journal.Pressure != JournalPressure.Overrun; i++)
        {
            Assert.True(i < 2_000, "never beyond the quota");
            Fill(cluster, i);
        }

        // The reader is still served from the start: the journal drops nothing by itself.
        var reader = new EventReader();
        Follow(cluster, reader, member, until: member.Replica.Journal.LastIndex);

        // Beyond the quota the drain is deregistered by a logged command: each member lets go at the same entry.
        cluster.Write((RecordMachine.DrainKey, ""));
        cluster.Until(
            () => cluster.Members.All(one => one.Replica.Journal.Pressure == JournalPressure.None), "they let go");
        Assert.All(cluster.Members, one => Assert.True(one.Replica.Journal.Floor > 1));
        var late = new EventReader();
        late.Follow(member);
        Assert.Equal(JournalAnswer.Gap, late.LastAnswer);
    }

    [Fact]
    public void A_member_that_installed_a_snapshot_fetches_the_events_that_a_drain_still_needs()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 50));
        cluster.Elect();
        cluster.Write((RecordMachine.DrainKey, "1"));
        var member = cluster.Members.First(one => !one.IsLeader);
        member.Kill();
        for (var i = 1; i <= 800; i++)
        {
            cluster.Write(((UInt128)(i % 50), new string((char)('a' + (i % 26)), 400)));
        }

        cluster.Until(() => cluster.Leader.Replica.Log.FirstIndex > 10, "the log lets go");
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member has caught up");
        Assert.True(member.InstalledIndex > 0, "by a snapshot");
        cluster.Until(() => member.Replica.Journal.Missing is null, "the events that it lacked");
        var reader = new EventReader();
        FollowToEnd(cluster, reader, member);
        Assert.True(reader.Seen.Count >= 800);

        // What was fetched outlives a cut of the power.
        member.Kill();
        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "it is back");
        cluster.Until(() => member.Replica.Journal.Missing is null, "nothing is missing");
        var again = new EventReader();
        FollowToEnd(cluster, again, member);
        Assert.Equal(reader.Seen, again.Seen[..reader.Seen.Count]);
    }

    [Fact]
    public void A_reader_below_the_floor_is_told_who_reaches_further_back()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 30));
        cluster.Elect();
        for (var i = 1; i <= 700; i++)
        {
            cluster.Write(((UInt128)(i % 50), "value"));
        }

        var member = cluster.Members.First(one => !one.IsLeader);
        cluster.Until(() => cluster.Members.All(one => one.Replica.Snapshots.Newest?.Index == 690), "snapshots");
        member.Kill();
        foreach (var listing in member.Disk.List().Where(one => one.File.Kind == FileKind.Journal))
        {
            member.Disk.Remove(listing.File);
        }

        member.Start();
        cluster.Until(() => member.AppliedIndex == cluster.Leader.AppliedIndex, "the member is back");
        cluster.Until(() => member.Replica.Journal.Missing is null, "what it may still need");
        var floor = cluster.Leader.Replica.Journal.Floor;
        Assert.True(member.Replica.Journal.Floor > floor, $"{member.Replica.Journal.Floor} and not {floor}");
        member.Replica.ReadEvents(floor, new byte[1024], out var read);
        Assert.Equal(JournalAnswer.Gap, read.Answer);
        cluster.Until(() => !member.Replica.EventsHint(floor).IsNone, "a hint");
        Assert.NotEqual(member.Id, member.Replica.EventsHint(floor));
    }

    [Fact]
    public void A_record_that_rots_is_fetched_from_a_peer()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 50));
        cluster.Elect();
        cluster.Write((RecordMachine.DrainKey, "1"));
        for (var i = 1; i <= 400; i++)
        {
            cluster.Write(((UInt128)(i % 50), "value"));
        }

        var member = cluster.Members[2];
        cluster.Until(() => member.Replica.Journal.DurableIndex >= 400, "durable events");
        member.Disk.Flip(new FileId(FileKind.Journal, 1), 1000);
        var reader = new EventReader();
        FollowToEnd(cluster, reader, member);
        Assert.True(reader.Seen.Count >= 401);
    }

    [Fact]
    public void A_reader_resumes_by_a_stream_and_a_number()
    {
        using var cluster = new ReplicaCluster(3, WithSnapshots(interval: 50));
        cluster.Elect();
        cluster.Write((RecordMachine.DrainKey, "1"));
        for (var i = 1; i <= 600; i++)
        {
            cluster.Write(((UInt128)i, "value"));
        }

        var member = cluster.Members[1];
        var reader = new EventReader();
        FollowToEnd(cluster, reader, member);
        foreach (var seq in new ulong[] { 1, 2, 17, 150, 299, 300 })
        {
            var expected = reader.Seen.First(one => one.Stream == 0 && one.Seq == seq).Index;
            Assert.Equal((SeekAnswer.Found, expected), Seek(cluster, member, 0, seq));
        }

        var next = reader.Seen.Last(one => one.Stream == 0).Seq + 1;
        Assert.Equal(SeekAnswer.Found, Seek(cluster, member, 0, next).Answer);
        Assert.Equal(SeekAnswer.Unknown, Seek(cluster, member, 77, 1).Answer);

        // Once the drain is gone, so are the oldest.
        cluster.Write((RecordMachine.DrainKey, ""));
        for (var i = 1; i <= 600; i++)
        {
            cluster.Write(((UInt128)i, "value"));
        }

        cluster.Until(() => member.Replica.Journal.Floor > 1, "the journal lets go");
        Assert.Equal(SeekAnswer.Gap, Seek(cluster, member, 0, 1).Answer);
    }

    [Fact]
    public void A_failed_write_of_the_journal_ends_the_replica()
    {
        using var cluster = new ReplicaCluster(1, WithSnapshots(interval: 8));
        cluster.Elect();
        var member = cluster.Members[0];
        member.Held = FileKind.Journal;
        for (var i = 1; i <= 10; i++)
        {
            cluster.Write(((UInt128)i, "value"));
        }

        var request = member.Disk.UnderWay.First(one => one.File.Kind == FileKind.Journal);
        member.Replica.Complete(member.Disk.Complete(request, DiskError.Device));
        member.Replica.Run();
        Assert.Equal((ReplicaPhase.Failed, ReplicaFailure.Disk), (member.Replica.Phase, member.Replica.Failure));
    }

    private static (SeekAnswer Answer, ulong Index) Seek(
        ReplicaCluster cluster, TestReplica member, UInt128 stream, ulong seq)
    {
        var seek = member.Replica.SeekEvents(stream, seq);
        var answer = SeekAnswer.Later;
        var index = 0UL;
        cluster.Until(() => (answer = seek.Step(out index)) != SeekAnswer.Later, "the place");
        return (answer, index);
    }

    private static void Fill(ReplicaCluster cluster, int i) =>
        cluster.Write([.. Enumerable.Range(0, 20).Select(key => ((UInt128)key, $"{i}"))]);

    private static void FollowToEnd(ReplicaCluster cluster, EventReader reader, TestReplica member) =>
        Follow(cluster, reader, member, member.AppliedIndex);

    private static void Follow(ReplicaCluster cluster, EventReader reader, TestReplica member, ulong until) =>
        cluster.Until(
            () =>
            {
                reader.Follow(member);
                return reader.Position > until;
            },
            $"events up to {until}");

    // What is not there any more is passed over.
    private static void Keep(ReplicaCluster cluster, EventReader reader, TestReplica member)
    {
        reader.Follow(member);
        if (reader.LastAnswer == JournalAnswer.Gap)
        {
            return;
        }

        FollowToEnd(cluster, reader, member);
    }

    private static ReplicaOptions WithSnapshots(ulong interval) => ReplicaCluster.Options with
    {
        Snapshots = ReplicaCluster.Options.Snapshots with { IntervalEntries = interval },
    };
}
