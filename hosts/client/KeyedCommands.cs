using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Client;

/// <summary>Commands outside a session, one at a time: each gets a key of its own.</summary>
public static class KeyedCommands
{
    /// <summary>Has a command done, once, and takes nothing but acceptance for an answer.</summary>
    /// <typeparam name="T">Its layout.</typeparam>
    /// <param name="cluster">The way there.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="body">The command; its header is filled in here.</param>
    /// <param name="account">The account acted on, or none.</param>
    /// <param name="cancellation">Gives up; the outcome is then unknown.</param>
    /// <returns>The result.</returns>
    /// <exception cref="CommandRejectedException">The exchange rejected it.</exception>
    /// <exception cref="ClientConnectionException">The cluster refuses it for good.</exception>
    public static async Task<CommandResult> ExecuteAsync<T>(
        this ClusterClient cluster, CommandKind kind, T body, AccountId account, CancellationToken cancellation)
        where T : unmanaged
    {
        var bytes = ClientCommand.Of(kind, in body, account);
        var key = MemoryMarshal.Read<UInt128>(RandomNumberGenerator.GetBytes(16));
        var now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        ClientCommand.Key(bytes, key, now);
        var reply = await cluster.SubmitAsync(bytes, 1, cancellation);
        if (reply.Kind != ClientMessageKind.Committed)
        {
            throw new ClientConnectionException($"{kind} is refused: {reply.Refusal.Code}.");
        }

        var result = reply.Results[0];
        return result.Code == RejectCode.None ? result : throw new CommandRejectedException(kind, result);
    }
}

/// <summary>The exchange decided against a command.</summary>
/// <param name="kind">Which.</param>
/// <param name="result">Its answer.</param>
public sealed class CommandRejectedException(CommandKind kind, CommandResult result)
    : Exception($"{kind} is rejected: {result.Code}.")
{
    /// <summary>The answer.</summary>
    public CommandResult Result => result;
}
