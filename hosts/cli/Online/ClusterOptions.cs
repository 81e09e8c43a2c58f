using System.CommandLine;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>Where the cluster is and who asks: the options that every verb with a cluster has.</summary>
internal static class ClusterOptions
{
    private const string SecretVariable = "EXCHANGE_API_SECRET";

    private static readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "The members' client ports, NUMBER=HOST:PORT separated by commas; else EXCHANGE_CLUSTER.",
        HelpName = "MEMBERS",
    };

    private static readonly Option<uint> _user = new("--user")
    {
        Description = "Who acts, on a development cluster without certificates.",
        HelpName = "ID",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = "The public part of an API key, hexadecimal; its secret is taken from EXCHANGE_API_SECRET.",
        HelpName = "HEX",
    };

    private static readonly Option<string?> _tls = new("--tls")
    {
        Description = "A folder with client.pem, client.key and authority.pem, as 'exchange certs dev' makes it.",
        HelpName = "FOLDER",
    };

    private static readonly Option<int> _timeout = new("--timeout")
    {
        Description = "Seconds to wait for an answer, elections included.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };

    /// <summary>Gives a verb these options.</summary>
    public static Command Offer(Command command)
    {
        foreach (var option in new Option[] { _cluster, _user, _apiKey, _tls, _timeout })
        {
            command.Options.Add(option);
        }

        return command;
    }

    /// <summary>How long to wait.</summary>
    public static TimeSpan TimeoutOf(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(_timeout));

    /// <summary>How to reach the cluster.</summary>
    public static ClusterClientOptions Of(ParseResult parsed) => new()
    {
        Members = MembersOf(parsed),
        Hello = HelloOf(parsed),
        Tls = TlsOf(parsed),
    };

    private static List<ClusterMember> MembersOf(ParseResult parsed)
    {
        var text = parsed.GetValue(_cluster) ?? Environment.GetEnvironmentVariable("EXCHANGE_CLUSTER") ?? "";
        var members = new List<ClusterMember>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (equals, colon) = (part.IndexOf('=', StringComparison.Ordinal), part.LastIndexOf(':'));
            if (equals < 1 || colon < equals + 2
                || !ulong.TryParse(
                    part.AsSpan(0, equals), NumberStyles.None, CultureInfo.InvariantCulture, out var node)
                || !ushort.TryParse(
                    part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            {
                throw new InputException($"'{part}' is not a member: NUMBER=HOST:PORT, as 1=127.0.0.1:7101.");
            }

            members.Add(new ClusterMember(node, part[(equals + 1)..colon], port));
        }

        return members.Count > 0 ? members : throw new InputException(
            "Where is the cluster? Give --cluster 1=HOST:PORT,2=HOST:PORT,… (the members' client ports) or set "
            + "EXCHANGE_CLUSTER.");
    }

    private static ClientHello HelloOf(ParseResult parsed)
    {
        var hello = new ClientHello
        {
            VersionMin = ClientMessageHeader.ProtocolVersion,
            VersionMax = ClientMessageHeader.ProtocolVersion,
        };
        if (parsed.GetValue(_apiKey) is { } key)
        {
            hello.ApiKey = Number(key, "--api-key");
            var secret = Environment.GetEnvironmentVariable(SecretVariable) ?? "";
            if (secret.Length != 64)
            {
                throw new InputException($"Set {SecretVariable} to the key's secret: 64 hexadecimal digits.");
            }

            hello.Secret0 = Number(secret[..32], SecretVariable);
            hello.Secret1 = Number(secret[32..], SecretVariable);
        }
        else if (parsed.GetValue(_tls) is null)
        {
            hello.User = parsed.GetValue(_user);
        }

        return hello;
    }

    private static UInt128 Number(string text, string name) =>
        UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new InputException($"{name} takes up to 32 hexadecimal digits.");

    private static Func<ClusterMember, SslClientAuthenticationOptions>? TlsOf(ParseResult parsed)
    {
        if (parsed.GetValue(_tls) is not { } folder)
        {
            return null;
        }

        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(
                Path.Combine(folder, "client.pem"), Path.Combine(folder, "client.key"));
            var certificate = NodeCertificate.Portable(pem);
            var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, "authority.pem"));
            return member => OptionsFor(member, certificate, authority);
        }
        catch (Exception exception) when (exception is IOException or CryptographicException)
        {
            throw new InputException(
                $"{folder}: {exception.Message} It must hold client.pem, client.key and authority.pem.");
        }
    }

    // The authority alone is trusted, and the certificate must be that member's.
    private static SslClientAuthenticationOptions OptionsFor(
        ClusterMember member, X509Certificate2 certificate, X509Certificate2 authority) => new()
        {
            TargetHost = NodeCertificate.NameOf(member.Node),
            ClientCertificates = [certificate],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { authority },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
}
