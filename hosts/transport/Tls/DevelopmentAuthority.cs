using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Exchange.Rsm.Hosts.Transport.Tls;

/// <summary>
/// An authority for one's own machine and for tests: it signs whatever it is asked to, and its key lies beside it.
/// </summary>
public sealed class DevelopmentAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _until;

    /// <summary>Makes a new authority.</summary>
    /// <param name="from">When its certificates begin to hold.</param>
    /// <param name="validity">For how long they do.</param>
    public DevelopmentAuthority(DateTimeOffset from, TimeSpan validity)
    {
        _from = from;
        _until = from + validity;
        var request = new CertificateRequest("CN=Exchange.Rsm development authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = request.CreateSelfSigned(_from, _until);
    }

    /// <summary>The authority's own certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Signs a certificate for a member, good for loopback addresses.</summary>
    /// <param name="node">The member's number.</param>
    /// <returns>The certificate with its key.</returns>
    public X509Certificate2 Issue(ulong node)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(NodeCertificate.NameOf(node));
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        return Issue(NodeCertificate.NameOf(node), names);
    }

    /// <summary>Signs a certificate for a client.</summary>
    /// <param name="name">The client's name, as the subject.</param>
    /// <returns>The certificate with its key.</returns>
    public X509Certificate2 IssueClient(string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        return Issue(name, names);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Issue(string subject, SubjectAlternativeNameBuilder names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var distinguished = new X500DistinguishedNameBuilder();
        distinguished.AddCommonName(subject);
        var request = new CertificateRequest(distinguished.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], // server and client authentication
            critical: true));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate,
            includeKeyIdentifier: true,
            includeIssuerAndSerial: false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F; // a serial number is positive
        using var signed = request.Create(Certificate, _from, _until, serial);
        using var complete = signed.CopyWithPrivateKey(key);
        return NodeCertificate.Portable(complete);
    }
}
