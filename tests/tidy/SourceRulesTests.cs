namespace Exchange.Rsm.Tidy.Tests;

public sealed class SourceRulesTests
{
    [Fact]
    public void All_sources_keep_the_limits_and_the_habits() => Findings.None(Repository.Current.Files(".cs")
        .SelectMany(file => SourceRules.Violations(file, File.ReadAllText(Repository.Current.Absolute(file)))));

    [Fact]
    public void No_file_names_a_path_of_one_machine_or_a_registry_host() =>
        Findings.None(RepositoryRules.ForbiddenWords(Repository.Current));

    [Fact]
    public void Every_file_of_test_data_is_read_by_a_test() =>
        Findings.None(RepositoryRules.DeadTestdata(Repository.Current));

    [Fact]
    public void Planted_long_file_is_found()
    {
        AssertFound("lines, 600", Lines(SourceRules.FileLinesMax + 1));
        Findings.None(SourceRules.Violations("a.cs", Lines(SourceRules.FileLinesMax)));
    }

    [Fact]
    public void Planted_long_method_is_found()
    {
        AssertFound("a method of 71", Method(SourceRules.MethodLinesMax + 1));
        Findings.None(SourceRules.Violations("a.cs", Method(SourceRules.MethodLinesMax)));
    }

    [Fact]
    public void Planted_long_program_is_found() =>
        AssertFound("top-level statements of 71", string.Concat(Enumerable.Repeat("M();\n", 71)));

    [Fact]
    public void Planted_long_line_is_found() => AssertFound("121 columns", "//" + new string('x', 119));

    [Theory]
    [InlineData("#region", "class A\n{\n#region Fields\n#endregion\n}")]
    [InlineData("promise", "// TO" + "DO: later")]
    [InlineData("promise", "/* FIX" + "ME */")]
    [InlineData("promise", "/// <summary>HA" + "CK</summary>\nclass A { }")]
    [InlineData("no reason", "#pragma warning disable CA1000\nclass A { }")]
    [InlineData("tests wait for nothing", "class A { void M() => Thread.Sleep(1); }")]
    [InlineData("tests wait for nothing", "class A { void M() => System.Threading.Tasks.Task.Delay(1).Wait(); }")]
    [InlineData("not skipped", "class A { [Fact(Skip = \"later\")] void M() { } }")]
    [InlineData("not skipped", "class A { void M() => Assert.SkipWhen(true, \"later\"); }")]
    public void Planted_habit_is_found(string expected, string source) => AssertFound(expected, source);

    [Fact]
    public void Only_tests_of_outside_data_may_be_skipped()
    {
        const string Source = "class A { void M() => Assert.Skip(\"absent\"); }";
        Findings.None(SourceRules.Violations("tests/oracle/OutsideData/A.cs", Source));
        AssertFound("not skipped", Source);
    }

    [Fact]
    public void A_promise_with_an_owner_and_a_reason_is_allowed() =>
        Findings.None(SourceRules.Violations("a.cs", "// TO" + "DO(issue 12): needs the replica's clock first"));

    [Fact]
    public void Planted_machine_path_and_registry_host_are_found()
    {
        using PlantedFolder folder = new();
        folder.With("a.md", "see " + "/" + "root/x").With("b.txt", "https://www.nuget" + ".org/y")
            .With("c.md", "https://host/some" + "/" + "work/item is an address");
        Assert.Equal(2, RepositoryRules.ForbiddenWords(folder.Repository).Count);
    }

    [Fact]
    public void Planted_dead_test_data_is_found()
    {
        using PlantedFolder folder = new();
        folder.With("testdata/alive.txt", "").With("testdata/dead.bin", "").With("testdata/book/also-alive.csv", "")
            .With("a.cs", """Golden("alive"); Files("testdata/book", "*.csv");""");
        string dead = Assert.Single(RepositoryRules.DeadTestdata(folder.Repository));
        Assert.Contains("dead.bin", dead, StringComparison.Ordinal);
    }

    private static void AssertFound(string expected, string source) => Assert.Contains(
        SourceRules.Violations("tests/planted.cs", source),
        violation => violation.Contains(expected, StringComparison.Ordinal));

    private static string Lines(int count) => string.Concat(Enumerable.Repeat("//\n", count));

    private static string Method(int lines) =>
        $"class A\n{{\nvoid M()\n{{\n{string.Concat(Enumerable.Repeat("M();\n", lines - 3))}}}\n}}\n";
}
