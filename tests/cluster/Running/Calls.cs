using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Replica.Admin;
using Exchange.Rsm.Hosts.Replica.Trading;
using Google.Protobuf;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>Calls of an operator, whichever service has them.</summary>
internal static class Calls
{
    public static Task<TReply> CallAsync<TReply>(
        GrpcClient client, string name, IMessage request, CancellationToken cancellation)
        where TReply : IMessage<TReply>, new()
    {
        var service = ClusterService.Descriptor.FindMethodByName(name) is null
            ? TradingService.Descriptor
            : ClusterService.Descriptor;
        return client.CallAsync<TReply>(service, name, request, TimeSpan.FromSeconds(30), cancellation);
    }
}
