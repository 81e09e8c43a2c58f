using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// Cancel-on-disconnect, seen from the leader: it tells the exchange that a session's connection broke, and the
/// exchange, after the session's grace, cancels. A new leader knows of no connections at first: sessions that do not
/// show up within a while are reported as broken, too.
/// </summary>
internal sealed class SessionWatch(CommandQueue queue, ClientChannel house, uint serviceUser, long showUpNanos)
{
    // The connection that used a session last.
    private readonly Dictionary<uint, ClientChannel> _owners = [];
    private readonly Queue<(uint Session, bool IsConnected)> _reports = new();
    private ulong _term;
    private long _showUpBy = long.MaxValue;

    /// <summary>Sessions that were reported as broken, or as back.</summary>
    public long Reported { get; private set; }

    /// <summary>A command of a session came over a connection.</summary>
    /// <param name="header">Its header, who acts filled in.</param>
    /// <param name="channel">The connection.</param>
    /// <param name="queries">The state.</param>
    public void Used(in CommandHeader header, ClientChannel channel, ExchangeQueries queries)
    {
        var session = header.Session.Value;
        if (channel.IsLocal
            || (!channel.Sessions.Contains(session) && !TryTake(session, header.User, channel, queries)))
        {
            return;
        }

        _owners[session] = channel;
    }

    /// <summary>
    /// A connection asked for a session of its user: it shows up without a command, and that ends a grace that runs.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="channel">The connection.</param>
    /// <param name="queries">The state.</param>
    public void Claimed(uint session, ClientChannel channel, ExchangeQueries queries)
    {
        var user = new UserId(channel.User);
        if (!channel.IsLocal
            && (channel.Sessions.Contains(session) || TryTake(session, user, channel, queries))
            && _owners.TryAdd(session, channel))
        {
            _reports.Enqueue((session, IsConnected: true));
        }
    }

    /// <summary>A connection has ended. What another one uses by now goes on.</summary>
    public void Ended(ClientChannel channel)
    {
        foreach (var session in channel.Sessions)
        {
            if (_owners.TryGetValue(session, out var owner) && owner == channel)
            {
                _owners.Remove(session);
                _reports.Enqueue((session, IsConnected: false));
            }
        }
    }

    /// <summary>Reports what is to be reported, if this member leads.</summary>
    /// <param name="term">The term it leads; zero where it does not.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="queries">The state.</param>
    public void Step(ulong term, long now, ExchangeQueries queries)
    {
        if (term != _term)
        {
            _term = term;
            _showUpBy = term == 0 ? long.MaxValue : now + showUpNanos;
        }

        // Whoever leads next asks itself who shows up.
        if (term == 0)
        {
            _reports.Clear();
            return;
        }

        if (now >= _showUpBy)
        {
            _showUpBy = long.MaxValue;
            foreach (var session in queries.SessionsWithGrace())
            {
                if (!_owners.ContainsKey(session))
                {
                    _reports.Enqueue((session, IsConnected: false));
                }
            }
        }

        while (_reports.TryPeek(out var report))
        {
            // What is no longer so is not reported: another connection came, or this one went.
            var isSo = _owners.ContainsKey(report.Session) == report.IsConnected;
            if (isSo && queries.GraceOf(report.Session) != 0)
            {
                if (!TryReport(report.Session, report.IsConnected))
                {
                    return;
                }

                Reported++;
            }

            _reports.Dequeue();
        }
    }

    private bool TryReport(uint session, bool isConnected)
    {
        var body = new byte[Unsafe.SizeOf<SubmitHeader>() + Unsafe.SizeOf<SetSessionConnection>()];
        var submit = new SubmitHeader { Count = 1 };
        var command = new SetSessionConnection
        {
            Header = new CommandHeader
            {
                Length = (ushort)Unsafe.SizeOf<SetSessionConnection>(),
                Kind = CommandKind.SetSessionConnection,
                Version = CommandHeader.CurrentVersion,
                User = new UserId(serviceUser),
            },
            Session = new SessionId(session),
            Connected = isConnected ? (byte)1 : (byte)0,
        };
        MemoryMarshal.Write(body, in submit);
        MemoryMarshal.Write(body.AsSpan(Unsafe.SizeOf<SubmitHeader>()), in command);
        var request = ClientRequest.Of(house, ClientMessageKind.Submit, tag: 0, body);
        if (queue.TryAdd(new Submission(request, 1, serviceUser)))
        {
            return true;
        }

        request.Release();
        return false;
    }

    // Whoever names another's session must not have it reported as broken.
    private static bool TryTake(uint session, UserId user, ClientChannel channel, ExchangeQueries queries) =>
        channel.Sessions.Count < ClientChannel.SessionsMax
        && queries.TrySession(session, out var found)
        && found.User == user
        && channel.Sessions.Add(session);
}
