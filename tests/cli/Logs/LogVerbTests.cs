using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Storage.Files;

namespace Exchange.Rsm.Cli.Tests.Logs;

public sealed class LogVerbTests(WrittenLog written) : IClassFixture<WrittenLog>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-cli-").FullName;

    private ulong Last => written.Member.Entries[^1].Index;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void List_says_whose_log_it_is_and_what_it_holds()
    {
        var rows = Shell.Rows(Shell.Run(0, "log", "list", written.Folder));
        Assert.Equal("log", rows[0]["line"]);
        Assert.Equal("1", rows[0]["first"]);
        Assert.Equal($"{Last}", rows[0]["last"]);
        Assert.Equal("false", rows[0]["in_use"]);
        Assert.Equal($"{written.Member.Entries[^1].Chain}", rows[0]["chain_hash"]);
        Assert.Contains(rows, row => row["line"] == "file" && row["file"] == "segment-0000000000000002");
        Assert.Equal("1", rows.First(row => row["line"] == "term")["first"]);
        Assert.DoesNotContain(rows, row => row["line"] is "damage" or "finding");
    }

    [Fact]
    public void Show_prints_an_entry_with_its_commands()
    {
        var decided = written.Member.Orders.Values.First();
        var rows = Shell.Rows(Shell.Run(0, "log", "show", written.Folder, $"{decided.Index}"));
        Assert.Equal(("entry", $"{decided.Index}"), (rows[0]["line"], rows[0]["index"]));
        Assert.Equal($"{written.Member.Entries[(int)decided.Index - 1].Chain}", rows[0]["chain_hash"]);
        var command = rows.Single(row => row["line"] == "command" && row["offset"] == $"{decided.Offset}");
        Assert.Equal("PLACE_ORDER", command["kind"]);
    }

    [Fact]
    public void Show_prints_a_range_in_each_form()
    {
        var rows = Shell.Rows(Shell.Run(0, "log", "show", written.Folder, "--first", "3", "--until", "9"));
        Assert.Equal(["3", "4", "5", "6", "7", "8", "9"], rows.Select(row => row["index"]));
        var json = Shell.Run(0, "log", "show", written.Folder, "3", "--json").Split('\n')[0];
        Assert.Equal(3, JsonNode.Parse(json)!["index"]!.GetValue<int>());
        var table = Shell.Run(0, "log", "show", written.Folder, "--first", "3", "--until", "4", "--table").Split('\n');
        Assert.StartsWith("line   index  term", table[0], StringComparison.Ordinal);
        Assert.StartsWith("entry  3      1", table[1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Covers", "DUR-10")]
    public void Replay_comes_to_the_hashes_of_the_machine_that_wrote_the_log()
    {
        var row = Shell.Rows(Shell.Run(0, "log", "replay", written.Folder))[^1];
        AssertHashes(written.Member.Entries[^1], row);
        Assert.Equal($"{written.Member.Entries.Count}", row["entries"]);
        Assert.Equal($"{written.Member.Entries[^1].Chain}", row["chain_hash"]);
    }

    [Fact]
    public void Replay_stops_where_it_is_told()
    {
        var row = Shell.Rows(Shell.Run(0, "log", "replay", written.Folder, "--until", "100"))[^1];
        Assert.Equal("100", row["index"]);
        AssertHashes(written.Member.Entries[99], row);
    }

    [Fact]
    [Trait("Covers", "DUR-02")]
    public void Snapshot_and_the_log_behind_it_come_to_the_same_state_and_answers()
    {
        var middle = written.Member.Entries.Count / 2;
        var snapshot = Path.Combine(_folder, "middle.snapshot");
        Shell.Run(0, [.. Replay, "--until", $"{middle}", "--snapshot", snapshot]);
        var row = Shell.Rows(Shell.Run(0, [.. Replay, "--from", snapshot]))[^1];
        AssertHashes(written.Member.Entries[^1], row);
        Assert.Equal($"{written.Member.Entries.Count - middle}", row["entries"]);
        var (id, decided) = written.Member.Orders.Last();
        string[] explain = ["explain", "order", $"{id}", "--log", written.Folder];
        Assert.True(decided.Index > (ulong)middle);
        Assert.Equal(Shell.Run(0, explain), Shell.Run(0, [.. explain, "--from", snapshot]));

        // What was decided before it is still answered, but no longer explained.
        (id, decided) = written.Member.Orders.Last(order => order.Value.Index <= (ulong)middle);
        var (_, error) = Shell.RunBoth(
            1, "explain", "order", $"{id}", "--log", written.Folder, "--from", snapshot);
        Assert.Contains("needs an earlier --from", error, StringComparison.Ordinal);
        var last = written.Member.Commands.Last(one => one.Index <= (ulong)middle
            && MemoryMarshal.Read<CommandHeader>(one.Command).Dedup == DedupMode.Session
            && MemoryMarshal.Read<CommandResult>(one.Result) is { Code: RejectCode.None } result
            && result.Index == one.Index && result.Offset == one.Offset);
        var header = MemoryMarshal.Read<CommandHeader>(last.Command);
        var status = Shell.Rows(Shell.Run(
            0, "command", "status", "--log", written.Folder, "--from", snapshot, "--until", $"{middle}",
            "--session", $"{header.Session.Value}", "--number", $"{header.Stamp}"));
        Assert.Equal("COMMITTED", Assert.Single(status)["outcome"]);
        Assert.Equal($"{last.Index}", status[0]["index"]);
    }

    [Fact]
    public void Snapshot_of_another_log_is_refused()
    {
        var other = Path.Combine(_folder, "other.snapshot");
        var stream = Path.Combine(Checkout.Root, "tests", "oracle", "testdata", "streams", "crowded.bin");
        Shell.Run(0, "replay", "matching", stream, "--snapshot", other);
        var (_, error) = Shell.RunBoth(1, [.. Replay, "--from", other]);
        Assert.Contains("does not continue the chain", error, StringComparison.Ordinal);
        (_, error) = Shell.RunBoth(1, [.. Replay, "--from", Path.Combine(_folder, "absent")]);
        Assert.Contains("no such file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData(null)]
    public void Steps_of_the_same_build_do_not_differ(string? form)
    {
        var steps = Shell.Run(0, [.. Steps, .. form is null ? Array.Empty<string>() : [form]]);
        var row = Shell.Rows(Shell.Run(0, [.. Replay, "--diff", Saved(steps)]))[^1];
        Assert.Equal(row["entries"], row["compared"]);
        var rows = Shell.Rows(Shell.Run(0, Steps));
        foreach (var (entry, step) in written.Member.Entries.Zip(rows))
        {
            Assert.Equal($"{entry.Index}", step["index"]);
            AssertHashes(entry, step);
        }
    }

    [Theory]
    [InlineData("state_hash")]
    [InlineData("event_chain_hash")]
    public void Diff_names_the_first_entry_that_differs(string field)
    {
        const int Different = 777;
        var lines = Shell.Run(0, Steps).Split('\n');
        foreach (var at in new[] { Different - 1, Different + 20 })
        {
            var value = lines[at].Split($" {field}=")[1][..16];
            lines[at] = lines[at].Replace($" {field}={value}", $" {field}=00000000deadbeef", StringComparison.Ordinal);
        }

        var rows = Shell.Rows(Shell.Run(1, [.. Replay, "--diff", Saved(string.Join('\n', lines))]));
        var difference = rows.Single(row => row["line"] == "difference");
        Assert.Equal($"{Different}", difference["first_different_index"]);
        Assert.Equal("00000000deadbeef", difference[$"other_{field}"]);
        Assert.Equal($"{Different}", rows.Single(row => row["line"] == "entry")["index"]);
    }

    [Fact]
    public void Diff_against_what_tells_of_nothing_is_refused()
    {
        var (_, error) = Shell.RunBoth(1, [.. Replay, "--diff", Saved("line=entry index=9999999\n")]);
        Assert.Contains("tells of none of the entries", error, StringComparison.Ordinal);
        (_, error) = Shell.RunBoth(1, [.. Replay, "--diff", Saved("{ no json")]);
        Assert.Contains("not the output of", error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Covers", "DUR-11")]
    public void Verify_of_a_whole_log_finds_nothing()
    {
        var row = Assert.Single(Shell.Rows(Shell.Run(0, "log", "verify", written.Folder)));
        Assert.Equal($"{Last}", row["entries"]);
        Assert.Equal("0", row["damaged"]);
        Assert.Equal($"{written.Member.Entries[^1].Chain}", row["chain_hash"]);
    }

    [Theory]
    [Trait("Covers", "DUR-01")]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void A_flipped_bit_is_named_with_its_file_and_entry(double where)
    {
        var copy = written.Copy();
        var at = written.Member.Payloads.FindIndex((int)(where * Last), payload => payload.Length > 400);
        var file = Flip(copy, written.Member.Payloads[at]);
        var index = (at + 1).ToString(CultureInfo.InvariantCulture);
        var damage = Shell.Rows(Shell.Run(1, "log", "verify", copy)).Single(row => row["line"] == "damage");
        Assert.Equal((index, index), (damage["first"], damage["last"]));
        Assert.Contains(file, Shell.Run(1, "log", "verify", copy), StringComparison.Ordinal);
        var (_, error) = Shell.RunBoth(1, "log", "replay", copy);
        Assert.Contains($"entry {index} cannot be read (Damaged)", error, StringComparison.Ordinal);
        Assert.Contains(file, error, StringComparison.Ordinal);

        // Up to there it can still be replayed.
        AssertHashes(
            written.Member.Entries[at - 1], Shell.Rows(Shell.Run(0, "log", "replay", copy, "--until", $"{at}"))[^1]);
    }

    [Fact]
    [Trait("Covers", "DUR-11")]
    public void A_lost_group_is_named_with_the_file_it_stood_in()
    {
        var copy = written.Copy();
        var path = Path.Combine(copy, "segment-0000000000000002");
        using (var stream = File.Open(path, FileMode.Open))
        {
            // The first group of the segment: its magic number.
            stream.WriteByte(0);
        }

        var output = Shell.Run(1, "log", "verify", copy);
        var finding = Shell.Rows(output).Single(row => row["line"] == "finding");
        Assert.Equal(("GROUP_LOST", "segment-0000000000000002"), (finding["kind"], finding["file"]));
        Assert.Equal("0", finding["offset"]);
        Assert.Contains($"{path}, group at byte 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_tail_is_named_and_is_no_damage()
    {
        var copy = written.Copy();
        var rows = Shell.Rows(Shell.Run(0, "log", "verify", copy));
        var last = written.Member.Payloads.FindLastIndex(payload => payload.Length > 100);

        // The group that seals the last one goes, and so does a part of that one.
        var file = Flip(copy, written.Member.Payloads[last]);
        Zero(Path.Combine(copy, file), written.Member.Payloads[last]);
        rows = Shell.Rows(Shell.Run(0, "log", "verify", copy));
        Assert.Equal("TORN_TAIL", rows.Single(row => row["line"] == "finding")["kind"]);
        Assert.True(ulong.Parse(rows[^1]["last"], CultureInfo.InvariantCulture) <= (ulong)last);
    }

    [Fact]
    public void Nothing_is_written_by_looking()
    {
        var before = Fingerprint(written.Folder);
        Shell.Run(0, "log", "list", written.Folder);
        Shell.Run(0, "log", "verify", written.Folder);
        Shell.Run(0, "log", "replay", written.Folder, "--until", "50");
        Assert.Equal(before, Fingerprint(written.Folder));
    }

    [Fact]
    public void A_log_in_use_is_refused_and_read_beside_its_process_where_asked_for()
    {
        var copy = written.Copy();
        using (var member = new FileDisk(copy, () => { }))
        {
            var (_, error) = Shell.RunBoth(1, "log", "verify", copy);
            Assert.Contains("is in use by a running process", error, StringComparison.Ordinal);
            Assert.Contains("--live", error, StringComparison.Ordinal);
            var (output, notice) = Shell.RunBoth(0, "log", "verify", copy, "--live");
            Assert.Contains($"last={Last}", output, StringComparison.Ordinal);
            Assert.Contains("a running process has it", notice, StringComparison.Ordinal);
        }

        Shell.Run(0, "log", "verify", copy);
        using var again = new FileDisk(copy, () => { });
    }

    [Fact]
    public void While_it_is_read_no_member_starts_over_it()
    {
        var copy = written.Copy();
        using (new ReadOnlyDisk(copy))
        {
            Assert.Throws<StorageException>(() => new FileDisk(copy, () => { }));
            using var second = new ReadOnlyDisk(copy);
            Assert.False(second.IsInUse);
        }

        using var member = new FileDisk(copy, () => { });
    }

    [Fact]
    public void What_cannot_be_read_is_said_with_what_to_do()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        AssertRefused("Blank: there is no log here", empty);
        AssertRefused("no such folder. Give the folder", Path.Combine(_folder, "absent"));
        var lost = written.Copy();
        File.Delete(Path.Combine(lost, "superblock-0000000000000000"));
        File.Delete(Path.Combine(lost, "superblock-0000000000000001"));
        AssertRefused("SuperblockLost", lost);
        var cut = written.Copy();
        using (var stream = File.Open(Path.Combine(cut, "segment-0000000000000002"), FileMode.Open))
        {
            stream.SetLength(8192);
        }

        AssertRefused("SegmentSize", cut);
        var (_, error) = Shell.RunBoth(1, "log", "show", written.Folder, $"{Last + 1}");
        Assert.Contains($"holds the entries 1 to {Last}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("verify")]
    [InlineData("replay")]
    public void Help_shows_an_example(string verb) => Assert.Contains(
        $"Example: exchange log {verb} ", Shell.Run(0, "log", verb, "--help"), StringComparison.Ordinal);

    [Fact]
    public void Two_forms_at_once_are_a_wrong_command_line() =>
        Shell.Run(2, "log", "list", written.Folder, "--json", "--table");

    private string[] Replay => ["log", "replay", written.Folder];

    private string[] Steps => [.. Replay, "--step"];

    private static void AssertRefused(string expected, string folder)
    {
        var (_, error) = Shell.RunBoth(1, "log", "verify", folder);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains(folder, error, StringComparison.Ordinal);
    }

    private static void AssertHashes(Hashes expected, Dictionary<string, string> row)
    {
        Assert.Equal(expected.State.ToString("x16", CultureInfo.InvariantCulture), row["state_hash"]);
        Assert.Equal(expected.EventChain.ToString("x16", CultureInfo.InvariantCulture), row["event_chain_hash"]);
    }

    private string Saved(string text)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("n"));
        File.WriteAllText(path, text);
        return path;
    }

    // Finds the only place where the payload stands.
    private static string Flip(string folder, byte[] payload)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "segment-*"))
        {
            var bytes = File.ReadAllBytes(path);
            var at = bytes.AsSpan().IndexOf(payload);
            if (at >= 0)
            {
                bytes[at + (payload.Length / 2)] ^= 16;
                File.WriteAllBytes(path, bytes);
                return Path.GetFileName(path);
            }
        }

        throw new InvalidOperationException("The payload stands in no segment.");
    }

    private static void Zero(string path, byte[] payload)
    {
        var bytes = File.ReadAllBytes(path);
        var start = bytes.AsSpan().IndexOf(payload.AsSpan(0, payload.Length / 2));
        var next = (start + payload.Length + 4095) & ~4095;
        bytes.AsSpan(next).Clear();
        File.WriteAllBytes(path, bytes);
    }

    private static string Fingerprint(string folder) => string.Join('\n', Directory.EnumerateFiles(folder).Order()
        .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O} {Crc32C.Of(File.ReadAllBytes(path))}"));
}
