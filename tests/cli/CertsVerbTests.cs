using System.Security.Cryptography.X509Certificates;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Cli.Tests;

public sealed class CertsVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Certificates_of_a_development_authority_go_together()
    {
        var certs = Path.Combine(_folder, "certs");
        var rows = Shell.Rows(Shell.Run(0, "certs", "dev", certs, "--members", "2", "--for-user", "7"));
        Assert.Equal(
            [NodeCertificate.NameOf(1), NodeCertificate.NameOf(2), "user-7.exchange-rsm"],
            rows.Select(row => row["name"]));
        var member = NodeCertificate.Load(
            Path.Combine(certs, "member-2.pem"), Path.Combine(certs, "member-2.key"),
            Path.Combine(certs, "authority.pem"));
        Assert.Equal(2UL, member.Node);
        using var client = X509Certificate2.CreateFromPemFile(
            Path.Combine(certs, "client.pem"), Path.Combine(certs, "client.key"));
        Assert.True(client.HasPrivateKey);
        if (!OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(Path.Combine(certs, "client.key"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        }
    }

    [Fact]
    public void Nothing_is_mixed_with_certificates_of_another_authority()
    {
        Shell.Run(0, "certs", "dev", Path.Combine(_folder, "certs"));
        var (_, error) = Shell.RunBoth(1, "certs", "dev", Path.Combine(_folder, "certs"));
        Assert.Contains("is not empty", error, StringComparison.Ordinal);
        Shell.Run(2, "certs", "dev", Path.Combine(_folder, "other"), "--members", "0");
    }
}
