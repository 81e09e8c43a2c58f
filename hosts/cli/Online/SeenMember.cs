using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>How a member stands, as it says itself.</summary>
/// <param name="Member">Which.</param>
/// <param name="Leader">Who leads, as far as it knows; zero where it does not.</param>
/// <param name="State">Where its state stands; null where it did not say.</param>
/// <param name="Problem">Why not.</param>
internal sealed record SeenMember(ClusterMember Member, ulong Leader, StateAnswer? State, string Problem)
{
    public bool IsLeader => Leader != 0 && Leader == Member.Node;

    /// <summary>Asks every member, each for itself.</summary>
    public static Task<SeenMember[]> LookAsync(ClusterDesk desk, CancellationToken cancellation) =>
        Task.WhenAll(desk.Options.Members.Select(member => LookAsync(desk, member, cancellation)));

    /// <summary>Whether members that have applied the same entry have the same state.</summary>
    /// <param name="seen">The members.</param>
    /// <param name="compared">How many could be held against each other.</param>
    public static bool AreEqual(IEnumerable<SeenMember> seen, out int compared)
    {
        var byIndex = seen.Where(member => member.State is not null)
            .GroupBy(member => member.State!.Value.Index)
            .Select(group => group.Select(member => member.State!.Value.StateHash).ToArray())
            .ToArray();
        compared = byIndex.Where(hashes => hashes.Length > 1).Sum(hashes => hashes.Length);
        return byIndex.All(hashes => hashes.Distinct().Count() == 1);
    }

    private static async Task<SeenMember> LookAsync(
        ClusterDesk desk, ClusterMember member, CancellationToken cancellation)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(desk.Options.ConnectTimeout);
        try
        {
            await using var connection = await ClientConnection.ConnectAsync(
                new ClientOptions
                {
                    Host = member.Host,
                    Port = member.Port,
                    Hello = desk.Options.Hello,
                    Tls = desk.Options.Tls?.Invoke(member),
                },
                late.Token);
            var reply = await connection.QueryAsync(new QueryHeader { Kind = QueryKind.State, Staleness = 1 })
                .WaitAsync(late.Token);
            return reply.Kind == ClientMessageKind.Answer
                ? new SeenMember(member, connection.Server.Leader, reply.RowsOf<StateAnswer>()[0], "")
                : new SeenMember(member, connection.Server.Leader, null, $"{reply.Refusal.Code}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new SeenMember(member, 0, null, "no answer in time");
        }
        catch (ClientConnectionException exception)
        {
            return new SeenMember(member, 0, null, exception.Message);
        }
    }
}
