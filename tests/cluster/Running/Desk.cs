using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Client;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>Sends commands one by one as one user: with a key, or numbered in the user's session.</summary>
internal sealed class Desk(ClusterClient client, CancellationToken cancellation)
{
    private UInt128 _key;
    private ulong _number;

    public SessionId Session { get; private set; }

    /// <summary>What the last command sent was.</summary>
    public Command? Last { get; private set; }

    public CommittedHeader LastCommit { get; private set; }

    public async Task<CommandResult> KeyedAsync(Command command)
    {
        var now = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
        return await SendAsync(Unnamed(command).Keyed(++_key, now));
    }

    public async Task OpenSessionAsync(AccountId account, long grace = 0)
    {
        var opened = await KeyedAsync(Commands.OpenSession(account, grace));
        Assert.Equal(RejectCode.None, opened.Code);
        Session = new SessionId((uint)opened.Id);
    }

    public Task<CommandResult> InSessionAsync(Command command) =>
        SendAsync(Unnamed(command).InSession(Session, ++_number));

    public async Task<CommandResult> SendAsync(Command command)
    {
        Last = command;
        var reply = await client.SubmitAsync(command.Bytes.ToArray(), 1, cancellation);
        LastCommit = reply.Commit;
        Assert.Equal(1u, LastCommit.Count);
        return reply.Results[0];
    }

    // The member fills in who acts.
    private static Command Unnamed(Command command) => command.By(default);
}
