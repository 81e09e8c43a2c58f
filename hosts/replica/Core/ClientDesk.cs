using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>Takes clients' requests on the core's thread, and leads each to where it is done or refused.</summary>
internal sealed class ClientDesk(
    Member replica,
    CoreOutput output,
    Doorkeeper doorkeeper,
    CommandQueue queue,
    PendingCommands pending,
    PendingReads reads,
    Answers answers,
    SessionWatch sessions,
    Func<bool> isDiskLow)
{
    private const int PingLengthMax = 64;

    private readonly Proposer _proposer = new(replica, queue, pending, () => output.Leader);
    private readonly HashSet<ClientChannel> _channels = [];
    private RaftStatus _status;
    private long _now;
    private bool _isServing;

    /// <summary>Whether the last step proposed something.</summary>
    public bool HasProposed { get; private set; }

    /// <summary>Clients connected that have said who they are.</summary>
    public IReadOnlySet<ClientChannel> Channels => _channels;

    /// <summary>Whether no new client is taken any more.</summary>
    public bool IsStopping { get; set; }

    public Submissions Submissions { get; } = new(sessions);

    public SessionWatch Sessions => sessions;

    public Proposer Proposer => _proposer;

    /// <summary>Takes a request; its memory is given back when it is done with.</summary>
    public void Take(in ClientRequest request)
    {
        if (!TryKeep(in request))
        {
            request.Release();
        }
    }

    /// <summary>Hands on what has gathered.</summary>
    public void Ask()
    {
        Look();
        reads.Ask(replica);
        sessions.Step(_isServing && _status.Role == RaftRole.Leader ? _status.Term : 0, _now, output.Queries);
        HasProposed = _proposer.Step(_isServing && _status.Role == RaftRole.Leader);
    }

    /// <summary>Answers what was decided.</summary>
    /// <param name="now">Monotonic time.</param>
    public void Serve(long now)
    {
        Look();
        reads.Serve(replica, output.Queries);
        reads.ServeLater(_isServing ? replica.AppliedIndex : 0, now, output.Queries);
        _now = now;
        pending.Expire(now, _status.Role == RaftRole.Leader ? _status.Term : 0, output.Leader);
    }

    /// <summary>Looks at where the replica stands; what is taken after it is judged by that.</summary>
    public void Look()
    {
        _isServing = replica.Phase == ReplicaPhase.Running && !replica.IsInstalling;
        if (replica.Phase == ReplicaPhase.Running)
        {
            _status = replica.Node.Status;
        }
    }

    /// <returns>True where the request is kept and its memory with it.</returns>
    private bool TryKeep(in ClientRequest request)
    {
        var channel = request.Channel;
        if (request.Kind == ClientMessageKind.None)
        {
            _channels.Remove(channel);
            sessions.Ended(channel);
            return false;
        }

        if (channel.IsClosed)
        {
            return false;
        }

        if (request.Kind == ClientMessageKind.Hello)
        {
            Greet(in request);
            return false;
        }

        if (channel.User == 0)
        {
            channel.Refuse(request.Tag, RefusalCode.Unauthenticated);
            return false;
        }

        if (!_isServing || IsOutOfService())
        {
            channel.Refuse(request.Tag, RefusalCode.Unavailable, output.Leader, (ushort)Refusal.Faulty);
            return false;
        }

        if (!doorkeeper.IsStillGood(channel, output.Queries))
        {
            channel.Refuse(request.Tag, RefusalCode.Unauthenticated);
            return false;
        }

        return TryServe(in request);
    }

    // A state that is not the majority's is told to nobody.
    private bool IsOutOfService() => (_status.Faults & (RaftFaults.Quarantined | RaftFaults.Disputed)) != 0;

    private void Greet(in ClientRequest request)
    {
        var code = _isServing && !IsStopping
            ? doorkeeper.Greet(request.Channel, request.Body, output.Queries, output.Leader)
            : RefusalCode.Unavailable;
        if (code == RefusalCode.None)
        {
            request.Channel.Welcome();
            _channels.Add(request.Channel);
        }
        else
        {
            request.Channel.Refuse(request.Tag, code, output.Leader);
        }
    }

    private bool TryServe(in ClientRequest request)
    {
        switch (request.Kind)
        {
            case ClientMessageKind.Submit:
                return TrySubmit(in request);
            case ClientMessageKind.Query:
                Ask(in request);
                return false;
            case ClientMessageKind.Ping when request.Length <= PingLengthMax:
                request.Channel.Send(ClientMessageKind.Ping, request.Tag, request.Body);
                return false;
            default:
                request.Channel.Refuse(request.Tag, RefusalCode.Malformed);
                return false;
        }
    }

    private bool TrySubmit(in ClientRequest request)
    {
        if (_status.Role != RaftRole.Leader)
        {
            request.Channel.Refuse(request.Tag, RefusalCode.NotLeader, output.Leader);
            return false;
        }

        if (isDiskLow())
        {
            request.Channel.Refuse(request.Tag, RefusalCode.Overloaded, output.Leader, (ushort)Refusal.Headroom);
            return false;
        }

        var code = Submissions.Read(in request, output.Queries, out var submission);
        if (code == RefusalCode.None && !queue.TryAdd(in submission))
        {
            code = RefusalCode.Overloaded;
        }

        if (code != RefusalCode.None)
        {
            request.Channel.Refuse(request.Tag, code, output.Leader);
            return false;
        }

        request.Channel.Pending++;
        return true;
    }

    private void Ask(in ClientRequest request)
    {
        if (request.Length != Unsafe.SizeOf<QueryHeader>())
        {
            request.Channel.Refuse(request.Tag, RefusalCode.Malformed);
            return;
        }

        var query = MemoryMarshal.Read<QueryHeader>(request.Body);
        if (query.Kind == QueryKind.Session && query.Id <= uint.MaxValue)
        {
            sessions.Claimed((uint)query.Id, request.Channel, output.Queries);
        }

        if (query.Staleness > 1)
        {
            request.Channel.Refuse(request.Tag, RefusalCode.Malformed);
        }
        else if (query.MinIndex > replica.AppliedIndex)
        {
            reads.AddLater(new Question(request.Channel, request.Tag, query), _now);
        }
        else if (query.Staleness == 1)
        {
            answers.Give(request.Channel, request.Tag, in query, output.Queries);
        }
        else
        {
            reads.Add(new Question(request.Channel, request.Tag, query));
        }
    }
}
