using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// Who a connection is, and whether it still is: by the user its certificate names, by an API key, or, on a development
/// machine without certificates, by its word. What the user may do is decided by the state machine alone.
/// </summary>
internal sealed class Doorkeeper(UInt128 clusterId, ulong node, bool isTrusting)
{
    /// <summary>Bit of a permission: may ask.</summary>
    public const uint Read = 1;

    /// <summary>Bit of a permission: may send commands.</summary>
    public const uint Trade = 2;

    // Snapshots of peers that took the place of the state: its version then begins anew.
    private ulong _installed;

    private readonly long[] _refused = new long[Enum.GetValues<RefusalCode>().Length];

    /// <summary>Connections that were refused for a reason.</summary>
    public long RefusedOf(RefusalCode code) => _refused[(int)code];

    /// <summary>Another state took the place of the one that was asked.</summary>
    public void Installed() => _installed++;

    /// <summary>Takes a hello.</summary>
    /// <returns>None, or why the connection is refused.</returns>
    public RefusalCode Greet(
        ClientChannel channel, ReadOnlySpan<byte> body, ExchangeQueries queries, LeaderAddress leader)
    {
        var code = Admit(channel, body, queries);
        if (code != RefusalCode.None)
        {
            _refused[(int)code]++;
            return code;
        }

        var welcome = new ServerHello
        {
            ClusterId = clusterId,
            Node = node,
            Leader = leader.Node,
            User = channel.User,
            Account = channel.Account,
            Permissions = channel.Permissions,
            Version = ClientMessageHeader.ProtocolVersion,
        };
        channel.Send(ClientMessageKind.Welcome, tag: 0, in welcome, []);
        return RefusalCode.None;
    }

    /// <summary>Whether what the connection rests on still holds: keys are revoked, and they expire.</summary>
    public bool IsStillGood(ClientChannel channel, ExchangeQueries queries)
    {
        if (channel.IsLocal)
        {
            return true;
        }

        var credentials = channel.Credentials;
        if (credentials.ApiKey != 0)
        {
            return IsKeyGood(channel, credentials, queries);
        }

        var version = VersionOf(queries);
        if (credentials.AuthorityVersion != version)
        {
            var roles = queries.RolesOf(channel.User);
            channel.IsGateway = (roles & Roles.Service) != 0;
            channel.Credentials = credentials with { AuthorityVersion = roles == Roles.None ? 0 : version };
            return roles != Roles.None;
        }

        return true;
    }

    private ulong VersionOf(ExchangeQueries queries) => queries.AuthorityVersion + (_installed << 48);

    private RefusalCode Admit(ClientChannel channel, ReadOnlySpan<byte> body, ExchangeQueries queries)
    {
        if (channel.User != 0 || body.Length != Unsafe.SizeOf<ClientHello>())
        {
            return RefusalCode.Malformed;
        }

        var hello = MemoryMarshal.Read<ClientHello>(body);
        if (hello.VersionMin > ClientMessageHeader.ProtocolVersion
            || hello.VersionMax < ClientMessageHeader.ProtocolVersion)
        {
            return RefusalCode.Malformed;
        }

        if (hello.ClusterId != 0 && hello.ClusterId != clusterId)
        {
            return RefusalCode.NotFound;
        }

        return hello.ApiKey != 0 ? AdmitKey(channel, in hello, queries) : AdmitUser(channel, in hello, queries);
    }

    private static RefusalCode AdmitKey(ClientChannel channel, in ClientHello hello, ExchangeQueries queries)
    {
        Span<byte> secret = stackalloc byte[32];
        Span<byte> digest = stackalloc byte[32];
        MemoryMarshal.Write(secret, in hello.Secret0);
        MemoryMarshal.Write(secret[16..], in hello.Secret1);
        SHA256.HashData(secret, digest);
        CryptographicOperations.ZeroMemory(secret);
        var credentials = new Credentials(
            hello.ApiKey,
            MemoryMarshal.Read<UInt128>(digest),
            MemoryMarshal.Read<UInt128>(digest[16..]),
            AuthorityVersion: 0);
        if (hello.User != 0 || !IsKeyGood(channel, credentials, queries))
        {
            return RefusalCode.Unauthenticated;
        }

        channel.Credentials = credentials;
        return RefusalCode.None;
    }

    private RefusalCode AdmitUser(ClientChannel channel, in ClientHello hello, ExchangeQueries queries)
    {
        var user = isTrusting && channel.CertifiedUser == 0 ? hello.User : channel.CertifiedUser;
        var roles = queries.RolesOf(user);
        if (roles == Roles.None || (hello.User != 0 && hello.User != user))
        {
            return RefusalCode.Unauthenticated;
        }

        channel.User = user;
        channel.Permissions = Read | Trade;
        channel.IsGateway = (roles & Roles.Service) != 0;
        channel.Credentials = new Credentials(0, 0, 0, VersionOf(queries));
        return RefusalCode.None;
    }

    private static bool IsKeyGood(ClientChannel channel, Credentials credentials, ExchangeQueries queries)
    {
        var now = Math.Max(queries.State.Timestamp, HostClock.Wall);
        if (!queries.TryApiKey(
            credentials.ApiKey, credentials.Digest0, credentials.Digest1, now, out var account, out var permissions))
        {
            return false;
        }

        var owner = queries.OwnerOf(account);
        if (queries.RolesOf(owner) == Roles.None)
        {
            return false;
        }

        (channel.User, channel.Account, channel.Permissions) = (owner, account, permissions);
        return true;
    }
}
