using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// Reads a submission: its framing, what the connection may not send at all, and who acts. What a command means, and
/// whether the user may do it, the state machine decides.
/// </summary>
internal sealed class Submissions(SessionWatch sessions)
{
    // Instruments are numbered from 1; what is beyond the room here exists in no market of ours and is not counted.
    private readonly long[] _byInstrument = new long[16_384];

    /// <summary>Commands read for an instrument.</summary>
    public long CommandsOf(uint instrument) =>
        instrument < (uint)_byInstrument.Length ? _byInstrument[instrument] : 0;

    /// <summary>Checks a submission and writes into its commands who acts.</summary>
    /// <param name="request">The request; its body is changed.</param>
    /// <param name="queries">The state.</param>
    /// <param name="submission">The submission.</param>
    /// <returns>None, or why it is refused as a whole.</returns>
    public RefusalCode Read(in ClientRequest request, ExchangeQueries queries, out Submission submission)
    {
        submission = default;
        var channel = request.Channel;
        if ((channel.Permissions & Doorkeeper.Trade) == 0)
        {
            return RefusalCode.Forbidden;
        }

        var body = request.Buffer.AsSpan(0, request.Length);
        if (body.Length < Unsafe.SizeOf<SubmitHeader>())
        {
            return RefusalCode.Malformed;
        }

        var header = MemoryMarshal.Read<SubmitHeader>(body);
        var commands = body[Unsafe.SizeOf<SubmitHeader>()..];
        if (header.Reserved0 != 0 || header.Count == 0)
        {
            return RefusalCode.Malformed;
        }

        if (header.Count > SubmitHeader.CountMax || commands.Length > Proposer.BytesMax)
        {
            return RefusalCode.TooLarge;
        }

        var code = Walk(channel, commands, header.Count, queries, out var user);
        submission = new Submission(request, header.Count, user);
        return code;
    }

    private RefusalCode Walk(
        ClientChannel channel, Span<byte> commands, uint count, ExchangeQueries queries, out uint first)
    {
        first = 0;
        var reader = new BatchReader(commands);
        for (var i = 0u; i < count; i++)
        {
            var start = reader.Position;
            var length = reader.Skip();

            // Framing that is lost would take the commands of others along: their bytes follow in the same entry.
            if (length < Unsafe.SizeOf<CommandHeader>() || length != commands[start] + (commands[start + 1] << 8))
            {
                return RefusalCode.Malformed;
            }

            ref var header = ref MemoryMarshal.AsRef<CommandHeader>(commands[start..]);
            if (channel.Account != 0 && header.Account.Value != channel.Account)
            {
                return RefusalCode.Forbidden;
            }

            // A gateway names the user of each command, whom it has authenticated; nobody else does.
            if (!channel.IsGateway || header.User.Value == 0)
            {
                header.User = new UserId(channel.User);
            }

            if (header.Instrument.Value < (uint)_byInstrument.Length)
            {
                _byInstrument[header.Instrument.Value]++;
            }

            first = first == 0 ? header.User.Value : first;
            if (header.Dedup == DedupMode.Session)
            {
                sessions.Used(in header, channel, queries);
            }
        }

        return reader.Position == commands.Length ? RefusalCode.None : RefusalCode.Malformed;
    }
}
