using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Exploring;
using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Simulation.Tests.Exploring;

public sealed class ExplorerTests
{
    private static readonly ExploreBounds _smallest =
        new() { Terms = 1, Entries = 1, Crashes = 0, Losses = 0, Timeouts = 1 };

    [Fact]
    public void An_election_and_its_first_entry_are_explored_to_the_end()
    {
        var found = Explore(_smallest);
        Assert.Null(found.Wrong);
        Assert.True(found.IsComplete);
        Assert.True(found.ByLedTerm[1] > 0, "somebody leads");
        Assert.True(found.ByCommitted[1] > 0, "an entry is committed");
    }

    [Fact]
    public void The_same_bounds_are_the_same_states()
    {
        var first = Explore(_smallest);
        Assert.Equal((first.States, first.Transitions), (Explore(_smallest).States, Explore(_smallest).Transitions));
    }

    [Fact]
    public void A_loss_and_a_crash_are_states_more_and_a_bound_says_that_it_was_not_enough()
    {
        var most = Explore(_smallest with { Crashes = 1, Losses = 1, StatesMax = 20_000 });
        Assert.Null(most.Wrong);
        Assert.False(most.IsComplete);
        Assert.Equal(20_000, most.States, 1_000.0);
    }

    [Fact]
    public void A_digest_tells_apart_what_differs_anywhere_and_nothing_else()
    {
        var digest = new ObjectDigest();
        using var hasher = new ChainHasher();
        var node = new ExploredNode(0, 3, hasher);
        var same = new ExploredNode(0, 3, hasher);
        Assert.Equal(digest.Of(node), digest.Of(same));
        Assert.NotEqual(digest.Of(node), digest.Of(new ExploredNode(1, 3, hasher)));
        node.Take(new NodeInput(NodeInputKind.TimePasses, -1, -1), null, []);
        Assert.NotEqual(digest.Of(node), digest.Of(same));
        same.Take(new NodeInput(NodeInputKind.TimePasses, -1, -1), null, []);
        Assert.Equal(digest.Of(node), digest.Of(same));
    }

    private static Exploration Explore(ExploreBounds bounds)
    {
        using var hasher = new ChainHasher();
        return new Explorer(bounds, new ObjectDigest().Of, hasher).Run();
    }
}
