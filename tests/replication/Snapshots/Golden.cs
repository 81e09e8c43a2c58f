using System.Text;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

/// <summary>Files that a test compares with byte for byte; REWRITE_GOLDEN=1 writes them anew.</summary>
internal static class Golden
{
    public static bool IsRewriting => Environment.GetEnvironmentVariable("REWRITE_GOLDEN") == "1";

    /// <summary>The checkout: the nearest folder above that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathOf(string name) =>
        Path.Combine(Root, "tests", "replication", "Snapshots", "testdata", name);

    /// <summary>Compares with a file in testdata, or writes it.</summary>
    public static void Check(string name, string actual) => CheckFile(PathOf(name), actual);

    /// <summary>Compares with any file, or writes it.</summary>
    public static void CheckFile(string path, string actual)
    {
        if (IsRewriting)
        {
            File.WriteAllText(path, actual, new UTF8Encoding(false));
            return;
        }

        Assert.True(File.Exists(path), $"{path} is missing; REWRITE_GOLDEN=1 writes it");
        var expected = File.ReadAllText(path).Split('\n');
        var lines = actual.Split('\n');
        for (var i = 0; i < Math.Min(expected.Length, lines.Length); i++)
        {
            Assert.True(expected[i] == lines[i], $"{path}({i + 1})\nfile: {expected[i]}\nnow:  {lines[i]}");
        }

        Assert.True(expected.Length == lines.Length, $"{path}: {expected.Length} lines, now {lines.Length}");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Exchange.Rsm.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Exchange.Rsm.sln is not above the tests");
    }
}
