namespace Exchange.Rsm.Oracle.Tests.OutsideData;

/// <summary>
/// Recorded data that nobody here made: EXCHANGE_DATA names its folder, else it is shared/data beside the checkout. It
/// is not part of the project, so a test without it is skipped, which the last lines of a run count.
/// </summary>
internal static class OutsideFolder
{
    /// <summary>The checkout: the nearest folder above that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file's path, or null where there is no such data.</summary>
    public static string? Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable("EXCHANGE_DATA") is { Length: > 0 } given
            ? given
            : Path.Combine(Root, "..", "shared", "data");
        var path = Path.GetFullPath(Path.Combine(folder, name));
        return File.Exists(path) ? path : null;
    }

    /// <summary>A file's path; without the file the test ends here, as skipped.</summary>
    public static string Require(string name)
    {
        var path = Find(name);
        if (path is null)
        {
            Assert.Skip($"{name} is not there. Set EXCHANGE_DATA to the folder of the outside data to run this test.");
        }

        return path;
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
