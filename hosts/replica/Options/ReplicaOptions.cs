using System.Globalization;
using System.Net;
using System.Text;

namespace Exchange.Rsm.Hosts.Replica.Options;

/// <summary>A member as the options name it.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Host">Name or address.</param>
/// <param name="Port">Its peer port.</param>
public sealed record MemberAddress(uint Node, string Host, int Port);

/// <summary>All that a replica is told at its start: read once, checked as a whole, printed without secrets.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Everything that can be set, in the order in which it is explained.</summary>
    public static IReadOnlyList<Setting> Known { get; } =
    [
        new("CORE_ENV", "development", "development, or production (also: prod, live), which fails closed"),
        new("CORE_NODE_ID", "", "this member's number, from 1"),
        new("CORE_CLUSTER_ID", "", "32 hexadecimal digits, the same on every member"),
        new("CORE_PEERS", "", "all members: NUMBER=HOST:PORT, separated by commas"),
        new("CORE_CLIENTS", "", "where clients reach the members: NUMBER=HOST:PORT; told to who asks the wrong one"),
        new("CORE_PEER_LISTEN", "127.0.0.1:0", "address and port for the other members"),
        new("CORE_CLIENT_LISTEN", "127.0.0.1:0", "address and port for clients"),
        new("CORE_ADMIN_LISTEN", "127.0.0.1:0", "address and port for operators: gRPC"),
        new("CORE_HTTP_LISTEN", "127.0.0.1:0", "address and port for probes: /healthz, /readyz, /metrics"),
        new("CORE_WAL_DIR", "", "folder of the log"),
        new("CORE_SNAPSHOT_DIR", "", "folder of the snapshots; empty: beside the log"),
        new("CORE_OUTBOX_DIR", "", "folder of the event journal; empty: beside the log"),
        new("CORE_INCARNATION", "1", "which life of this member's disk; a member that lost its disk gets the next"),
        new("CORE_SERVICE_USER", "1", "the user, with the role service, as whom the members report broken connections"),
        new("CORE_JOIN", "false", "true on a member that is added to a cluster, and was not there when it was founded"),
        new("CORE_WAL_SEGMENT_BYTES", "67108864", "bytes of a file of the log, from 33554432"),
        new("CORE_TLS_CERTIFICATE", "", "file of this member's certificate, PEM"),
        new("CORE_TLS_KEY", "", "file of its private key, PEM"),
        new("CORE_TLS_AUTHORITY", "", "file of the cluster's authority, PEM"),
        new("CORE_HEARTBEAT_MS", "50", "how often a leader is heard of, milliseconds"),
        new("CORE_ELECTION_TIMEOUT_MS", "500", "milliseconds of silence before a campaign; at most twice as many"),
        new("CORE_LEASE_READS", "false", "whether the leader answers reads under a lease, without asking a majority"),
        new("CORE_SNAPSHOT_ENTRIES", "100000", "entries between two snapshots"),
        new("CORE_HEADROOM_BYTES", "268435456", "free bytes of the disk below which nothing more is taken"),
        new("CORE_STUB_TRADES", "false", "made-up trades for smoke tests; refused in production, and not built"),
        new("CORE_KAFKA_BROKERS", "", "brokers of the event bus: HOST:PORT, separated by commas"),
    ];

    /// <summary>Whether everything that is open in development is closed.</summary>
    public required bool IsProduction { get; init; }

    /// <summary>This member.</summary>
    public required uint Node { get; init; }

    /// <summary>Which life of its disk.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>The cluster.</summary>
    public required UInt128 ClusterId { get; init; }

    /// <summary>All members, this one included, by number.</summary>
    public required IReadOnlyList<MemberAddress> Members { get; init; }

    /// <summary>Where clients reach the members, by number; not all of them have to be known.</summary>
    public required IReadOnlyList<MemberAddress> Clients { get; init; }

    /// <summary>For the other members.</summary>
    public required IPEndPoint PeerListen { get; init; }

    /// <summary>For clients.</summary>
    public required IPEndPoint ClientListen { get; init; }

    /// <summary>For operators.</summary>
    public required IPEndPoint AdminListen { get; init; }

    /// <summary>For probes.</summary>
    public required IPEndPoint HttpListen { get; init; }

    /// <summary>Folder of the log.</summary>
    public required string WalFolder { get; init; }

    /// <summary>Folder of the snapshots.</summary>
    public required string SnapshotFolder { get; init; }

    /// <summary>Folder of the event journal.</summary>
    public required string JournalFolder { get; init; }

    /// <summary>As whom the members report broken connections.</summary>
    public required uint ServiceUser { get; init; }

    /// <summary>Whether it is added to a cluster that others founded.</summary>
    public required bool IsJoining { get; init; }

    /// <summary>Bytes of a file of the log.</summary>
    public required int WalSegmentBytes { get; init; }

    /// <summary>Certificate, key and authority; null speaks in the clear.</summary>
    public required (string Certificate, string Key, string Authority)? Tls { get; init; }

    /// <summary>How often a leader is heard of.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>The shortest silence before a campaign.</summary>
    public required TimeSpan ElectionTimeout { get; init; }

    /// <summary>Reads under a lease.</summary>
    public required bool LeaseReads { get; init; }

    /// <summary>Entries between two snapshots.</summary>
    public required ulong SnapshotEntries { get; init; }

    /// <summary>Free bytes below which nothing more is taken.</summary>
    public required long HeadroomBytes { get; init; }

    /// <summary>Reads and validates the settings.</summary>
    /// <param name="settings">As given.</param>
    /// <param name="errors">Everything that is wrong; empty where the options may be used.</param>
    /// <returns>The options.</returns>
    public static ReplicaOptions Of(Settings settings, out IReadOnlyList<string> errors)
    {
        var wal = settings.Text("CORE_WAL_DIR");
        var options = new ReplicaOptions
        {
            IsProduction = settings.Value("CORE_ENV", ReadEnvironment, "development or production", true),
            Node = settings.Value("CORE_NODE_ID", ReadNumber, "a number from 1", 1u),
            Incarnation = settings.Value("CORE_INCARNATION", ReadNumber, "a number from 1", 1u),
            ClusterId = settings.Value(
                "CORE_CLUSTER_ID", ReadCluster, "32 hexadecimal digits, not all zero", UInt128.One),
            Members = ReadMembers(settings, "CORE_PEERS"),
            Clients = ReadMembers(settings, "CORE_CLIENTS"),
            PeerListen = ReadEndpoint(settings, "CORE_PEER_LISTEN"),
            ClientListen = ReadEndpoint(settings, "CORE_CLIENT_LISTEN"),
            AdminListen = ReadEndpoint(settings, "CORE_ADMIN_LISTEN"),
            HttpListen = ReadEndpoint(settings, "CORE_HTTP_LISTEN"),
            WalFolder = wal,
            SnapshotFolder = Beside(settings.Text("CORE_SNAPSHOT_DIR"), wal, "snapshots"),
            JournalFolder = Beside(settings.Text("CORE_OUTBOX_DIR"), wal, "journal"),
            ServiceUser = settings.Value("CORE_SERVICE_USER", ReadNumber, "a number from 1", 1u),
            IsJoining = settings.Value("CORE_JOIN", ReadFlag, "true or false", false),
            WalSegmentBytes = settings.Value(
                "CORE_WAL_SEGMENT_BYTES", ReadSegmentBytes, "33554432 to 1073741824, a multiple of 4096", 1 << 26),
            Tls = ReadTls(settings),
            Heartbeat = settings.Value("CORE_HEARTBEAT_MS", ReadMilliseconds, "1 to 60000", TimeSpan.FromSeconds(1)),
            ElectionTimeout = settings.Value(
                "CORE_ELECTION_TIMEOUT_MS", ReadMilliseconds, "1 to 60000", TimeSpan.FromMinutes(1)),
            LeaseReads = settings.Value("CORE_LEASE_READS", ReadFlag, "true or false", false),
            SnapshotEntries = settings.Value("CORE_SNAPSHOT_ENTRIES", ReadCount, "a number from 1", 1ul),
            HeadroomBytes = (long)settings.Value("CORE_HEADROOM_BYTES", ReadCount, "a number from 1", 1ul),
        };
        options.Check(settings);
        ProductionGuard.Check(options, settings);
        errors = settings.Errors;
        return options;
    }

    /// <summary>The settings as text, secrets left out.</summary>
    /// <param name="known">What can be set.</param>
    /// <param name="settings">As given.</param>
    /// <returns>A line for each.</returns>
    public static string Print(IReadOnlyList<Setting> known, Settings settings)
    {
        var text = new StringBuilder();
        foreach (var setting in known)
        {
            var value = settings.Text(setting.Name);
            text.Append(setting.Name).Append('=')
                .Append(setting.IsSecret && value.Length > 0 ? "(set)" : value).Append('\n');
        }

        return text.ToString();
    }

    private static bool? ReadEnvironment(string text) => text switch
    {
        "development" => false,
        "production" or "prod" or "live" => true,
        _ => null,
    };

    private static uint? ReadNumber(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : null;

    private static ulong? ReadCount(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value is > 0 and <= long.MaxValue ? value : null;

    private static int? ReadSegmentBytes(string text) =>
        ReadCount(text) is { } value and >= 1 << 25 and <= 1 << 30 && value % 4096 == 0 ? (int)value : null;

    private static bool? ReadFlag(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };

    private static UInt128? ReadCluster(string text) =>
        text.Length == 32
            && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && value != 0 ? value : null;

    private static TimeSpan? ReadMilliseconds(string text) =>
        ReadNumber(text) is { } value and <= 60_000 ? TimeSpan.FromMilliseconds(value) : null;

    private static IPEndPoint ReadEndpoint(Settings settings, string name)
    {
        var text = settings.Text(name);
        if (text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var endpoint))
        {
            return endpoint;
        }

        settings.Add(name, $"ADDRESS:PORT is expected, not '{text}'");
        return new IPEndPoint(IPAddress.Loopback, 0);
    }

    private static List<MemberAddress> ReadMembers(Settings settings, string name)
    {
        var members = new List<MemberAddress>();
        var text = settings.Text(name);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var colon = part.LastIndexOf(':');
            if (equals <= 0 || colon <= equals + 1 || ReadNumber(part[..equals]) is not { } node
                || ReadNumber(part[(colon + 1)..]) is not { } port || port > IPEndPoint.MaxPort)
            {
                settings.Add(name, $"NUMBER=HOST:PORT is expected, not '{part}'");
                continue;
            }

            members.Add(new MemberAddress(node, part[(equals + 1)..colon], (int)port));
        }

        foreach (var twice in members.GroupBy(member => member.Node).Where(group => group.Count() > 1))
        {
            settings.Add(name, $"member {twice.Key} is named more than once");
        }

        return [.. members.OrderBy(member => member.Node)];
    }

    private static (string Certificate, string Key, string Authority)? ReadTls(Settings settings)
    {
        string[] names = ["CORE_TLS_CERTIFICATE", "CORE_TLS_KEY", "CORE_TLS_AUTHORITY"];
        var given = names.Where(name => settings.Text(name).Length > 0).ToArray();
        foreach (var missing in given.Length == 0 ? [] : names.Except(given))
        {
            settings.Add(missing, $"is needed where {given[0]} is set");
        }

        foreach (var name in given.Where(name => !File.Exists(settings.Text(name))))
        {
            settings.Add(name, $"there is no file '{settings.Text(name)}'");
        }

        return given.Length == names.Length
            ? (settings.Text(names[0]), settings.Text(names[1]), settings.Text(names[2]))
            : null;
    }

    private static string Beside(string folder, string wal, string name) =>
        folder.Length > 0 || wal.Length == 0 ? folder : Path.Combine(wal, name);

    private void Check(Settings settings)
    {
        if (WalFolder.Length == 0)
        {
            settings.Add("CORE_WAL_DIR", "a folder is needed");
        }

        if (Members.Count == 0)
        {
            settings.Add("CORE_PEERS", "the members are needed, this one included");
        }
        else if (Members.All(member => member.Node != Node))
        {
            settings.Add("CORE_PEERS", $"member {Node}, which is this one, is missing");
        }

        if (ElectionTimeout < 2 * Heartbeat)
        {
            settings.Add("CORE_ELECTION_TIMEOUT_MS", "at least twice CORE_HEARTBEAT_MS is needed");
        }
    }
}
