using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Exchange.Rsm.Hosts.Replica.Clients;

/// <summary>The user that a client's certificate names, as the DNS name <c>user-N.exchange-rsm</c>.</summary>
internal static class ClientCertificate
{
    private const string NamePrefix = "user-";
    private const string NameSuffix = ".exchange-rsm";

    /// <summary>Reads the user.</summary>
    /// <returns>Zero where the certificate names none, or several.</returns>
    public static uint UserOf(X509Certificate2 certificate)
    {
        var found = 0u;
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in extension.EnumerateDnsNames())
            {
                if (!name.StartsWith(NamePrefix, StringComparison.Ordinal)
                    || !name.EndsWith(NameSuffix, StringComparison.Ordinal))
                {
                    continue;
                }

                var digits = name.AsSpan(NamePrefix.Length, name.Length - NamePrefix.Length - NameSuffix.Length);
                if (found != 0
                    || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out found))
                {
                    return 0;
                }
            }
        }

        return found;
    }
}
