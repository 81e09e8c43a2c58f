using System.Security.Cryptography.X509Certificates;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Replica.Node;

namespace Exchange.Rsm.Hosts.Replica.Admin;

/// <summary>Who calls: the user a certificate names; on a development machine without certificates, anybody.</summary>
internal sealed class Callers(MemberNode node)
{
    /// <summary>The caller itself; null where it shows no certificate that names a user.</summary>
    public uint? Of(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return node.IsTrusting ? UserId.Root.Value : null;
        }

        var user = ClientCertificate.UserOf(certificate);
        return user == 0 ? null : user;
    }

    /// <summary>
    /// Who acts in a command: the caller, or the user it names where it is a gateway or everybody is believed.
    /// </summary>
    public async Task<uint> UserAsync(GrpcCall call, uint named)
    {
        var caller = Of(call.Certificate)
            ?? throw new GrpcException(GrpcStatus.Unauthenticated, "A certificate that names a user is needed.");
        if (named == 0 || named == caller)
        {
            return caller;
        }

        var roles = await node.Core.AskAsync(_ => node.Queries.RolesOf(caller), call.Cancellation);
        return (roles & Roles.Service) != 0
            ? named
            : throw new GrpcException(GrpcStatus.PermissionDenied, $"User {caller} may not act for user {named}.");
    }
}
