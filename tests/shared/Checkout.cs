namespace Exchange.Rsm.Tests;

/// <summary>Where the sources of the tests stand: found from the folder that the tests were built into.</summary>
internal static class Checkout
{
    /// <summary>The whole checkout: the nearest folder above that holds the solution.</summary>
    public static string Root { get; } = Above("*.sln");

    /// <summary>The folder testdata of the project that runs.</summary>
    public static string TestData { get; } = Path.Combine(Above("*.csproj"), "testdata");

    private static string Above(string pattern)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !folder.EnumerateFiles(pattern).Any())
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No {pattern} is above the tests.");
    }
}
