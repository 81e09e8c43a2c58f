using System.Globalization;
using System.Net.Security;
using Exchange.Rsm.Contracts.Client;

namespace Exchange.Rsm.Hosts.Client;

/// <summary>A member of the cluster as a client knows it.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Host">Name or address.</param>
/// <param name="Port">Its client port.</param>
public sealed record ClusterMember(ulong Node, string Host, int Port);

/// <summary>How to reach a cluster.</summary>
public sealed record ClusterClientOptions
{
    /// <summary>The members that are known; the leader may be another, when one of these names it.</summary>
    public required IReadOnlyList<ClusterMember> Members { get; init; }

    /// <summary>Who the client is.</summary>
    public required ClientHello Hello { get; init; }

    /// <summary>TLS for a member; null speaks in the clear.</summary>
    public Func<ClusterMember, SslClientAuthenticationOptions>? Tls { get; init; }

    /// <summary>The shortest wait before a further attempt; it doubles.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an attempt to connect may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Speaks with whichever member leads. A request that was not done, or whose outcome a member does not know, is
/// repeated as it is until it is answered or the caller gives up: commands carry a session number or a key, and so are
/// done once. Repeating is right for single requests; who pipelines numbered commands repeats them in order himself.
/// </summary>
public sealed class ClusterClient : IAsyncDisposable
{
    private readonly ClusterClientOptions _options;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly Dictionary<ulong, ClusterMember> _members;
    private ClientConnection? _connection;
    private ulong _leader;
    private int _next;

    /// <summary>Starts without a connection.</summary>
    /// <param name="options">How to reach the cluster.</param>
    public ClusterClient(ClusterClientOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Members.Count);
        _options = options;
        _members = options.Members.ToDictionary(member => member.Node);
    }

    /// <summary>Attempts that were not the last one of their request.</summary>
    public long Retries { get; private set; }

    /// <summary>Sends commands that shall share one entry, until they are decided.</summary>
    /// <param name="commands">The commands, back to back.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellation">Gives up: the outcome may then be unknown.</param>
    /// <returns>Committed, or refused for good.</returns>
    public Task<ClientReply> SubmitAsync(
        ReadOnlyMemory<byte> commands, uint count, CancellationToken cancellation) =>
        UntilAnsweredAsync(connection => connection.SubmitAsync(commands.Span, count), cancellation);

    /// <summary>Asks the leader, until it answers.</summary>
    /// <param name="query">What.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Answered, or refused for good.</returns>
    public Task<ClientReply> QueryAsync(QueryHeader query, CancellationToken cancellation) =>
        UntilAnsweredAsync(connection => connection.QueryAsync(query), cancellation);

    /// <summary>The member that leads, once one says so of itself.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Its number.</returns>
    public async Task<ulong> FindLeaderAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var connection = await TryConnectAsync(cancellation);
            if (connection is not null)
            {
                if (connection.Server.Leader == connection.Server.Node)
                {
                    return connection.Server.Node;
                }

                await ForgetAsync(connection, reply: null);
            }

            await Task.Delay(_options.RetryMin, cancellation);
        }
    }

    /// <summary>Whether the same bytes may be sent again after this refusal, because they may then be done.</summary>
    internal static bool MayRepeat(ClientReply reply) => reply.Kind == ClientMessageKind.Refused
        && reply.Refusal.Code is RefusalCode.NotLeader or RefusalCode.Overloaded
            or RefusalCode.Unavailable or RefusalCode.OutcomeUnknown;

    /// <summary>A connection to the member that leads, as far as is known; as soon as there is one.</summary>
    /// <param name="failed">One that turned out not to be it, or that ended; null where there was none.</param>
    /// <param name="reply">What it said instead; null where it said nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async Task<ClientConnection> ConnectAsync(
        ClientConnection? failed, ClientReply? reply, CancellationToken cancellation)
    {
        if (failed is not null)
        {
            await ForgetAsync(failed, reply);
        }

        while (true)
        {
            if (await TryConnectAsync(cancellation) is { } connection)
            {
                return connection;
            }

            await Task.Delay(_options.RetryMin, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _connecting.Dispose();
    }

    private async Task<ClientReply> UntilAnsweredAsync(
        Func<ClientConnection, Task<ClientReply>> ask, CancellationToken cancellation)
    {
        var wait = _options.RetryMin;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var connection = await TryConnectAsync(cancellation);
            if (connection is not null)
            {
                var reply = await TryAskAsync(ask, connection, cancellation);
                if (reply is not null && !MayRepeat(reply))
                {
                    return reply;
                }

                await ForgetAsync(connection, reply);
            }

            Retries++;
            await Task.Delay(wait, cancellation);
            wait = wait * 2 < _options.RetryMax ? wait * 2 : _options.RetryMax;
        }
    }

    private static async Task<ClientReply?> TryAskAsync(
        Func<ClientConnection, Task<ClientReply>> ask, ClientConnection connection, CancellationToken cancellation)
    {
        try
        {
            return await ask(connection).WaitAsync(cancellation);
        }
        catch (ClientConnectionException)
        {
            // The connection has ended: asked again on another, which is what this class is for.
            return null;
        }
    }

    private async Task<ClientConnection?> TryConnectAsync(CancellationToken cancellation)
    {
        await _connecting.WaitAsync(cancellation);
        try
        {
            if (_connection is { Ended.IsCompleted: false })
            {
                return _connection;
            }

            _connection = await TryOpenAsync(Candidate(), cancellation);
            if (_connection is { Server: var server } && server.Leader != 0 && server.Leader != server.Node
                && _members.TryGetValue(server.Leader, out var leader))
            {
                await _connection.DisposeAsync();
                _connection = await TryOpenAsync(leader, cancellation);
            }

            return _connection;
        }
        finally
        {
            _connecting.Release();
        }
    }

    // The leader, as far as known; else one after the other.
    private ClusterMember Candidate()
    {
        if (_members.TryGetValue(_leader, out var leader))
        {
            _leader = 0;
            return leader;
        }

        _next = (_next + 1) % _options.Members.Count;
        return _options.Members[_next];
    }

    private async Task<ClientConnection?> TryOpenAsync(ClusterMember member, CancellationToken cancellation)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(_options.ConnectTimeout);
        try
        {
            var connection = await ClientConnection.ConnectAsync(
                new ClientOptions
                {
                    Host = member.Host,
                    Port = member.Port,
                    Hello = _options.Hello,
                    Tls = _options.Tls?.Invoke(member),
                },
                late.Token);
            _leader = member.Node;
            return connection;
        }
        catch (ClientRefusedException exception) when (exception.Code != RefusalCode.Unavailable)
        {
            throw;
        }
        catch (Exception exception) when (exception is ClientConnectionException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    private async Task ForgetAsync(ClientConnection connection, ClientReply? reply)
    {
        if (reply?.Refusal.Code == RefusalCode.Overloaded)
        {
            return;
        }

        await _connecting.WaitAsync();
        try
        {
            if (_connection != connection)
            {
                return;
            }

            _connection = null;
            _leader = reply?.Refusal.Leader ?? 0;
            Learn(_leader, reply?.LeaderAddress ?? "");
        }
        finally
        {
            _connecting.Release();
        }

        await connection.DisposeAsync();
    }

    private void Learn(ulong node, string address)
    {
        var colon = address.LastIndexOf(':');
        if (node != 0 && colon > 0
            && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            _members[node] = new ClusterMember(node, address[..colon], port);
        }
    }
}
