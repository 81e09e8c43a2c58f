namespace Exchange.Rsm.Tidy.Tests;

public sealed class DocumentedCommandsTests
{
    [Fact]
    public void Every_command_of_the_documentation_succeeds()
    {
        List<CommandBlock> blocks = [.. DocumentedCommands.Blocks(Repository.Current)];
        blocks.RemoveAll(block => block.Fence != "sh");
        Assert.NotEmpty(blocks);
        Findings.None(blocks.Select(block => DocumentedCommands.Failure(Repository.Current, block)).OfType<string>());
    }

    [Fact]
    public void Commands_left_to_ci_are_run_by_ci() =>
        Findings.None(DocumentedCommands.ForgottenByCi(Repository.Current));

    [Fact]
    public void No_block_of_commands_escapes_by_its_fence() =>
        Findings.None(DocumentedCommands.Unmarked(Repository.Current));

    [Theory]
    [InlineData("false")]
    [InlineData("no-such-command --help")]
    [InlineData("false\ntrue")]
    [InlineData("false | cat")]
    public void Planted_command_that_fails_is_found(string command)
    {
        using PlantedFolder folder = new();
        folder.With("README.md", Fenced("sh", command));
        CommandBlock block = Assert.Single(DocumentedCommands.Blocks(folder.Repository));
        Assert.NotNull(DocumentedCommands.Failure(folder.Repository, block));
    }

    [Fact]
    public void A_command_that_succeeds_runs_at_the_top_of_the_checkout()
    {
        using PlantedFolder folder = new();
        folder.With("docs/page.md", Fenced("sh", "test -f docs/page.md\ntest ! -f page.md"));
        CommandBlock block = Assert.Single(DocumentedCommands.Blocks(folder.Repository));
        Assert.Null(DocumentedCommands.Failure(folder.Repository, block));
    }

    [Fact]
    public void Planted_command_that_ci_forgets_is_found()
    {
        using PlantedFolder folder = new();
        folder.With(".ci/run", "#!/bin/bash\nstep tests/run\n# tests/other\n")
            .With("README.md", Fenced("sh test=ci", "# a comment\ntests/run\ntests/other"));
        string forgotten = Assert.Single(DocumentedCommands.ForgottenByCi(folder.Repository));
        Assert.Contains("tests/other", forgotten, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "true")]
    [InlineData("sh no-test", "true")]
    [InlineData("", "$ true")]
    [InlineData("", "dotnet build")]
    public void Planted_block_that_nobody_would_run_is_found(string fence, string command)
    {
        using PlantedFolder folder = new();
        folder.With("README.md", Fenced(fence, command));
        Assert.Single(DocumentedCommands.Unmarked(folder.Repository));
    }

    private static string Fenced(string fence, string text) => $"# Title\n\n```{fence}\n{text}\n```\n\nProse.\n";
}
