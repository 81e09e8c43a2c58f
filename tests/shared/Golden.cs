using System.Text;

namespace Exchange.Rsm.Tests;

/// <summary>Files that a test compares with byte for byte; REWRITE_GOLDEN=1 writes them anew.</summary>
internal static class Golden
{
    public static bool IsRewriting => Environment.GetEnvironmentVariable("REWRITE_GOLDEN") == "1";

    public static string PathOf(string name) => Path.Combine(Checkout.TestData, name);

    /// <summary>Compares with a file in testdata, or writes it.</summary>
    public static void Check(string name, string actual) => CheckFile(PathOf(name), actual);

    /// <summary>Compares with any file, or writes it.</summary>
    public static void CheckFile(string path, string actual)
    {
        if (IsRewriting)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
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
}
