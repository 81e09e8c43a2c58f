using System.Reflection;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>A checkout: its root, and the files that are source and not build output.</summary>
internal sealed class Repository
{
    private const string Solution = "Exchange.Rsm.sln";

    private readonly HashSet<string> _ignoredFolders = new(StringComparer.Ordinal) { ".git" };
    private readonly List<string> _ignoredEndings = [];

    private Repository(string root)
    {
        Root = root;
        string ignore = Path.Combine(root, ".gitignore");
        foreach (string line in File.Exists(ignore) ? File.ReadAllLines(ignore) : [])
            ReadIgnoreLine(line.Trim());
    }

    /// <summary>The checkout these tests were built from.</summary>
    public static Repository Current { get; } = new(FindRoot());

    /// <summary>The configuration these tests were built in, so that they judge what was built beside them.</summary>
    public static string Configuration { get; } =
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    public string Root { get; }

    /// <summary>A folder with planted violations, read the same way as the checkout.</summary>
    public static Repository Planted(string root) => new(root);

    public string Absolute(string relative) => Path.Combine(Root, relative);

    /// <summary>Relative paths with forward slashes, in ordinal order.</summary>
    public IReadOnlyList<string> Files(string ending = "")
    {
        List<string> files = [];
        Walk(Root, files);
        files.RemoveAll(file => !file.EndsWith(ending, StringComparison.Ordinal));
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Solution)))
                return at.FullName;
        }

        throw new InvalidOperationException($"{Solution} is in no folder above {AppContext.BaseDirectory}");
    }

    private void ReadIgnoreLine(string line)
    {
        if (line.Length == 0 || line[0] == '#')
            return;
        if (line.StartsWith("*.", StringComparison.Ordinal))
            _ignoredEndings.Add(line[1..]);
        else if (line[^1] == '/' && line.IndexOf('/', StringComparison.Ordinal) == line.Length - 1)
            _ignoredFolders.Add(line[..^1]);
        else
            throw new InvalidOperationException($".gitignore holds folder names and endings only, not '{line}'");
    }

    private void Walk(string folder, List<string> files)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            // In a linked working tree .git is a file.
            if (!_ignoredFolders.Contains(Path.GetFileName(file))
                && !_ignoredEndings.Exists(ending => file.EndsWith(ending, StringComparison.Ordinal)))
                files.Add(Path.GetRelativePath(Root, file).Replace('\\', '/'));
        }

        foreach (string child in Directory.EnumerateDirectories(folder))
        {
            if (!_ignoredFolders.Contains(Path.GetFileName(child)))
                Walk(child, files);
        }
    }
}
