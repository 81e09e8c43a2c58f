using System.Text.RegularExpressions;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>What is read from all files together: words that tie them to one place, and data nobody reads.</summary>
internal static partial class RepositoryRules
{
    // Put together from pieces, so that this file does not hold what it forbids.
    private static readonly string[] RegistryHosts = ["nuget" + ".org", "npmjs" + ".org", "pypi" + ".org"];

    private static readonly string[] MachinePaths =
        ["/" + "work/", "/" + "root/", "/" + "home/", "/" + "opt/nuget", "C:" + @"\Users", "/" + "tmp/bash"];

    /// <summary>Paths of a machine and hosts of registries: the source builds anywhere, from any registry.</summary>
    public static IReadOnlyList<string> ForbiddenWords(Repository repository)
    {
        List<string> violations = [];
        foreach (string file in repository.Files())
        {
            string[]? lines = ReadText(repository.Absolute(file));
            for (int index = 0; index < lines?.Length; index++)
            {
                string line = lines[index];
                foreach (string word in MachinePaths.Where(word => HoldsPath(line, word)))
                    violations.Add($"{file}({index + 1}): a path of one machine, {word}");
                foreach (string host in RegistryHosts.Where(host => line.Contains(host, StringComparison.Ordinal)))
                    violations.Add($"{file}({index + 1}): a registry's host, {host}");
            }
        }

        return violations;
    }

    /// <summary>
    /// Files under testdata/ that no source names: neither the file, nor its name without the ending, nor a pattern
    /// ("*.txt") beside the name of its folder.
    /// </summary>
    public static IReadOnlyList<string> DeadTestdata(Repository repository)
    {
        List<string> sources = [.. repository.Files(".cs").Select(file => File.ReadAllText(repository.Absolute(file)))];
        return [.. repository.Files()
            .Where(file => file.Contains("testdata/", StringComparison.Ordinal))
            .Where(file => !sources.Exists(source => Names(source, file)))
            .Select(file => $"{file}: no test reads it")];
    }

    private static bool Names(string source, string file)
    {
        string name = Path.GetFileName(file);
        string folder = Path.GetFileName(Path.GetDirectoryName(file)!);
        bool isNamed = source.Contains(name, StringComparison.Ordinal)
            || source.Contains($"\"{Path.GetFileNameWithoutExtension(name)}\"", StringComparison.Ordinal);
        bool isMatched = source.Contains($"\"*{Path.GetExtension(name)}\"", StringComparison.Ordinal)
            && QuotedWords().Matches(source).Any(match => match.Value.Trim('"').Split('/').Contains(folder));
        return isNamed || isMatched;
    }

    // "/x/" as a path begins a word; inside an address or another path it is a part.
    private static bool HoldsPath(string line, string path)
    {
        int at = line.IndexOf(path, StringComparison.Ordinal);
        while (at >= 0)
        {
            if (at == 0 || !(char.IsLetterOrDigit(line[at - 1]) || line[at - 1] is '.' or '_' or '-' or '}' or '/'))
                return true;
            at = line.IndexOf(path, at + 1, StringComparison.Ordinal);
        }

        return false;
    }

    private static string[]? ReadText(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().Contains((byte)0) ? null : System.Text.Encoding.UTF8.GetString(bytes).Split('\n');
    }

    [GeneratedRegex("\"[^\"\\n]+\"")]
    private static partial Regex QuotedWords();
}
