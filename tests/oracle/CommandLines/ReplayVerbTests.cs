using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli;
using Exchange.Rsm.Oracle.Tests.GeneratedStreams;

namespace Exchange.Rsm.Oracle.Tests.CommandLines;

public sealed class ReplayVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Matching_prints_counts_and_the_hash_of_its_report()
    {
        var (code, output, _) = Run("replay", "matching", GeneratedStreamTests.PathOf("crowded.bin"));
        var values = output.TrimEnd().Split(' ')
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(0, code);
        Assert.Equal(["messages", "reports", "sha256", "ns_per_message"], values.Keys);
        Assert.Equal("3000", values["messages"]);
        Assert.Equal(File.ReadAllText(GeneratedStreamTests.PathOf("crowded.sha256")).TrimEnd(), values["sha256"]);
    }

    [Fact]
    public void Matching_writes_the_report_and_prints_json_where_asked()
    {
        var report = Path.Combine(_folder, "report.txt");
        var stream = GeneratedStreamTests.PathOf("wide.bin");
        var (code, output, _) = Run(
            "replay", "matching", stream, "--reports", report, "--json", "--mode", "full");
        var lines = File.ReadAllText(report).Split('\n');
        Assert.Equal(0, code);
        Assert.Equal(lines.Length, JsonNode.Parse(output)!["reports"]!.GetValue<int>());
        Assert.Matches("^[0-5],0,", lines[0]);
    }

    [Fact]
    public void Compressed_stream_is_read_through_xz()
    {
        var path = Path.Combine(_folder, "wide.bin");
        File.Copy(GeneratedStreamTests.PathOf("wide.bin"), path);
        using var xz = System.Diagnostics.Process.Start("xz", ["--keep", path]);
        xz.WaitForExit();
        var (code, output, _) = Run("replay", "matching", $"{path}.xz");
        Assert.Equal(0, code);
        var hash = File.ReadAllText(GeneratedStreamTests.PathOf("wide.sha256")).TrimEnd();
        Assert.Contains($"sha256={hash}", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Venue_without_a_mismatch_ends_with_zero()
    {
        var (code, output, _) = Run("replay", "venue", GeneratedStreamTests.PathOf("venue.csv"));
        Assert.Equal(0, code);
        Assert.Matches(@"^asserted=\d+ matched=\d+ mismatched=0\s*$", output);
    }

    [Fact]
    public void First_mismatch_of_a_venue_is_shown_with_the_book()
    {
        var path = Written(
            "venue.csv", "#,1,0,OPEN\nNEW,1,1,100,5\nNEW,2,1,101,6\nNEW,3,0,99,7\nIOC,0,100,3,2:101:3\nX,1,2\nX,3,6\n");
        var (code, output, _) = Run("replay", "venue", path);
        Assert.Equal(1, code);
        Assert.Equal(
            """
            asserted=6 matched=4 mismatched=2
            first mismatch: line 5: IOC,0,100,3,2:101:3
              last mark  #,1,0,OPEN
              expected   2:101:3
              got        1:100:3
              the book before this line:
                    bid lots        price       ask lots
                                      101              6  1 orders
                                      100              5  1 orders
                           7           99                 1 orders
              at 100, in order of arrival: 1(5)
              at 101, in order of arrival: 2(6)

            """.ReplaceLineEndings(),
            output);
    }

    [Theory]
    [InlineData("no such file", "replay", "matching", "absent.bin")]
    [InlineData("not a matching stream", "replay", "matching", "text.bin")]
    [InlineData("xz cannot decompress", "replay", "matching", "text.bin.xz")]
    [InlineData("line 2 is not of the venue format", "replay", "venue", "text.csv")]
    public void File_that_cannot_be_used_is_named_and_ends_with_one(string expected, params string[] arguments)
    {
        Written("text.bin", "not a stream at all");
        Written("text.bin.xz", "not compressed");
        Written("text.csv", "NEW,1,0,100,5\nNEW,one,0,100,5\n");
        arguments[2] = Path.Combine(_folder, arguments[2]);
        var (code, output, error) = Run(arguments);
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains(arguments[2], error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exchange replay --help", "replay")]
    [InlineData("exchange replay --help", "replay", "matchin")]
    [InlineData("exchange replay matching --help", "replay", "matching")]
    [InlineData("exchange replay matching --help", "replay", "matching", "x.bin", "--mode", "book")]
    [InlineData("exchange --help", "play")]
    public void Wrong_command_line_ends_with_two_and_says_where_help_is(string expected, params string[] arguments)
    {
        var (code, _, error) = Run(arguments);
        Assert.Equal(2, code);
        Assert.Contains($"Run '{expected}'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Exit codes: 0 done, 1", "--help")]
    [InlineData("ns_per_message", "replay", "matching", "--help")]
    [InlineData("IOC,side,limit,qty", "replay", "venue", "--help")]
    public void Help_teaches(string expected, params string[] arguments)
    {
        var (code, output, _) = Run(arguments);
        Assert.Equal(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    private string Written(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = CommandLine.Run(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
