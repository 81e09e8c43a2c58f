using Exchange.Rsm.Contracts.Client;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>What the members' states have in common.</summary>
internal static class States
{
    /// <summary>The same hashes on all of them at the same entry, that one or a later one.</summary>
    public static async Task AssertEqualAsync(
        LoopbackCluster cluster, int[] nodes, ulong index, CancellationToken cancellation)
    {
        var states = new StateAnswer[nodes.Length];
        do
        {
            for (var i = 0; i < nodes.Length; i++)
            {
                await using var connection = await cluster.ConnectAsync(nodes[i], user: 1, cancellation);
                var reply = await connection.QueryAsync(
                    new QueryHeader { Kind = QueryKind.State, Staleness = 1, MinIndex = index });
                states[i] = reply.RowsOf<StateAnswer>()[0];
            }

            // A member that is behind is asked again for what the others have.
            index = states.Max(state => state.Index);
        }
        while (states.Any(state => state.Index != index));

        Assert.All(states, state => Assert.Equal(states[0].StateHash, state.StateHash));
        Assert.All(states, state => Assert.Equal(states[0].EventChainHash, state.EventChainHash));
    }
}
