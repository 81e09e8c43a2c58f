using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Client;
using Exchange.Rsm.Hosts.Grpc;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>Real members on this machine, each with a folder of its own that is removed at the end.</summary>
internal sealed class LoopbackCluster : IAsyncDisposable
{
    /// <summary>Tests that start members go one after the other: each has processes enough.</summary>
    public const string Alone = "members as processes";

    public static readonly UInt128 Id = UInt128.Parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0", NumberStyles.HexNumber);

    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-cluster-").FullName;
    private readonly int[] _peerPorts;
    private readonly int[] _clientPorts;
    private readonly int[] _adminPorts;
    private readonly MemberProcess?[] _members;
    private readonly Dictionary<string, string> _further;

    private LoopbackCluster(int count, int room, Dictionary<string, string> further)
    {
        _further = further;
        var ports = FreePorts(3 * room);
        (_peerPorts, _clientPorts, _adminPorts) = (ports[..room], ports[room..(2 * room)], ports[(2 * room)..]);
        _members = new MemberProcess?[room];
        Count = count;
    }

    /// <summary>Members that founded it; there may be room for more.</summary>
    public int Count { get; }

    public IReadOnlyList<ClusterMember> Addresses =>
        [.. _clientPorts.Select((port, i) => new ClusterMember((ulong)i + 1, "127.0.0.1", port))];

    /// <summary>What every member said: shown where a test fails.</summary>
    public string Said => string.Join("\n\n", _members.Select(member => member?.Said ?? "(never started)"));

    public static async Task<LoopbackCluster> StartAsync(
        int count, CancellationToken cancellation, Dictionary<string, string>? further = null, int room = 0)
    {
        var cluster = new LoopbackCluster(count, Math.Max(count, room), further ?? []);
        for (var node = 1; node <= count; node++)
        {
            cluster.Start(node);
        }

        for (var node = 1; node <= count; node++)
        {
            await cluster.Member(node).Ready.WaitAsync(cancellation);
        }

        return cluster;
    }

    public MemberProcess Member(int node) =>
        _members[node - 1] ?? throw new InvalidOperationException($"{node} was never started.");

    public void Start(int node, Dictionary<string, string>? further = null)
    {
        var settings = SettingsOf(node);
        foreach (var (name, value) in further ?? [])
        {
            settings[name] = value;
        }

        _members[node - 1] = new MemberProcess(settings);
    }

    /// <summary>Runs a test; where it fails, with everything the members said.</summary>
    public async Task ExplainAsync(Func<Task> test)
    {
        try
        {
            await test();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{exception.Message}\n\n{Said}", exception);
        }
    }

    /// <summary>An operator's way to a member.</summary>
    public GrpcClient Admin(int node) => new(new Uri($"http://127.0.0.1:{_adminPorts[node - 1]}"));

    public Dictionary<string, string> SettingsOf(int node) => new(_further)
    {
        ["CORE_NODE_ID"] = node.ToString(CultureInfo.InvariantCulture),
        ["CORE_CLUSTER_ID"] = Id.ToString("x32", CultureInfo.InvariantCulture),
        ["CORE_PEERS"] = AddressesOf(_peerPorts, node),
        ["CORE_CLIENTS"] = AddressesOf(_clientPorts, node),
        ["CORE_PEER_LISTEN"] = $"127.0.0.1:{_peerPorts[node - 1]}",
        ["CORE_CLIENT_LISTEN"] = $"127.0.0.1:{_clientPorts[node - 1]}",
        ["CORE_ADMIN_LISTEN"] = $"127.0.0.1:{_adminPorts[node - 1]}",

        // Long enough that a machine at the end of its strength does not change leaders all the time.
        ["CORE_HEARTBEAT_MS"] = "100",
        ["CORE_ELECTION_TIMEOUT_MS"] = "3000",
        ["CORE_WAL_DIR"] = Path.Combine(_folder, $"member-{node}"),
        ["CORE_WAL_SEGMENT_BYTES"] = "33554432",
    };

    public ClusterClient Client(uint user) => new(new ClusterClientOptions
    {
        Members = Addresses,
        Hello = HelloOf(user),
    });

    public Task<ClientConnection> ConnectAsync(int node, uint user, CancellationToken cancellation) =>
        ClientConnection.ConnectAsync(
            new ClientOptions { Host = "127.0.0.1", Port = _clientPorts[node - 1], Hello = HelloOf(user) },
            cancellation);

    public static ClientHello HelloOf(uint user) => new()
    {
        ClusterId = Id,
        VersionMin = ClientMessageHeader.ProtocolVersion,
        VersionMax = ClientMessageHeader.ProtocolVersion,
        User = user,
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            if (member is not null)
            {
                await member.DisposeAsync();
            }
        }

        Directory.Delete(_folder, recursive: true);
    }

    // The founders know of each other; who is added later knows of all before it.
    private string AddressesOf(int[] ports, int node) =>
        string.Join(',', ports.Take(Math.Max(node, Count)).Select((port, i) => $"{i + 1}=127.0.0.1:{port}"));

    // All at once, so that none is given twice.
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
        {
            listener.Start();
        }

        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }
}
