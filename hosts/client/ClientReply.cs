using System.Runtime.InteropServices;
using System.Text;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Client;

/// <summary>What came back for one request.</summary>
public sealed class ClientReply
{
    private readonly byte[] _body;

    internal ClientReply(ClientMessageKind kind, byte[] body)
    {
        Kind = kind;
        _body = body;
    }

    /// <summary>Committed, answered or refused.</summary>
    public ClientMessageKind Kind { get; }

    /// <summary>Why it was not done, where it was refused.</summary>
    public RefusedMessage Refusal =>
        Kind == ClientMessageKind.Refused ? MemoryMarshal.Read<RefusedMessage>(_body) : default;

    /// <summary>Where the leader is, HOST:PORT, where the member said so; else empty.</summary>
    public string LeaderAddress => Kind == ClientMessageKind.Refused
        ? Encoding.UTF8.GetString(_body.AsSpan(Marshal.SizeOf<RefusedMessage>()))
        : "";

    /// <summary>Where commands were decided.</summary>
    public CommittedHeader Commit => Read<CommittedHeader>(ClientMessageKind.Committed);

    /// <summary>The result of each command, in order.</summary>
    public ReadOnlySpan<CommandResult> Results =>
        Rows<CommandResult>(ClientMessageKind.Committed, Marshal.SizeOf<CommittedHeader>());

    /// <summary>What stands before the rows of an answer.</summary>
    public AnswerHeader Answer => Read<AnswerHeader>(ClientMessageKind.Answer);

    /// <summary>The rows of an answer.</summary>
    /// <typeparam name="T">What the question asks for.</typeparam>
    /// <returns>The rows.</returns>
    public ReadOnlySpan<T> RowsOf<T>()
        where T : unmanaged => Rows<T>(ClientMessageKind.Answer, Marshal.SizeOf<AnswerHeader>());

    private T Read<T>(ClientMessageKind kind)
        where T : unmanaged
    {
        Require(kind);
        return MemoryMarshal.Read<T>(_body);
    }

    private ReadOnlySpan<T> Rows<T>(ClientMessageKind kind, int start)
        where T : unmanaged
    {
        Require(kind);
        return MemoryMarshal.Cast<byte, T>(_body.AsSpan(start));
    }

    private void Require(ClientMessageKind kind)
    {
        if (Kind != kind)
        {
            throw new InvalidOperationException(
                Kind == ClientMessageKind.Refused ? $"Refused: {Refusal.Code}." : $"The reply is {Kind}, not {kind}.");
        }
    }
}

/// <summary>The connection ended while a request was under way, or cannot be made.</summary>
/// <param name="message">Why.</param>
public class ClientConnectionException(string message) : IOException(message);

/// <summary>The member does not take the client.</summary>
/// <param name="code">Why.</param>
public sealed class ClientRefusedException(RefusalCode code)
    : ClientConnectionException($"The member refuses: {code}.")
{
    /// <summary>Why.</summary>
    public RefusalCode Code => code;
}
