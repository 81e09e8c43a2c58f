using Exchange.Rsm.Hosts.Cli;

namespace Exchange.Rsm.Storage.Tests.Portable;

/// <summary>Export, verify and import on real files, called as a shell would.</summary>
public sealed class SnapshotVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-test-").FullName;

    private string File1 => Path.Combine(_folder, "one.snapshot");

    private string Store => Path.Combine(_folder, "store");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Covers", "DUR-07")]
    [Trait("Covers", "DUR-10")]
    public void A_snapshot_goes_into_a_store_and_comes_out_the_same_bytes()
    {
        Replay();
        var verified = Run(0, "snapshot", "verify", File1);
        Assert.Contains("sha256=", verified, StringComparison.Ordinal);
        Assert.Contains("state_hash=", verified, StringComparison.Ordinal);
        Assert.Equal(verified, Run(0, "snapshot", "import", File1, Store));
        var again = Path.Combine(_folder, "again.snapshot");
        Assert.Equal(verified, Run(0, "snapshot", "export", Store, again));
        Assert.Equal(File.ReadAllBytes(File1), File.ReadAllBytes(again));
        Assert.StartsWith("{\"index\":", Run(0, "snapshot", "verify", again, "--json"), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Covers", "DUR-06")]
    [InlineData(0, "ManifestChecksum")]
    [InlineData(300, "ManifestChecksum")]
    [InlineData(4096 + 40, "RecordChecksum")]
    [InlineData(-1, "RecordChecksum")]
    public void A_damaged_file_is_refused_with_the_reason_and_leaves_no_store(int at, string reason)
    {
        Replay();
        var bytes = File.ReadAllBytes(File1);
        bytes[at < 0 ? bytes.Length + at : at] ^= 4;
        File.WriteAllBytes(File1, bytes);
        Assert.Contains(reason, Run(1, "snapshot", "verify", File1), StringComparison.Ordinal);
        Assert.Contains(reason, Run(1, "snapshot", "import", File1, Store), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Store));
    }

    [Theory]
    [InlineData(-1, "Length")]
    [InlineData(4096, "Length")]
    [InlineData(100, "Length")]
    [InlineData(0, "Length")]
    public void A_file_that_was_cut_off_is_refused(int length, string reason)
    {
        Replay();
        var bytes = File.ReadAllBytes(File1);
        File.WriteAllBytes(File1, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.Contains(reason, Run(1, "snapshot", "verify", File1), StringComparison.Ordinal);
    }

    [Fact]
    public void An_import_never_goes_over_what_is_there()
    {
        Replay();
        Run(0, "snapshot", "import", File1, Store);
        Assert.Contains("already", Run(1, "snapshot", "import", File1, Store), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_is_said()
    {
        Assert.Contains("no such file", Run(1, "snapshot", "verify", File1), StringComparison.Ordinal);
        Assert.Contains("no such folder", Run(1, "snapshot", "export", Store, File1), StringComparison.Ordinal);
        Replay();
        Run(0, "snapshot", "import", File1, Store);
        var message = Run(1, "snapshot", "export", Store, File1, "--index", "7");
        Assert.Contains("Missing: no snapshot 7", message, StringComparison.Ordinal);
        Run(2, "snapshot", "verify");
    }

    [Theory]
    [InlineData("export")]
    [InlineData("verify")]
    [InlineData("import")]
    public void Help_shows_an_example(string verb) =>
        Assert.Contains($"exchange snapshot {verb} ", Run(0, "snapshot", verb, "--help"), StringComparison.Ordinal);

    private static string Run(int expected, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = CommandLine.Run(arguments, output, error);
        Assert.True(expected == code, $"{code}: {output}{error}");
        return output.ToString() + error;
    }

    private void Replay()
    {
        var stream = Path.Combine(Checkout.Root, "tests", "oracle", "testdata", "streams", "crowded.bin");
        Run(0, "replay", "matching", stream, "--snapshot", File1);
    }
}
