using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Replica.Admin;
using Exchange.Rsm.Hosts.Replica.Node;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Wire = Exchange.Rsm.Proto.V1;

namespace Exchange.Rsm.Hosts.Replica.Trading;

/// <summary>
/// The core's commands around orders as gRPC: each request becomes one command, each result one reply. A decision of
/// the core is never an error of the call.
/// </summary>
internal sealed class TradingService
{
    private readonly Callers _callers;
    private readonly LocalClient _client;
    private readonly CommandScopes _scopes;
    private readonly GrpcServer _server;

    public TradingService(GrpcServer server, MemberNode node, Callers callers)
    {
        _server = server;
        _callers = callers;
        _client = node.Local;
        _scopes = new CommandScopes(node);
        Add<Wire.PlaceOrderRequest, PlaceOrder>(CommandKind.PlaceOrder, request => request.Scope, RequestShapes.Fill);
        Add<Wire.TestOrderRequest, PlaceOrder>(CommandKind.TestOrder, request => request.Scope, RequestShapes.Fill);
        Add<Wire.CancelOrderRequest, CancelOrder>(
            CommandKind.CancelOrder, request => request.Scope, RequestShapes.Fill);
        Add<Wire.AmendOrderRequest, AmendOrder>(CommandKind.AmendOrder, request => request.Scope, RequestShapes.Fill);
        Add<Wire.ReplaceOrderRequest, ReplaceOrder>(
            CommandKind.ReplaceOrder, request => request.Scope, RequestShapes.Fill);
        Add<Wire.CancelAllRequest, CancelAll>(
            CommandKind.CancelAll, request => request.Scope, static (_, ref _) => { });
        Add<Wire.SetDeadManSwitchRequest, SetDeadManSwitch>(
            CommandKind.SetDeadManSwitch, request => request.Scope,
            static (request, ref command) => command.Timeout = request.Timeout);
        Add<Wire.OpenSessionRequest, OpenSession>(
            CommandKind.OpenSession, request => request.Scope,
            static (request, ref command) => command.Grace = request.Grace);
        Add<Wire.CloseSessionRequest, CloseSession>(
            CommandKind.CloseSession, request => request.Scope,
            static (request, ref command) => command.Session = new SessionId(request.Session));
        Add<Wire.SetSessionConnectionRequest, SetSessionConnection>(
            CommandKind.SetSessionConnection, request => request.Scope, RequestShapes.Fill);
        Add<Wire.FenceCommandRequest, FenceCommand>(
            CommandKind.FenceCommand, request => request.Scope, RequestShapes.Fill);
        Add<Wire.SetSymbolModeRequest, SetSymbolMode>(
            CommandKind.SetSymbolMode, request => request.Scope, RequestShapes.Fill);
    }

    private delegate void Filler<in TRequest, TCommand>(TRequest request, ref TCommand command);

    /// <summary>The service as the .proto file has it.</summary>
    public static ServiceDescriptor Descriptor => Wire.TradingReflection.Descriptor.Services[0];

    private void Add<TRequest, TCommand>(
        CommandKind kind, Func<TRequest, Wire.CommandScope?> scope, Filler<TRequest, TCommand> fill)
        where TRequest : class, IMessage<TRequest>, new()
        where TCommand : unmanaged =>
        _server.AddUnary<TRequest, Wire.CommandReply>(Descriptor, kind.ToString(), async (request, call) =>
        {
            var user = await _callers.UserAsync(call, scope(request)?.User ?? 0);
            var header = await _scopes.HeaderOfAsync<TCommand>(kind, scope(request), user, call.Cancellation);
            var command = new byte[Unsafe.SizeOf<TCommand>()];
            fill(request, ref MemoryMarshal.AsRef<TCommand>(command.AsSpan()));
            MemoryMarshal.Write(command, in header);
            return ReplyOf(in header, await _client.SubmitAsync(command, call.Cancellation));
        });

    private static Wire.CommandReply ReplyOf(in CommandHeader header, LocalReply reply)
    {
        if (reply.Kind != ClientMessageKind.Committed)
        {
            throw Refused(reply);
        }

        var commit = reply.Read<CommittedHeader>();
        var result = MemoryMarshal.Read<CommandResult>(reply.Body.AsSpan(Unsafe.SizeOf<CommittedHeader>()));
        var hash = new byte[Unsafe.SizeOf<Contracts.Log.ChainHash>()];
        MemoryMarshal.Write(hash, in commit.ChainHash);
        var answer = new Wire.CommandReply
        {
            Commit = new Wire.Commit
            {
                Term = commit.Term,
                Index = commit.Index,
                ChainHash = ByteString.CopyFrom(hash),
                EventChainHash = commit.EventChainHash,
            },
            Code = (Wire.RejectCode)result.Code,
            Kind = (Wire.CommandKind)result.Kind,
            Status = (Wire.OrderStatus)result.Status,
            Offset = result.Offset,
            Id = result.Id,
            Sequence = result.Sequence,
            Executed = result.Executed.Lots,
            Remaining = result.Remaining.Lots,
            Notional = new Wire.Amount
            {
                High = unchecked((long)(ulong)(result.Notional.Units >> 64)),
                Low = unchecked((ulong)result.Notional.Units),
            },
        };
        if (header.Dedup == DedupMode.Keyed)
        {
            var id = CommandIdentity.OfKey(header.Account, header.Kind, header.Instrument, header.Key);
            answer.CommandId = new Wire.Id128 { High = (ulong)(id >> 64), Low = unchecked((ulong)id) };
        }

        return answer;
    }

    // Not done is UNAVAILABLE: repeat it, there where the trailer says. Not known is DEADLINE_EXCEEDED: repeat it under
    // the same identity, and under no other.
    private static GrpcException Refused(LocalReply reply)
    {
        var refused = reply.Read<RefusedMessage>();
        var status = refused.Code switch
        {
            RefusalCode.NotLeader or RefusalCode.Unavailable => GrpcStatus.Unavailable,
            RefusalCode.Overloaded => GrpcStatus.ResourceExhausted,
            RefusalCode.OutcomeUnknown => GrpcStatus.DeadlineExceeded,
            RefusalCode.Unauthenticated => GrpcStatus.Unauthenticated,
            RefusalCode.Forbidden => GrpcStatus.PermissionDenied,
            _ => GrpcStatus.InvalidArgument,
        };
        var address = System.Text.Encoding.UTF8.GetString(reply.Body.AsSpan(Unsafe.SizeOf<RefusedMessage>()));
        return new GrpcException(status, $"Refused: {refused.Code}.")
        {
            Trailers =
            [
                new("leader", refused.Leader.ToString(CultureInfo.InvariantCulture)),
                new("leader-address", address),
            ],
        };
    }
}
