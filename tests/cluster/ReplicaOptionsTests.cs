using System.Net;
using Exchange.Rsm.Hosts.Replica.Options;

namespace Exchange.Rsm.Cluster.Tests;

public sealed class ReplicaOptionsTests
{
    private static readonly Dictionary<string, string> Whole = new()
    {
        ["CORE_NODE_ID"] = "2",
        ["CORE_CLUSTER_ID"] = "000102030405060708090a0b0c0d0e0f",
        ["CORE_PEERS"] = "3=c.example:7003, 1=a.example:7001, 2=[::1]:7002",
        ["CORE_WAL_DIR"] = "/srv/exchange",
    };

    [Fact]
    public void Options_are_read_with_their_defaults()
    {
        var options = Read(Whole, out var errors);
        Assert.Empty(errors);
        Assert.Equal(
            [new MemberAddress(1, "a.example", 7001), new(2, "[::1]", 7002), new(3, "c.example", 7003)],
            options.Members);
        Assert.Equal((UInt128)0x08090a0b0c0d0e0f | ((UInt128)0x0001020304050607 << 64), options.ClusterId);
        Assert.Equal("/srv/exchange/snapshots", options.SnapshotFolder);
        Assert.Equal("/srv/exchange/journal", options.JournalFolder);
        Assert.Equal(TimeSpan.FromMilliseconds(50), options.Heartbeat);
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.ElectionTimeout);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 0), options.ClientListen);
        Assert.False(options.IsProduction);
        Assert.Null(options.Tls);
    }

    [Fact]
    public void Environment_wins_over_the_file_and_foreign_names_are_passed_over()
    {
        string[] file = ["# a comment", "", "CORE_HEARTBEAT_MS = 20", "CORE_NODE_ID=1"];
        var settings = Settings.Read(ReplicaOptions.Known, file, [.. Whole, new("PATH", "/bin")]);
        var options = ReplicaOptions.Of(settings, out var errors);
        Assert.Empty(errors);
        Assert.Equal((2u, 20), (options.Node, (int)options.Heartbeat.TotalMilliseconds));
    }

    [Theory]
    [InlineData("CORE_NODE_ID", "0", "CORE_NODE_ID: a number from 1 is expected, not '0'")]
    [InlineData("CORE_NODE_ID", "9", "CORE_PEERS: member 9, which is this one, is missing")]
    [InlineData("CORE_CLUSTER_ID", "12", "CORE_CLUSTER_ID: 32 hexadecimal digits, not all zero is expected, not '12'")]
    [InlineData("CORE_PEERS", "2=a:1,2=b:2", "CORE_PEERS: member 2 is named more than once")]
    [InlineData("CORE_PEERS", "2=a:1,b", "CORE_PEERS: NUMBER=HOST:PORT is expected, not 'b'")]
    [InlineData("CORE_PEERS", "2=a:70000,2=b:1", "CORE_PEERS: NUMBER=HOST:PORT is expected, not '2=a:70000'")]
    [InlineData("CORE_WAL_DIR", "", "CORE_WAL_DIR: a folder is needed")]
    [InlineData("CORE_CLIENT_LISTEN", "here", "CORE_CLIENT_LISTEN: ADDRESS:PORT is expected, not 'here'")]
    [InlineData("CORE_LEASE_READS", "yes", "CORE_LEASE_READS: true or false is expected, not 'yes'")]
    [InlineData("CORE_HEARTBEAT_MS", "300", "CORE_ELECTION_TIMEOUT_MS: at least twice CORE_HEARTBEAT_MS is needed")]
    [InlineData("CORE_TLS_KEY", "/none", "CORE_TLS_CERTIFICATE: is needed where CORE_TLS_KEY is set")]
    [InlineData("CORE_TLS_KEY", "/none", "CORE_TLS_KEY: there is no file '/none'")]
    [InlineData("CORE_NODEID", "1", "CORE_NODEID (environment): there is no such setting")]
    [InlineData("CORE_ENV", "staging", "CORE_ENV: development or production is expected, not 'staging'")]
    public void What_cannot_be_meant_is_named(string name, string value, string expected)
    {
        Read(new(Whole) { [name] = value }, out var errors);
        Assert.Contains(expected, errors);
    }

    [Fact]
    public void File_lines_that_are_no_setting_are_named_by_number()
    {
        var settings = Settings.Read(ReplicaOptions.Known, ["CORE_NODE_ID=1", "what"], Whole);
        Assert.Equal(["line 2: NAME=value is expected"], settings.Errors);
    }

    [Theory]
    [InlineData("prod")]
    [InlineData("production")]
    [InlineData("live")]
    [Trait("Covers", "GUARD-08")]
    [Trait("Covers", "CONF-39")]
    [Trait("Covers", "CONF-40")]
    public void Production_refuses_made_up_trades(string environment) => Assert.Contains(
        "CORE_STUB_TRADES: made-up trades are refused in production",
        ErrorsOfProduction("CORE_STUB_TRADES", "true", environment));

    [Theory]
    [InlineData("CORE_WAL_DIR", "/tmp/exchange")]
    [InlineData("CORE_WAL_DIR", "/srv/../tmp")]
    [InlineData("CORE_OUTBOX_DIR", "/var/tmp/x")]
    [InlineData("CORE_SNAPSHOT_DIR", "/dev/shm")]
    [Trait("Covers", "GUARD-09")]
    [Trait("Covers", "GUARD-10")]
    [Trait("Covers", "CONF-41")]
    [Trait("Covers", "CONF-42")]
    public void Production_refuses_folders_that_do_not_outlast_a_restart(string name, string folder) =>
        Assert.Contains(
            $"{name}: '{folder}' does not outlast a restart of the machine; refused in production",
            ErrorsOfProduction(name, folder));

    [Theory]
    [InlineData("localhost:9092")]
    [InlineData("127.0.0.1:9092")]
    [InlineData("[::1]:9092")]
    [Trait("Covers", "GUARD-11")]
    [Trait("Covers", "CONF-43")]
    public void Production_refuses_brokers_on_this_machine(string broker) => Assert.Contains(
        $"CORE_KAFKA_BROKERS: '{broker}' is this machine; refused in production",
        ErrorsOfProduction("CORE_KAFKA_BROKERS", $"kafka.example:9092,{broker}"));

    [Fact]
    public void Production_needs_certificates_and_an_odd_number_of_members()
    {
        var errors = ErrorsOfProduction("CORE_PEERS", "2=b.example:1,3=c.example:1");
        Assert.Contains("CORE_TLS_CERTIFICATE: certificate, key and authority are needed in production", errors);
        Assert.Contains("CORE_PEERS: production has 3, 5 or 7 members", errors);
    }

    [Fact]
    public void Settings_are_printed_and_secrets_are_not()
    {
        Setting[] known = [new("CORE_SECRET", "", "a secret", IsSecret: true), .. ReplicaOptions.Known];
        var settings = Settings.Read(known, ["CORE_SECRET=hunter2"], Whole);
        var text = ReplicaOptions.Print(known, settings);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Contains("CORE_SECRET=(set)\n", text, StringComparison.Ordinal);
        Assert.Contains("CORE_NODE_ID=2\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Documentation_lists_every_setting_with_its_default()
    {
        var readme = File.ReadAllText(Path.Combine(Checkout.Root, "hosts", "replica", "README.md"));
        foreach (var setting in ReplicaOptions.Known)
        {
            var value = setting.Default.Length > 0 ? $"`{setting.Default}`" : "";
            Assert.Contains($"\n| `{setting.Name}` | {value} | {setting.Help} |\n", readme, StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<string> ErrorsOfProduction(string name, string value, string environment = "prod")
    {
        Read(new(Whole) { ["CORE_ENV"] = environment, [name] = value }, out var errors);
        return errors;
    }

    private static ReplicaOptions Read(Dictionary<string, string> environment, out IReadOnlyList<string> errors) =>
        ReplicaOptions.Of(Settings.Read(ReplicaOptions.Known, file: null, environment), out errors);
}
