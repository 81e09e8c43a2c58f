using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests;

public sealed class CheckpointTests
{
    [Theory]
    [Trait("Covers", "CORE-20")]
    [InlineData(51)]
    [InlineData(52)]
    public void A_checkpoint_holds_the_hash_of_the_state_it_stands_in_and_a_replay_finds_the_same(ulong seed)
    {
        var log = GeneratedRun.LogOf(seed, 3_000);
        var (replica, replay) = (new Replica(), new Replica());
        var checkpoints = 0;
        foreach (var entry in log)
        {
            var chain = replica.Machine.EventChainHash;
            replica.Apply(entry);
            replay.Apply(entry);
            Replica.AssertSame(replica, replay);
            var interval = replica.Machine.State.Globals.Policy.CheckpointInterval;
            var found = Happened.In(replica.Events).Where(one => one.Kind == EventKind.Checkpoint).ToList();
            var isDue = interval != 0 && entry.Header.Index % interval == 0;
            Assert.Equal(isDue ? 1 : 0, found.Count);
            if (isDue)
            {
                checkpoints++;
                ref readonly var checkpoint = ref found[0].As<Checkpoint>();
                Assert.Equal(chain, checkpoint.EventChainHash);
                Assert.Equal(HashBeforeTheCheckpoint(replica.Machine, chain), checkpoint.StateHash);
            }
        }

        Assert.True(checkpoints > 10);
    }

    [Fact]
    public void A_checkpoint_is_the_last_event_of_its_entry_and_zero_switches_it_off()
    {
        var venue = new Venue();
        venue.SetGlobalPolicy(policy => policy with { CheckpointInterval = 1 });
        Assert.Equal(EventKind.Checkpoint, venue.Events[^1].Kind);
        venue.Pass(1);
        Assert.Equal([EventKind.Checkpoint], venue.Events.Select(happened => happened.Kind));
        venue.SetGlobalPolicy(policy => policy with { CheckpointInterval = 0 });
        Assert.Equal(0, venue.Count(EventKind.Checkpoint));
    }

    // The checkpoint's own number and the entry's event chain are what changed after the hash was taken.
    private static ulong HashBeforeTheCheckpoint(ExchangeMachine machine, ulong chain)
    {
        ref var globals = ref machine.State.Globals;
        var after = globals;
        globals.SystemSequence--;
        globals.EventChainHash = chain;
        var hash = machine.RecomputeStateHash();
        globals = after;
        return hash;
    }
}
