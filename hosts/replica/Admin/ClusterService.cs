using System.Globalization;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Replica.Node;
using Exchange.Rsm.Proto.V1;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Google.Protobuf.Reflection;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Admin;

/// <summary>
/// What operators do with the cluster: look, change its members, hand leadership over, take a snapshot. A change is
/// answered when it is done, not when it has begun.
/// </summary>
internal sealed class ClusterService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly MemberNode _node;
    private readonly Callers _callers;

    public ClusterService(GrpcServer server, MemberNode node, Callers callers)
    {
        _node = node;
        _callers = callers;
        var service = Descriptor;
        server.AddUnary<GetStatusRequest, MemberStatus>(service, "GetStatus", (_, call) =>
            Do(call, Roles.All, replica => StatusOf(replica)));
        server.AddUnary<AddMemberRequest, MembershipReply>(service, "AddMember", AddAsync);
        server.AddUnary<PromoteMemberRequest, MembershipReply>(service, "PromoteMember", (request, call) =>
            ChangeAsync(call, (now, _) => now.With(Known(now, request.Node), MemberRoles.Voter)));
        server.AddUnary<RemoveMemberRequest, MembershipReply>(service, "RemoveMember", (request, call) =>
            ChangeAsync(call, (now, _) => now.With(Known(now, request.Node), MemberRoles.None)));
        server.AddUnary<TransferLeadershipRequest, TransferLeadershipReply>(
            service, "TransferLeadership", TransferAsync);
        server.AddUnary<TakeSnapshotRequest, TakeSnapshotReply>(service, "TakeSnapshot", SnapshotAsync);
    }

    /// <summary>The service as the .proto file has it.</summary>
    public static ServiceDescriptor Descriptor => ClusterReflection.Descriptor.Services[0];

    private MemberStatus StatusOf(Member replica)
    {
        var state = _node.Queries.State;
        var reply = new MemberStatus
        {
            Node = _node.Self.Number,
            Incarnation = _node.Self.Incarnation,
            ClusterId = _node.ClusterId.ToString("x32", CultureInfo.InvariantCulture),
            Role = "recovering",
            AppliedIndex = replica.AppliedIndex,
            StateHash = state.StateHash,
            EventChainHash = state.EventChainHash,
            LogTime = state.Timestamp,
            SnapshotIndex = replica.Snapshots.Newest?.Index ?? 0,
            FirstIndex = replica.Log.FirstIndex,
            QueuedCommands = (uint)_node.QueuedCommands,
            Clients = (uint)_node.Clients,
            NotReady = { _node.NotReady(replica) },
        };
        if (replica.Phase != ReplicaPhase.Running)
        {
            return reply;
        }

        var status = replica.Node.Status;
        reply.Role = Readiness.Hyphenated(status.Role.ToString());
        reply.Term = status.Term;
        reply.Leader = status.Leader.Number;
        reply.LastIndex = status.LastIndex;
        reply.DurableIndex = status.DurableIndex;
        reply.CommitIndex = status.CommitIndex;
        reply.Faults.AddRange(Readiness.Names(status.Faults));
        reply.IsJoint = replica.Node.Configuration.IsJoint;
        foreach (var member in replica.Node.Configuration.Members)
        {
            var place = _node.Places.Of(member.Id.Number);
            reply.Members.Add(new ClusterMember
            {
                Node = member.Id.Number,
                Incarnation = member.Id.Incarnation,
                Roles = { RolesOf(member.Roles) },
                PeerAddress = place?.Peer ?? "",
                ClientAddress = place?.Client ?? "",
            });
        }

        return reply;
    }

    private Task<MembershipReply> AddAsync(AddMemberRequest request, GrpcCall call)
    {
        if (request.Node == 0 || request.Incarnation == 0 || !IsAddress(request.PeerAddress)
            || (request.ClientAddress.Length > 0 && !IsAddress(request.ClientAddress)))
        {
            throw new GrpcException(
                GrpcStatus.InvalidArgument, "Number, incarnation and HOST:PORT of the new member are needed.");
        }

        var id = new MemberId(request.Node, request.Incarnation);
        var roles = MemberRoles.Learner | (request.Promote ? MemberRoles.Promotable : MemberRoles.None);
        return ChangeAsync(call, (now, isLeader) =>
        {
            foreach (var member in now.Members)
            {
                if (member.Id.Number == request.Node && member.Id.Incarnation >= request.Incarnation)
                {
                    throw new GrpcException(GrpcStatus.AlreadyExists, $"Member {member.Id} is in the cluster.");
                }
            }

            if (now.Members.Length >= Configuration.MembersMax)
            {
                throw new GrpcException(GrpcStatus.FailedPrecondition, "The cluster has as many members as it can.");
            }

            if (isLeader)
            {
                _node.Places.Set(
                    request.Node,
                    new MemberPlace(Core.HostClock.Wall, request.PeerAddress, request.ClientAddress));
            }

            return now.With(id, roles);
        });
    }

    private async Task<MembershipReply> ChangeAsync(GrpcCall call, Func<Configuration, bool, Configuration> change)
    {
        var begun = await Do(call, Roles.Administrator, replica =>
        {
            var status = replica.Node.Status;
            var target = change(replica.Node.Configuration, status.Role == RaftRole.Leader);
            ThrowUnlessTaken(replica.Node.ProposeConfiguration(target, out var index), status.Leader.Number);
            return new MembershipReply { Index = index, Term = status.Term };
        });
        while (true)
        {
            var isDone = await _node.Core.AskAsync(
                replica =>
                {
                    var status = replica.Node.Status;
                    if (status.Term != begun.Term)
                    {
                        return (bool?)null;
                    }

                    return !replica.Node.Configuration.IsJoint
                        && status.CommitIndex >= status.ConfigurationIndex
                        && status.CommitIndex >= begun.Index;
                },
                call.Cancellation);
            switch (isDone)
            {
                case true:
                    return begun;
                case null:
                    throw new GrpcException(
                        GrpcStatus.DeadlineExceeded,
                        "Leadership was lost meanwhile: ask for the status to see whether the change was made.");
                default:
                    await Task.Delay(Pause, call.Cancellation);
                    break;
            }
        }
    }

    private async Task<TransferLeadershipReply> TransferAsync(TransferLeadershipRequest request, GrpcCall call)
    {
        var term = await Do(call, Roles.Operator | Roles.Administrator, replica =>
        {
            var status = replica.Node.Status;
            var target = request.Node == 0
                ? _node.OtherVoter(replica)
                : Known(replica.Node.Configuration, request.Node);
            ThrowUnlessTaken(replica.Node.TransferLeadership(target), status.Leader.Number);
            return status.Term;
        });
        while (true)
        {
            var status = await _node.Core.AskAsync(replica => replica.Node.Status, call.Cancellation);
            if (status.Term > term && !status.Leader.IsNone)
            {
                return new TransferLeadershipReply { Leader = status.Leader.Number, Term = status.Term };
            }

            if (status.Role == RaftRole.Leader && status.TransferTarget.IsNone)
            {
                throw new GrpcException(GrpcStatus.Aborted, "The target did not take over in time; this one leads on.");
            }

            await Task.Delay(Pause, call.Cancellation);
        }
    }

    private async Task<TakeSnapshotReply> SnapshotAsync(TakeSnapshotRequest request, GrpcCall call)
    {
        var (asked, failed) = await Do(call, Roles.Operator | Roles.Administrator, replica =>
        {
            replica.RequestSnapshot();
            return (replica.AppliedIndex, replica.Snapshots.FailedCount);
        });
        while (true)
        {
            var (newest, failures) = await _node.Core.AskAsync(
                replica => (replica.Snapshots.Newest?.Index ?? 0, replica.Snapshots.FailedCount), call.Cancellation);
            if (newest >= asked)
            {
                return new TakeSnapshotReply { Index = newest };
            }

            if (failures > failed)
            {
                throw new GrpcException(GrpcStatus.Internal, "The snapshot failed; the member's log says why.");
            }

            await Task.Delay(Pause, call.Cancellation);
        }
    }

    /// <summary>Does something on the core's thread for who may ask for it.</summary>
    private Task<T> Do<T>(GrpcCall call, Roles needed, Func<Member, T> action)
    {
        var user = _callers.Of(call.Certificate);
        return _node.Core.AskAsync(
            replica =>
            {
                if (user is null || (_node.Queries.RolesOf(user.Value) & needed) == Roles.None)
                {
                    throw new GrpcException(
                        user is null ? GrpcStatus.Unauthenticated : GrpcStatus.PermissionDenied,
                        user is null
                            ? "A certificate that names a user is needed."
                            : $"User {user} has none of the roles that are needed: {needed}.");
                }

                if (needed != Roles.All && replica.Phase != ReplicaPhase.Running)
                {
                    throw new GrpcException(GrpcStatus.Unavailable, "The member is recovering.");
                }

                return action(replica);
            },
            call.Cancellation);
    }

    private void ThrowUnlessTaken(Refusal refusal, uint leader)
    {
        if (refusal == Refusal.None)
        {
            return;
        }

        var status = refusal switch
        {
            Refusal.BadConfiguration or Refusal.BadTarget or Refusal.TooLarge => GrpcStatus.InvalidArgument,
            Refusal.ChangeUnderWay => GrpcStatus.FailedPrecondition,
            _ => GrpcStatus.Unavailable,
        };
        throw new GrpcException(status, $"Refused: {refusal}.")
        {
            Trailers =
            [
                new("leader", leader.ToString(CultureInfo.InvariantCulture)),
                new("leader-address", _node.Places.Of(leader)?.Client ?? ""),
            ],
        };
    }

    private static MemberId Known(Configuration configuration, uint node)
    {
        foreach (var member in configuration.Members)
        {
            if (member.Id.Number == node)
            {
                return member.Id;
            }
        }

        throw new GrpcException(GrpcStatus.NotFound, $"There is no member {node}.");
    }

    private static bool IsAddress(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && !text.Contains(' ', StringComparison.Ordinal)
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port != 0;
    }

    private static IEnumerable<string> RolesOf(MemberRoles roles) =>
        Enum.GetValues<MemberRoles>().Where(role => role != MemberRoles.None && roles.HasFlag(role))
            .Select(role => Readiness.Hyphenated(role.ToString()));
}
