using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>
/// The folder of one cluster: what it is (id, ports) in cluster.conf, and a folder for each member. A second start
/// reads the first one's file, so the members find each other and their logs again.
/// </summary>
internal sealed class LocalFolder
{
    private const string FileName = "cluster.conf";

    private LocalFolder(string path, string clusterId, IReadOnlyList<LocalMember> members, bool isNew)
    {
        Path = path;
        ClusterId = clusterId;
        Members = members;
        IsNew = isNew;
    }

    /// <summary>The folder itself.</summary>
    public string Path { get; }

    /// <summary>32 hexadecimal digits, drawn once.</summary>
    public string ClusterId { get; }

    /// <summary>The members, from 1.</summary>
    public IReadOnlyList<LocalMember> Members { get; }

    /// <summary>Whether there was nothing here before.</summary>
    public bool IsNew { get; }

    /// <summary>Opens the folder, or makes it.</summary>
    /// <param name="options">Where, and what for.</param>
    /// <returns>The folder, with every member's configuration written.</returns>
    /// <exception cref="LocalException">It holds something else, or a port is taken.</exception>
    public static LocalFolder Open(LocalOptions options)
    {
        var path = System.IO.Path.GetFullPath(options.Data);
        var file = System.IO.Path.Combine(path, FileName);
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !File.Exists(file))
        {
            throw new LocalException(
                $"'{path}' holds something that is not a local exchange; choose another folder with --data.");
        }

        if (options.IsFresh && File.Exists(file))
        {
            Directory.Delete(path, recursive: true);
        }

        var isNew = !File.Exists(file);
        Directory.CreateDirectory(path);
        if (isNew)
        {
            File.WriteAllLines(
                file,
                [
                    "# One cluster on one machine. Written at its first start; delete the folder to begin anew.",
                    $"cluster={Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}",
                    string.Create(CultureInfo.InvariantCulture, $"members={options.MemberCount}"),
                    string.Create(CultureInfo.InvariantCulture, $"port={options.BasePort}"),
                ]);
        }

        var folder = Read(path, file, isNew);
        folder.CheckPorts();
        foreach (var member in folder.Members)
        {
            folder.WriteMember(member);
        }

        return folder;
    }

    private static LocalFolder Read(string path, string file, bool isNew)
    {
        var values = File.ReadLines(file)
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('=', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        if (!values.TryGetValue("cluster", out var cluster)
            || !int.TryParse(values.GetValueOrDefault("members"), CultureInfo.InvariantCulture, out var count)
            || !int.TryParse(values.GetValueOrDefault("port"), CultureInfo.InvariantCulture, out var port))
        {
            throw new LocalException($"'{file}' is damaged; start with --fresh to give up what the folder holds.");
        }

        var members = Enumerable.Range(1, count)
            .Select(number => new LocalMember(
                number, System.IO.Path.Combine(path, $"member-{number}"), port + (10 * number)))
            .ToArray();
        return new LocalFolder(path, cluster, members, isNew);
    }

    private void CheckPorts()
    {
        foreach (var member in Members)
        {
            int[] ports = [member.PeerPort, member.ClientPort, member.AdminPort, member.HttpPort];
            foreach (var port in ports)
            {
                try
                {
                    using var probe = new TcpListener(IPAddress.Loopback, port);
                    probe.Start();
                }
                catch (SocketException exception)
                {
                    throw new LocalException(
                        $"Port {port} cannot be used ({exception.Message}). Does another local exchange run? "
                        + "Stop it, or start this one with --fresh --port N.");
                }
            }
        }
    }

    private void WriteMember(LocalMember member)
    {
        Directory.CreateDirectory(member.Folder);
        var peers = Members.Select(other => $"{other.Number}=127.0.0.1:{other.PeerPort}");
        var clients = Members.Select(other => $"{other.Number}=127.0.0.1:{other.ClientPort}");
        File.WriteAllLines(
            member.ConfigurationFile,
            [
                $"CORE_NODE_ID={member.Number}",
                $"CORE_CLUSTER_ID={ClusterId}",
                $"CORE_PEERS={string.Join(',', peers)}",
                $"CORE_CLIENTS={string.Join(',', clients)}",
                $"CORE_PEER_LISTEN=127.0.0.1:{member.PeerPort}",
                $"CORE_CLIENT_LISTEN=127.0.0.1:{member.ClientPort}",
                $"CORE_ADMIN_LISTEN=127.0.0.1:{member.AdminPort}",
                $"CORE_HTTP_LISTEN=127.0.0.1:{member.HttpPort}",
                $"CORE_WAL_DIR={System.IO.Path.Combine(member.Folder, "wal")}",
                $"CORE_SNAPSHOT_DIR={System.IO.Path.Combine(member.Folder, "snapshots")}",
                $"CORE_OUTBOX_DIR={System.IO.Path.Combine(member.Folder, "journal")}",
            ]);
    }
}
