using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Exchange.Rsm.Hosts.Transport.Tls;

/// <summary>
/// A member's certificate and the one authority it trusts. The machine's own list of authorities plays no part: who
/// may take part in a cluster is decided by the cluster's authority alone. The member's number stands in the
/// certificate as the DNS name <c>node-N.exchange-rsm</c>.
/// </summary>
public sealed class NodeCertificate
{
    private const string NamePrefix = "node-";
    private const string NameSuffix = ".exchange-rsm";

    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2 _authority;

    /// <summary>Takes a certificate with its private key, and the authority.</summary>
    /// <param name="certificate">For server and client side alike.</param>
    /// <param name="authority">Whose signature is asked of the other side.</param>
    /// <exception cref="ArgumentException">The private key is missing, or the name is not a member's.</exception>
    public NodeCertificate(X509Certificate2 certificate, X509Certificate2 authority)
    {
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException("The certificate has no private key.");
        }

        Node = NodeOf(certificate)
            ?? throw new ArgumentException($"The certificate names no member: {NamePrefix}N{NameSuffix} is missing.");
        _certificate = certificate;
        _authority = authority;
    }

    /// <summary>The member it was made for.</summary>
    public ulong Node { get; }

    /// <summary>Reads certificate, key and authority from PEM files.</summary>
    /// <param name="certificateFile">The certificate.</param>
    /// <param name="keyFile">Its private key.</param>
    /// <param name="authorityFile">The authority's certificate.</param>
    /// <returns>All of them.</returns>
    public static NodeCertificate Load(string certificateFile, string keyFile, string authorityFile)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        return new NodeCertificate(Portable(pem), X509CertificateLoader.LoadCertificateFromFile(authorityFile));
    }

    /// <summary>The DNS name of a member.</summary>
    /// <param name="node">Its number.</param>
    /// <returns>The name.</returns>
    public static string NameOf(ulong node) =>
        string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{node}{NameSuffix}");

    /// <summary>The member that a certificate names.</summary>
    /// <param name="certificate">Any certificate.</param>
    /// <returns>Its number, or null where it names none, or several.</returns>
    public static ulong? NodeOf(X509Certificate2 certificate)
    {
        ulong? found = null;
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in extension.EnumerateDnsNames())
            {
                if (!IsMember(name, out var node) || found is not null)
                {
                    continue;
                }

                found = node;
            }
        }

        return found;
    }

    /// <summary>Speaks first.</summary>
    /// <param name="stream">The plain connection.</param>
    /// <param name="node">The member that must answer.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The encrypted connection.</returns>
    /// <exception cref="AuthenticationException">The other side is not that member.</exception>
    public async Task<SslStream> ConnectAsync(Stream stream, ulong node, CancellationToken cancellation)
    {
        var encrypted = new SslStream(stream);
        await encrypted.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = NameOf(node),
                ClientCertificates = [_certificate],
                CertificateChainPolicy = Policy(),
                EnabledSslProtocols = SslProtocols.Tls13,
            },
            cancellation);
        return encrypted;
    }

    /// <summary>Answers.</summary>
    /// <param name="stream">The plain connection.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The encrypted connection.</returns>
    /// <exception cref="AuthenticationException">The other side shows no certificate of the authority.</exception>
    public async Task<SslStream> AcceptAsync(Stream stream, CancellationToken cancellation)
    {
        var encrypted = new SslStream(stream);
        await encrypted.AuthenticateAsServerAsync(ServerOptions(), cancellation);
        return encrypted;
    }

    /// <summary>How a server of this member answers: whoever speaks first shows a certificate, too.</summary>
    /// <returns>The options, new ones each time.</returns>
    public SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificate = _certificate,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(),
        EnabledSslProtocols = SslProtocols.Tls13,
    };

    /// <summary>The same certificate with its key where every platform's TLS finds it.</summary>
    /// <param name="certificate">With its private key.</param>
    /// <returns>A copy.</returns>
    public static X509Certificate2 Portable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);

    // There is one authority and it signs directly; a lost key is answered with a new authority, not with a list.
    private X509ChainPolicy Policy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { _authority },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    private static bool IsMember(string name, out ulong node)
    {
        node = 0;
        return name.StartsWith(NamePrefix, StringComparison.Ordinal)
            && name.EndsWith(NameSuffix, StringComparison.Ordinal)
            && ulong.TryParse(
                name.AsSpan(NamePrefix.Length, name.Length - NamePrefix.Length - NameSuffix.Length),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out node)
            && node != 0;
    }
}
