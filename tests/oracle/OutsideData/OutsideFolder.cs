namespace Exchange.Rsm.Oracle.Tests.OutsideData;

/// <summary>
/// Recorded data that nobody here made: EXCHANGE_DATA names its folder, else it is shared/data beside the checkout. It
/// is not part of the project, so a test without it is skipped, which the last lines of a run count.
/// </summary>
internal static class OutsideFolder
{
    /// <summary>A file's path, or null where there is no such data.</summary>
    public static string? Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable("EXCHANGE_DATA") is { Length: > 0 } given
            ? given
            : Path.Combine(Checkout.Root, "..", "shared", "data");
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
}
