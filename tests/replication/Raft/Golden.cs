using System.Text;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>Files that a test compares with byte for byte; REWRITE_GOLDEN=1 writes them anew.</summary>
internal static class Golden
{
    public static void Check(string name, string actual)
    {
        var path = Path.Combine(FindRoot(), "tests", "replication", "Raft", "testdata", name);
        if (Environment.GetEnvironmentVariable("REWRITE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual, new UTF8Encoding(false));
            return;
        }

        Assert.True(File.Exists(path), $"{path} is missing; REWRITE_GOLDEN=1 writes it");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>Sixteen bytes a line, with the offset.</summary>
    public static string Lines(byte[] bytes)
    {
        var text = new StringBuilder();
        for (var offset = 0; offset < bytes.Length; offset += 16)
        {
            var line = bytes.AsSpan(offset, Math.Min(16, bytes.Length - offset));
            text.Append(offset.ToString("x4", null)).Append("  ").Append(Convert.ToHexStringLower(line)).Append('\n');
        }

        return text.ToString();
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
