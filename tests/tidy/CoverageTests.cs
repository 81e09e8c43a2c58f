namespace Exchange.Rsm.Tidy.Tests;

public sealed class CoverageTests
{
    private const string CoversA1 = "[Trait(\"Covers\", \"A-1\")]";
    private const string Table = "tests/coverage.md";
    private const string Ids = "tests/tidy/coverage-ids.txt";

    [Fact]
    public void Every_requirement_has_a_test_or_a_reason_to_be_open()
    {
        if (Golden.IsRewriting)
            Rewrite();
        Findings.None(Coverage.Of(Repository.Current).Problems());
    }

    [Fact]
    public void Coverage_table_is_up_to_date()
    {
        if (Golden.IsRewriting)
            Rewrite();
        string table = File.ReadAllText(Repository.Current.Absolute(Table));
        Assert.Equal(Coverage.Of(Repository.Current).ToMarkdown(), table);
    }

    [Theory]
    [InlineData("A-1 | first", "", "neither a test nor a reason")]
    [InlineData("A-1 | first", "[Trait(\"Covers\", \"A-2\")]", "A-2 is named by a test and unknown")]
    [InlineData("A-1 | first | open: not yet tested", CoversA1, "still marked")]
    [InlineData("A-1 | first | open: ", "", "neither a test nor a reason")]
    public void Planted_gap_is_found(string requirement, string attribute, string expected)
    {
        Coverage coverage = new([Requirement.Parse(requirement)], [Source(attribute)]);
        Assert.Contains(coverage.Problems(), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "neither a test nor a reason")]
    [InlineData("[Fact(Skip = \"later\")]", "neither a test nor a reason")]
    [InlineData("[Theory(Skip = \"later\"), InlineData(1)]", "neither a test nor a reason")]
    public void What_is_not_run_covers_nothing(string attributes, string expected)
    {
        Coverage coverage = new(
            [Requirement.Parse("A-1 | first")],
            [$"public class Subject {{ {attributes} {CoversA1} public void Works() {{ }} }}"]);
        Assert.Contains(coverage.Problems(), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_reason_of_its_own_may_stay_beside_a_first_test()
    {
        Coverage coverage = new([Requirement.Parse("A-1 | first | open: needs the gateway")], [Source(CoversA1)]);
        Findings.None(coverage.Problems());
        const string Row = "| A-1 | first | `Subject.Works`<br>open: needs the gateway |";
        Assert.Contains(Row, coverage.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Rewriting_takes_the_mark_off_what_is_now_tested()
    {
        Coverage coverage = new([Requirement.Parse("A-1 | first | open: not yet tested")], [Source(CoversA1)]);
        Assert.Equal(["A-1 | first"], coverage.UpdatedIds());
    }

    [Theory]
    [InlineData("A-1")]
    [InlineData("A-1 | first | later")]
    public void A_line_of_another_shape_is_refused(string line) =>
        Assert.Throws<FormatException>(() => Requirement.Parse(line));

    private static string Source(string attribute) =>
        $"public class Subject {{ [Fact, Trait(\"Other\", \"x\")] {attribute} public void Works() {{ }} }}";

    private static void Rewrite()
    {
        Coverage before = Coverage.Of(Repository.Current);
        File.WriteAllText(Repository.Current.Absolute(Ids), string.Join('\n', before.UpdatedIds()) + "\n");
        File.WriteAllText(Repository.Current.Absolute(Table), Coverage.Of(Repository.Current).ToMarkdown());
    }
}
