namespace Exchange.Rsm.Tidy.Tests;

/// <summary>Says every finding in full, one to a line; the assertions of the library cut long texts short.</summary>
internal static class Findings
{
    public static void None(IEnumerable<string> findings)
    {
        List<string> all = [.. findings];
        Assert.True(all.Count == 0, $"{all.Count} found:\n{string.Join('\n', all)}");
    }
}
