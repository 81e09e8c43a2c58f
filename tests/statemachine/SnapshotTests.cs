using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests;

public sealed class SnapshotTests
{
    private const int Steps = 4_000;

    [Theory]
    [Trait("Covers", "H-31")]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    public void A_machine_restored_at_any_point_goes_on_as_the_original(ulong seed)
    {
        var log = GeneratedRun.LogOf(seed, Steps);
        var dice = new Dice(seed);
        for (var round = 0; round < 6; round++)
        {
            var at = dice.Below(log.Count);
            var original = ReplicaAt(log, at);
            var atCut = original.Machine.StateHash;
            var reader = original.Machine.BeginSnapshot(SnapshotScope.All);

            // Entries go on while the snapshot is read in small pieces.
            var (stream, next) = (new List<byte>(), at);
            while (SnapshotImage.ReadPiece(reader, 1 + dice.Below(3_000), stream))
            {
                for (var i = dice.Below(3); i > 0 && next < log.Count; i--)
                {
                    original.Apply(log[next++]);
                }
            }

            // Into a machine with a past of its own: nothing of it may be left.
            var restored = ReplicaAt(GeneratedRun.LogOf(dice.Next(), 300), int.MaxValue);
            Assert.True(SnapshotImage.TryRestore(restored.Machine, SnapshotImage.Split([.. stream]), atCut));
            var twin = ReplicaAt(log, at);
            Replica.AssertSameState(twin, restored);
            PlayOn(log, at, twin, restored);
            Catch(log, next, original);
            Replica.AssertSame(original, restored);
        }
    }

    [Theory]
    [Trait("Covers", "H-31")]
    [InlineData(31)]
    [InlineData(32)]
    public void The_full_stream_is_the_same_bytes_on_a_replayed_and_on_a_restored_machine(ulong seed)
    {
        var log = GeneratedRun.LogOf(seed, Steps);
        var original = ReplicaAt(log, log.Count);
        var halfway = ReplicaAt(log, log.Count / 2);
        var restored = Restored(halfway.Machine);
        Catch(log, log.Count / 2, restored);

        var stream = FullStream(original.Machine);
        Assert.Equal(stream, FullStream(ReplicaAt(log, log.Count).Machine));
        Assert.Equal(stream, FullStream(restored.Machine));
        Assert.Equal(stream, FullStream(Restored(original.Machine).Machine));
    }

