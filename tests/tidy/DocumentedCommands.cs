namespace Exchange.Rsm.Tidy.Tests;

/// <summary>One fenced block of commands in the documentation.</summary>
internal sealed record CommandBlock(string File, int Line, string Fence, string Text)
{
    public bool IsRunByCi => Fence == "sh test=ci";

    public IEnumerable<string> Commands => Text.Split('\n')
        .Select(line => line.Trim())
        .Where(line => line.Length > 0 && line[0] != '#');
}

/// <summary>
/// A documented command that nobody runs is wrong after the next change. Every block fenced as sh is run from the top
/// of the checkout; "sh test=ci" marks what .ci/run runs instead, because it takes long or would run the tests inside
/// the tests.
/// </summary>
internal static class DocumentedCommands
{
    private static readonly HashSet<string> OtherNamesOfShell =
        ["bash", "shell", "console", "zsh", "powershell", "cmd"];

    public static IReadOnlyList<CommandBlock> Blocks(Repository repository)
    {
        List<CommandBlock> blocks = [];
        foreach (string file in repository.Files(".md"))
            blocks.AddRange(BlocksOf(file, File.ReadAllLines(repository.Absolute(file))));
        return blocks;
    }

    /// <summary>Blocks that look like commands and would be run by nobody.</summary>
    public static IReadOnlyList<string> Unmarked(Repository repository) =>
    [
        .. Blocks(repository)
            .Where(block => OtherNamesOfShell.Contains(block.Fence.Split(' ')[0])
                || (block.Fence.StartsWith("sh ", StringComparison.Ordinal) && !block.IsRunByCi)
                || (block.Fence.Length == 0 && block.Commands.Any(IsLikeACommand)))
            .Select(block => $"{block.File}({block.Line}): commands stand in a block fenced as sh or sh test=ci"),
    ];

    /// <summary>Runs the block; the answer is null when it succeeds.</summary>
    public static string? Failure(Repository repository, CommandBlock block)
    {
        (int exitCode, string output) = Shell.Run(repository.Root, "bash", "-euo", "pipefail", "-c", block.Text);
        return exitCode == 0 ? null : $"{block.File}({block.Line}): exit code {exitCode}\n{block.Text}\n{output}";
    }

    /// <summary>Commands left to .ci/run that it does not run.</summary>
    public static IReadOnlyList<string> ForgottenByCi(Repository repository)
    {
        string script = repository.Absolute(".ci/run");
        HashSet<string> lines = [.. File.ReadAllLines(script).Select(line => line.Trim())];
        return [.. Blocks(repository)
            .Where(block => block.IsRunByCi)
            .SelectMany(block => block.Commands
                .Where(command => !lines.Contains(command) && !lines.Contains($"step {command}"))
                .Select(command => $"{block.File}({block.Line}): .ci/run does not run '{command}'"))];
    }

    private static IEnumerable<CommandBlock> BlocksOf(string file, string[] lines)
    {
        int open = -1;
        for (int index = 0; index < lines.Length; index++)
        {
            string line = lines[index].TrimStart();
            if (!line.StartsWith("```", StringComparison.Ordinal))
                continue;
            if (open < 0)
            {
                open = index;
                continue;
            }

            string fence = lines[open].TrimStart().TrimStart('`').Trim();
            yield return new CommandBlock(file, open + 1, fence, string.Join('\n', lines[(open + 1)..index]));
            open = -1;
        }
    }

    private static bool IsLikeACommand(string line) =>
        line.StartsWith("$ ", StringComparison.Ordinal)
        || line.StartsWith("dotnet ", StringComparison.Ordinal)
        || line.StartsWith("tests/run", StringComparison.Ordinal);
}
