using System.Globalization;
using System.Security.Cryptography;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using ReplicaOptions = Exchange.Rsm.Hosts.Replica.Options.ReplicaOptions;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>
/// What a member was founded as, written beside its log at the first start and never changed: cluster, number,
/// incarnation, the members at the founding, and its salt. Settings may change from start to start, and the list of
/// peers does; what these say must not, or two members would begin from different clusters.
/// </summary>
internal static class MemberFile
{
    private const string Name = "member";
    private const string Unfinished = ".new";

    /// <summary>Reads the file, or writes it where there is none yet.</summary>
    /// <returns>Who the member is.</returns>
    /// <exception cref="StartException">The file and the settings name different members.</exception>
    public static ReplicaIdentity ReadOrWrite(ReplicaOptions options)
    {
        Directory.CreateDirectory(options.WalFolder);
        var path = Path.Combine(options.WalFolder, Name);
        if (!File.Exists(path))
        {
            RefuseLostFile(options.WalFolder, path);
            Write(options, path);
        }

        var identity = Read(path);
        var self = new MemberId(options.Node, options.Incarnation);
        return identity.ClusterId == options.ClusterId && identity.Self == self
            ? identity
            : throw new StartException(
                $"{path}: the folder belongs to member {identity.Self} of cluster {identity.ClusterId:x32}; "
                + $"the settings say {self} of {options.ClusterId:x32}.");
    }

    // A log without the file is not a member's at its beginning: making the file anew would guess who founded it.
    private static void RefuseLostFile(string folder, string path)
    {
        if (Directory.EnumerateFiles(folder).Any(file => !file.EndsWith(Unfinished, StringComparison.Ordinal)))
        {
            throw new StartException($"{path} is missing and its folder is not empty.");
        }
    }

    private static void Write(ReplicaOptions options, string path)
    {
        // Only the first lives of the members found a cluster; whoever comes later is added to it.
        var founders = options.Incarnation == 1 && !options.IsJoining
            ? string.Join(',', options.Members.Select(member => member.Node.ToString(CultureInfo.InvariantCulture)))
            : "";
        Span<byte> salt = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(salt);
        string[] lines =
        [
            "version=1",
            $"cluster={options.ClusterId:x32}",
            $"node={options.Node.ToString(CultureInfo.InvariantCulture)}",
            $"incarnation={options.Incarnation.ToString(CultureInfo.InvariantCulture)}",
            $"founders={founders}",
            $"salt={Convert.ToHexStringLower(salt)}",
        ];
        using (var file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n"));
            file.Flush(flushToDisk: true);
        }

        // The log formats itself after this, and syncs the folder both are in.
        File.Move(path + Unfinished, path);
    }

    private static ReplicaIdentity Read(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            values[equals < 0 ? line : line[..equals]] = equals < 0 ? "" : line[(equals + 1)..];
        }

        try
        {
            var founders = values["founders"].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(number => new MemberId(uint.Parse(number, CultureInfo.InvariantCulture), 1));
            return values["version"] == "1"
                ? new ReplicaIdentity
                {
                    ClusterId = UInt128.Parse(
                        values["cluster"], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    Self = new MemberId(
                        uint.Parse(values["node"], CultureInfo.InvariantCulture),
                        uint.Parse(values["incarnation"], CultureInfo.InvariantCulture)),
                    Founders = Configuration.OfVoters([.. founders]),
                    Salt = ulong.Parse(
                        values["salt"], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                }
                : throw new StartException($"{path}: version {values["version"]} is not one this build reads.");
        }
        catch (Exception exception) when (exception is FormatException or KeyNotFoundException or OverflowException)
        {
            throw new StartException($"{path}: not a member's file: {exception.Message}");
        }
    }
}

/// <summary>The member cannot be started.</summary>
/// <param name="message">Why, and where.</param>
internal sealed class StartException(string message) : Exception(message);
