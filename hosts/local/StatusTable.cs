using System.Globalization;
using System.Text;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>How a member stands, as it says itself.</summary>
/// <param name="IsLeading">Whether it says that it leads.</param>
/// <param name="State">Where its state stands; null where it does not answer.</param>
internal readonly record struct MemberStatus(bool IsLeading, StateAnswer? State);

/// <summary>
/// Looks at all members, and writes it down: as a table that stays in place on a terminal, as lines where something
/// changed elsewhere.
/// </summary>
internal sealed class StatusTable(IReadOnlyList<MemberProcess> members, ClientHello hello, TextWriter output)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(500);

    private readonly bool _isInPlace = !Console.IsOutputRedirected;
    private int _lines;
    private string _last = "";

    /// <summary>Asks every member how it stands.</summary>
    public async Task<IReadOnlyList<MemberStatus>> AskAsync(CancellationToken cancellation) =>
        await Task.WhenAll(members.Select(member => AskAsync(member.Member, cancellation)));

    /// <summary>Shows it.</summary>
    public void Show(IReadOnlyList<MemberStatus> statuses)
    {
        var text = new StringBuilder();
        text.AppendLine("member  pid      role      applied      term   state hash        orders     restarts");
        for (var i = 0; i < members.Count; i++)
        {
            var member = members[i];
            var pid = member.ProcessId?.ToString(CultureInfo.InvariantCulture) ?? "-";
            var role = statuses[i].State is null ? "away" : statuses[i].IsLeading ? "leader" : "follower";
            text.Append(CultureInfo.InvariantCulture, $"{member.Member.Number,-8}{pid,-9}{role,-10}");
            if (statuses[i].State is { } state)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{state.Index,-13}{state.Term,-7}{state.StateHash:x16}  {state.OrdersAccepted,-11}");
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{"-",-13}{"-",-7}{"-",-18}{"-",-11}");
            }

            text.Append(CultureInfo.InvariantCulture, $"{member.Restarts}").AppendLine();
        }

        Write(text.ToString());
    }

    private void Write(string text)
    {
        if (_isInPlace)
        {
            // Up to where the table began, then over it, line by line.
            output.Write(_lines > 0 ? $"\u001b[{_lines}A" : "");
            output.Write(text.Replace(Environment.NewLine, "\u001b[K" + Environment.NewLine, StringComparison.Ordinal));
            _lines = text.Count(c => c == '\n');
        }
        else if (text != _last)
        {
            output.WriteLine(text);
        }

        _last = text;
        output.Flush();
    }

    private async Task<MemberStatus> AskAsync(LocalMember member, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(_patience);
        try
        {
            await using var connection = await ClientConnection.ConnectAsync(
                new ClientOptions { Host = "127.0.0.1", Port = member.ClientPort, Hello = hello }, timeout.Token);
            var reply = await connection.QueryAsync(new QueryHeader { Kind = QueryKind.State, Staleness = 1 })
                .WaitAsync(timeout.Token);
            return reply.Kind == ClientMessageKind.Answer && reply.Answer.Count == 1
                ? new MemberStatus(connection.Server.Leader == connection.Server.Node, reply.RowsOf<StateAnswer>()[0])
                : default;
        }
        catch (Exception exception) when (exception is ClientConnectionException or OperationCanceledException)
        {
            // Shown as away: that is what is to be seen of it.
            return default;
        }
    }
}
