using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Hosts.Cli;

/// <summary>The verb that makes certificates for a development machine.</summary>
internal static class CertsVerb
{
    private const string DevText =
        """
        Makes an authority of its own and certificates signed by it: member-N.pem and member-N.key for each member,
        client.pem and client.key for one user, and authority.pem. The authority's key is kept nowhere: another
        certificate means another authority. For a development machine; the certificates hold for loopback addresses.

        A member is given CORE_TLS_CERTIFICATE, CORE_TLS_KEY and CORE_TLS_AUTHORITY, a client --tls FOLDER.

        FOLDER must be empty or new. Prints a row for each certificate: name= certificate= key= until=.

        Example: exchange certs dev certs --members 3 --for-user 1
        """;

    private static readonly Argument<string> _folder = new("FOLDER") { Description = "Where they go." };

    private static readonly Option<int> _members = new("--members")
    {
        Description = "How many members, 1 to 99.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<uint> _user = new("--for-user")
    {
        Description = "The user that the client's certificate names.",
        HelpName = "ID",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> _days = new("--days")
    {
        Description = "For how many days they hold.",
        HelpName = "DAYS",
        DefaultValueFactory = _ => 90,
    };

    public static Command Create()
    {
        Bound(_members, 99);
        Bound(_days, 3650);
        var dev = Printer.Offer(new Command("dev", DevText) { _folder, _members, _user, _days });
        dev.SetAction(Make);
        return new Command("certs", "Makes certificates for development.") { dev };
    }

    private static void Bound(Option<int> option, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < 1 || value > most))
        {
            result.AddError($"{option.Name} takes 1 to {most}.");
        }
    });

    private static int Make(ParseResult parsed)
    {
        var folder = parsed.GetRequiredValue(_folder);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new InputException($"{folder}: is not empty. Certificates of two authorities do not go together.");
        }

        try
        {
            // A day back, for machines whose clocks differ.
            using var authority = new DevelopmentAuthority(
                DateTimeOffset.UtcNow.AddDays(-1), TimeSpan.FromDays(parsed.GetValue(_days) + 1));
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "authority.pem"), authority.Certificate.ExportCertificatePem());
            var printer = new Printer(parsed);
            for (var node = 1; node <= parsed.GetValue(_members); node++)
            {
                using var member = authority.Issue((ulong)node);
                Write(printer, folder, $"member-{node}", NodeCertificate.NameOf((ulong)node), member);
            }

            var name = $"user-{parsed.GetValue(_user)}.exchange-rsm";
            using var client = authority.IssueClient(name);
            Write(printer, folder, "client", name, client);
            printer.End();
            return ExitCode.Done;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder}: cannot be written: {exception.Message}");
        }
    }

    private static void Write(Printer printer, string folder, string file, string name, X509Certificate2 certificate)
    {
        var (pem, key) = (Path.Combine(folder, $"{file}.pem"), Path.Combine(folder, $"{file}.key"));
        File.WriteAllText(pem, certificate.ExportCertificatePem());
        using var secret = certificate.GetECDsaPrivateKey();
        WriteSecret(key, secret!.ExportPkcs8PrivateKeyPem());

        printer.Row(new JsonObject
        {
            ["name"] = name,
            ["certificate"] = pem,
            ["key"] = key,
            ["until"] = certificate.NotAfter.ToUniversalTime().ToString("O"),
        });
    }

    // Readable by its owner alone from the moment it exists.
    private static void WriteSecret(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
