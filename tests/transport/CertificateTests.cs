using System.Security.Cryptography.X509Certificates;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Transport.Tests;

public sealed class CertificateTests : IDisposable
{
    private const int TestMillisecondsMax = 60_000;

    private readonly DevelopmentAuthority _authority = NewAuthority();

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Members_of_one_authority_speak_encrypted()
    {
        await using var one = new Member(1, Member.With(Certified(1)));
        await using var two = new Member(2, Member.With(Certified(2)));
        await Member.Introduce(one, two);
        Assert.True(one.TrySend(two, 1, 2, 3));
        Assert.Equal([1, 2, 3], (await two.Receiver.NextMessage()).Message);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Member_of_another_authority_is_not_let_in()
    {
        using var other = NewAuthority();
        await using var one = new Member(1, Member.With(Certified(1)));
        await using var two = new Member(
            2, Member.With(new NodeCertificate(other.Issue(2), _authority.Certificate)));
        one.Transport.SetPeers([two.Address]);
        Assert.Equal(CloseReason.Certificate, (await one.Receiver.NextClosed(outgoing: true)).Reason);
        one.Transport.SetPeers([]);
        two.Transport.SetPeers([one.Address]);
        Assert.Equal(CloseReason.Certificate, (await one.Receiver.NextClosed(outgoing: false)).Reason);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Member_without_a_certificate_is_not_let_in()
    {
        await using var one = new Member(1, Member.With(Certified(1)));
        await using var two = new Member(2);
        two.Transport.SetPeers([one.Address]);
        Assert.Equal(CloseReason.Certificate, (await one.Receiver.NextClosed(outgoing: false)).Reason);
    }

    [Fact(Timeout = TestMillisecondsMax)]
    public async Task Member_that_says_it_is_another_than_certified_is_refused()
    {
        await using var one = new Member(1, Member.With(Certified(1)));
        await using var two = new Member(2, Member.With(Certified(2)));
        one.Transport.SetPeers([two.Address with { Node = 3 }]);
        Assert.Equal(CloseReason.Certificate, (await one.Receiver.NextClosed(outgoing: true)).Reason);
    }

    [Fact]
    public void Certificate_of_another_member_is_refused_at_the_start()
    {
        var error = Assert.Throws<ArgumentException>(() => new Member(1, Member.With(Certified(2))));
        Assert.Equal("Peer transport: the certificate is node 2's, this is 1.", error.Message);
    }

    [Fact]
    public void Certificate_without_a_members_name_is_refused() => Assert.Throws<ArgumentException>(
        () => new NodeCertificate(_authority.IssueClient("trader-1"), _authority.Certificate));

    [Theory]
    [InlineData("node-7.exchange-rsm", 7ul)]
    [InlineData("node-0.exchange-rsm", null)]
    [InlineData("node-+7.exchange-rsm", null)]
    [InlineData("node-7.exchange", null)]
    [InlineData("node-.exchange-rsm", null)]
    [InlineData("node-.exchange-rsmnode-7.exchange-rsm", null)]
    public void Member_is_read_from_the_name(string name, ulong? expected) =>
        Assert.Equal(expected, NodeCertificate.NodeOf(_authority.IssueClient(name)));

    [Fact]
    public void Certificate_is_read_from_files_and_a_missing_file_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("exchange-certificates-");
        try
        {
            string Write(string name, string text)
            {
                var path = Path.Combine(folder.FullName, name);
                File.WriteAllText(path, text);
                return path;
            }

            using var issued = _authority.Issue(4);
            var certificate = Write("node.pem", issued.ExportCertificatePem());
            var key = Write("node.key", issued.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            var authority = Write("authority.pem", _authority.Certificate.ExportCertificatePem());
            Assert.Equal(4u, NodeCertificate.Load(certificate, key, authority).Node);
            var missing = Path.Combine(folder.FullName, "missing.pem");
            Assert.Contains(missing, Assert.Throws<FileNotFoundException>(
                () => NodeCertificate.Load(missing, key, authority)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public void Dispose() => _authority.Dispose();

    private static DevelopmentAuthority NewAuthority() =>
        new(DateTimeOffset.UtcNow.AddMinutes(-5), TimeSpan.FromHours(1));

    private NodeCertificate Certified(ulong node) => new(_authority.Issue(node), _authority.Certificate);
}
