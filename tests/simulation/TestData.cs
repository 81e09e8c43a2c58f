namespace Exchange.Rsm.Simulation.Tests;

/// <summary>Files beside the tests. REWRITE_GOLDEN=1 writes golden ones anew.</summary>
internal static class TestData
{
    private static readonly string _root = FindRoot();

    public static string Folder(string name) => Path.Combine(_root, "tests", "simulation", "testdata", name);

    public static void AssertGolden(string name, string actual)
    {
        var path = Path.Combine(Folder(""), name);
        if (Environment.GetEnvironmentVariable("REWRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
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