    [Fact]
    public void Pieces_of_any_size_make_the_same_stream()
    {
        var machine = ReplicaAt(GeneratedRun.LogOf(33, 1_000), int.MaxValue).Machine;
        var whole = SnapshotImage.Read(machine.BeginSnapshot(SnapshotScope.All), int.MaxValue);
        foreach (var bytesMax in (int[])[1, 100, 4_096, whole.Length, whole.Length + 1])
        {
            Assert.Equal(whole, SnapshotImage.Read(machine.BeginSnapshot(SnapshotScope.All), bytesMax));
        }
    }

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(43)]
    public void Changed_records_over_the_image_before_make_the_full_stream(ulong seed)
    {
        var log = GeneratedRun.LogOf(seed, Steps);
        var dice = new Dice(seed);
        var replica = new Replica();
        var image = new SnapshotImage();
        var next = 0;
        while (next < log.Count)
        {
            for (var i = dice.Below(120); i > 0 && next < log.Count; i--)
            {
                replica.Apply(log[next++]);
            }

            var expected = FullStream(ReplicaAt(log, next).Machine);
            var reader = replica.Machine.BeginSnapshot(SnapshotScope.Changed);
            var (stream, goesOn) = (new List<byte>(), true);
            for (var patience = dice.OnceIn(3) ? dice.Below(8) : int.MaxValue; goesOn && patience > 0; patience--)
            {
                goesOn = SnapshotImage.ReadPiece(reader, 1 + dice.Below(20_000), stream);
                for (var i = dice.Below(3); i > 0 && next < log.Count; i--)
                {
                    replica.Apply(log[next++]);
                }
            }

            // Where it was given up, what was read of it is thrown away.
            reader.End();
            if (!goesOn)
            {
                image.Apply([.. stream]);
                Assert.Equal(expected, image.ToStream());
            }
        }
    }

    [Theory]
    [InlineData(SnapshotScope.All)]
    [InlineData(SnapshotScope.Changed)]
    public void A_cut_counts_the_records_and_bytes_of_the_whole_state_whatever_it_hands_out(SnapshotScope scope)
    {
        var machine = ReplicaAt(GeneratedRun.LogOf(35, Steps), int.MaxValue).Machine;
        var stream = FullStream(machine);
        var reader = machine.BeginSnapshot(scope);
        Assert.Equal((ulong)stream.Length, reader.StreamLength);
        Assert.Equal((ulong)SnapshotImage.Split(stream).Count, reader.RecordCount);
    }

    [Fact]
    public void An_incremental_snapshot_holds_what_changed_and_little_else()
    {
        var venue = RichWorld.Create();
        SnapshotImage.Read(venue.Machine.BeginSnapshot(SnapshotScope.All));
        venue.Pass(1);
        var part = Assert.Single(SnapshotImage.Split(
            SnapshotImage.Read(venue.Machine.BeginSnapshot(SnapshotScope.Changed))));
        Assert.Equal(Records.Globals.Kind, part.Header.Kind);
    }

    [Fact]
    public void A_full_snapshot_that_is_ended_early_leaves_what_changed_before_it()
    {
        var venue = RichWorld.Create();
        var image = new SnapshotImage();
        image.Apply(SnapshotImage.Read(venue.Machine.BeginSnapshot(SnapshotScope.All)));
        var order = venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        var reader = venue.Machine.BeginSnapshot(SnapshotScope.All);
        SnapshotImage.ReadPiece(reader, 2_000, []);
        venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        reader.End();
        reader.End();
        image.Apply(SnapshotImage.Read(venue.Machine.BeginSnapshot(SnapshotScope.Changed)));
        Assert.Equal(FullStream(venue.Machine), image.ToStream());
    }

    [Fact]
    public void A_snapshot_counts_as_read_once_its_reader_was_told_that_there_is_no_more()
    {
        var venue = RichWorld.Create();
        var reader = venue.Machine.BeginSnapshot(SnapshotScope.Changed);
        Assert.True(SnapshotImage.ReadPiece(reader, int.MaxValue, []));
        reader.End();
        var stream = SnapshotImage.Read(venue.Machine.BeginSnapshot(SnapshotScope.Changed));
        Assert.Equal(FullStream(venue.Machine), stream);
    }

    [Fact]
    public void A_restore_ends_the_snapshot_that_was_being_read()
    {
        var venue = RichWorld.Create();
        var reader = venue.Machine.BeginSnapshot(SnapshotScope.All);
        SnapshotImage.ReadPiece(reader, 2_000, []);
        var other = RichWorld.Create().Machine;
        var parts = SnapshotImage.Split(SnapshotImage.Read(other.BeginSnapshot(SnapshotScope.All)));
        Assert.True(SnapshotImage.TryRestore(venue.Machine, parts, other.StateHash));
        Assert.False(SnapshotImage.ReadPiece(reader, int.MaxValue, []));
        Assert.Equal(FullStream(other), FullStream(venue.Machine));
    }

    [Fact]
    public void Only_one_snapshot_is_read_at_a_time()
    {
        var machine = new ExchangeMachine();
        machine.BeginSnapshot(SnapshotScope.All);
        Assert.Throws<InvariantViolationException>(() => machine.BeginSnapshot(SnapshotScope.All));
    }

    [Fact]
    public void Beginning_a_snapshot_allocates_nothing()
    {
        var log = GeneratedRun.LogOf(34, 1_000);
        Assert.Equal(0, Allocations.Fewest(
            () =>
            {
                var machine = ReplicaAt(log, int.MaxValue).Machine;
                machine.BeginSnapshot(SnapshotScope.All).End();
                return machine;
            },
            machine => machine.BeginSnapshot(SnapshotScope.Changed)));
    }

    private static Replica ReplicaAt(IReadOnlyList<Entry> log, int count)
    {
        var replica = new Replica();
        foreach (var entry in log.Take(count))
        {
            replica.Apply(entry);
        }

        return replica;
    }

    private static void Catch(IReadOnlyList<Entry> log, int next, Replica replica)
    {
        foreach (var entry in log.Skip(next))
        {
            replica.Apply(entry);
        }
    }

    private static void PlayOn(IReadOnlyList<Entry> log, int next, Replica expected, Replica actual)
    {
        foreach (var entry in log.Skip(next))
        {
            expected.Apply(entry);
            actual.Apply(entry);
            Replica.AssertSame(expected, actual);
        }

        Assert.Equal(actual.Machine.StateHash, actual.Machine.RecomputeStateHash());
    }

    private static byte[] FullStream(ExchangeMachine machine) =>
        SnapshotImage.Read(machine.BeginSnapshot(SnapshotScope.All));

    private static Replica Restored(ExchangeMachine source)
    {
        var restored = new Replica();
        Assert.True(SnapshotImage.TryRestore(
            restored.Machine, SnapshotImage.Split(FullStream(source)), source.StateHash));
        return restored;
    }
}
