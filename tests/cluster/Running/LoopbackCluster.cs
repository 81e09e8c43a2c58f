using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>Real members on this machine, each with a folder of its own that is removed at the end.</summary>
internal sealed class LoopbackCluster : IAsyncDisposable
{
    public static readonly UInt128 Id = UInt128.Parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0", NumberStyles.HexNumber);

    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-cluster-").FullName;
    private readonly int[] _peerPorts;
    private readonly int[] _clientPorts;
    private readonly MemberProcess?[] _members;
    private readonly Dictionary<string, string> _further;

    private LoopbackCluster(int count, Dictionary<string, string> further)
    {
        _further = further;
        var ports = FreePorts(2 * count);
        (_peerPorts, _clientPorts) = (ports[..count], ports[count..]);
        _members = new MemberProcess?[count];
    }

    public int Count => _members.Length;

    public IReadOnlyList<ClusterMember> Addresses =>
        [.. _clientPorts.Select((port, i) => new ClusterMember((ulong)i + 1, "127.0.0.1", port))];

    /// <summary>What every member said: shown where a test fails.</summary>
    public string Said => string.Join("\n\n", _members.Select(member => member?.Said ?? "(never started)"));

    public static async Task<LoopbackCluster> StartAsync(
        int count, CancellationToken cancellation, Dictionary<string, string>? further = null)
    {
        var cluster = new LoopbackCluster(count, further ?? []);
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

    public void Start(int node) => _members[node - 1] = new MemberProcess(SettingsOf(node));

    public Dictionary<string, string> SettingsOf(int node) => new(_further)
    {
        ["CORE_NODE_ID"] = node.ToString(CultureInfo.InvariantCulture),
        ["CORE_CLUSTER_ID"] = Id.ToString("x32", CultureInfo.InvariantCulture),
        ["CORE_PEERS"] = AddressesOf(_peerPorts),
        ["CORE_CLIENTS"] = AddressesOf(_clientPorts),
        ["CORE_PEER_LISTEN"] = $"127.0.0.1:{_peerPorts[node - 1]}",
        ["CORE_CLIENT_LISTEN"] = $"127.0.0.1:{_clientPorts[node - 1]}",
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

    private static string AddressesOf(int[] ports) =>
        string.Join(',', ports.Select((port, i) => $"{i + 1}=127.0.0.1:{port}"));

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
