using System.Net;

namespace Exchange.Rsm.Hosts.Replica.Options;

/// <summary>
/// What production refuses. Each is something that is handy on one's own machine and would lose money or secrets on
/// another; the replica then does not start, and names the setting.
/// </summary>
internal static class ProductionGuard
{
    public static void Check(ReplicaOptions options, Settings settings)
    {
        if (!options.IsProduction)
        {
            return;
        }

        if (settings.Text("CORE_STUB_TRADES") != "false")
        {
            settings.Add("CORE_STUB_TRADES", "made-up trades are refused in production");
        }

        RefuseTemporary(settings, "CORE_WAL_DIR", options.WalFolder);
        RefuseTemporary(settings, "CORE_SNAPSHOT_DIR", options.SnapshotFolder);
        RefuseTemporary(settings, "CORE_OUTBOX_DIR", options.JournalFolder);
        RefuseLoopback(settings, "CORE_KAFKA_BROKERS");
        if (options.Tls is null)
        {
            settings.Add("CORE_TLS_CERTIFICATE", "certificate, key and authority are needed in production");
        }

        if (options.Members.Count is not (0 or 3 or 5 or 7))
        {
            settings.Add("CORE_PEERS", "production has 3, 5 or 7 members");
        }
    }

    // Normalised first: /var/../tmp is /tmp.
    private static void RefuseTemporary(Settings settings, string name, string folder)
    {
        if (folder.Length == 0)
        {
            return;
        }

        var whole = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var machines = Path.TrimEndingDirectorySeparator(Path.GetTempPath()) + Path.DirectorySeparatorChar;
        string[] temporary = ["/tmp/", "/var/tmp/", "/dev/shm/", machines];
        if (temporary.Any(start => whole.StartsWith(start, StringComparison.Ordinal)))
        {
            settings.Add(name, $"'{folder}' does not outlast a restart of the machine; refused in production");
        }
    }

    private static void RefuseLoopback(Settings settings, string name)
    {
        foreach (var broker in settings.Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var host = broker.Trim();
            var colon = host.LastIndexOf(':');
            host = (colon > 0 ? host[..colon] : host).Trim('[', ']');
            var isLoopback = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
            if (isLoopback)
            {
                settings.Add(name, $"'{broker.Trim()}' is this machine; refused in production");
            }
        }
    }
}
