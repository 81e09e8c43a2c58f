using System.Globalization;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>The names of a replica's files in its folder.</summary>
internal static class FileNames
{
    /// <summary>Behind the name of a file that is being made.</summary>
    public const string Unfinished = ".new";

    public const string Lock = "lock";

    public static string Of(FileId file) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix(file.Kind)}-{file.Number:x16}");

    public static bool TryParse(string name, out FileId file)
    {
        file = default;
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0
            || name.Length != dash + 17
            || !ulong.TryParse(
                name.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        for (var kind = FileKind.Superblock; kind <= FileKind.Journal; kind++)
        {
            if (name.AsSpan(0, dash).SequenceEqual(Prefix(kind)))
            {
                file = new FileId(kind, number);
                return true;
            }
        }

        return false;
    }

    /// <summary>The files of a folder, by kind and number.</summary>
    public static IReadOnlyList<FileListing> List(string folder)
    {
        var files = new List<FileListing>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (TryParse(file.Name, out var id))
            {
                files.Add(new FileListing(id, file.Length));
            }
        }

        files.Sort((left, right) => (left.File.Kind, left.File.Number).CompareTo((right.File.Kind, right.File.Number)));
        return files;
    }

    private static string Prefix(FileKind kind) => kind switch
    {
        FileKind.Superblock => "superblock",
        FileKind.Segment => "segment",
        FileKind.Spare => "spare",
        FileKind.Snapshot => "snapshot",
        FileKind.Journal => "journal",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of file"),
    };
}
