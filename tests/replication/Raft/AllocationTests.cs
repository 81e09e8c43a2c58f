using Exchange.Rsm.Bench.Raft;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft;

public sealed class AllocationTests
{
    [Fact]
    public void Proposing_replicating_committing_and_applying_allocate_nothing()
    {
        var options = new RaftOptions { RingBytes = 1 << 20, RingEntries = 1 << 10, UncommittedEntriesMax = 128 };
        using var trio = new RaftTrio(commands: 8, commandBytes: 128, options);
        Assert.Equal(0, Allocations.Fewest(() => trio.Run(4096)));
    }
}
