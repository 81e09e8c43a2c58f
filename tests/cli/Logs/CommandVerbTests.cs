using System.Globalization;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Cli.Tests.Logs;

public sealed class CommandVerbTests(WrittenLog written) : IClassFixture<WrittenLog>
{
    [Fact]
    public void Decided_commands_of_sessions_are_found_with_their_result()
    {
        foreach (var code in new[] { RejectCode.None, RejectCode.InsufficientFunds })
        {
            var decided = written.Member.Commands.First(one => Is(one, DedupMode.Session, code));
            var rows = Status(Named(decided));
            Assert.Equal(code == RejectCode.None ? "COMMITTED" : "REJECTED", rows[^1]["outcome"]);
            Assert.Equal(EnumText.NameOf(code), rows[^1]["code"]);
            Assert.Equal(($"{decided.Index}", $"{decided.Offset}"), (rows[^1]["index"], rows[^1]["offset"]));
            Assert.Equal($"{decided.Index}", rows[0]["index"]);
        }
    }

    [Fact]
    public void Decided_commands_with_a_key_are_found_with_their_result()
    {
        foreach (var code in new[] { RejectCode.None, RejectCode.UnknownOrder })
        {
            var decided = written.Member.Commands.First(one => Is(one, DedupMode.Keyed, code));
            var rows = Status(Named(decided));
            Assert.Equal(code == RejectCode.None ? "COMMITTED" : "REJECTED", rows[^1]["outcome"]);
            Assert.Equal(($"{decided.Index}", $"{decided.Offset}"), (rows[^1]["index"], rows[^1]["offset"]));
        }
    }

    [Fact]
    public void Command_that_did_not_enter_is_told_apart_from_one_that_was_fenced_off()
    {
        var decided = written.Member.Commands.First(one => Is(one, DedupMode.Keyed, RejectCode.None));
        var rows = Status([.. Named(decided)[..2], "--kind", "PLACE_ORDER", "--account", "999"]);
        Assert.Equal("NEVER_ENTERED", Assert.Single(rows)["outcome"]);
        var fence = written.Member.Commands.First(one =>
            ResultOf(one) is { Code: RejectCode.NeverEntered, Kind: CommandKind.FenceCommand });
        var target = MemoryMarshal.Read<FenceCommand>(fence.Command);
        rows = Status(
            "--key", Hex(target.Target), "--kind", EnumText.NameOf(target.TargetKind),
            "--account", $"{target.Header.Account.Value}", "--instrument", $"{target.Header.Instrument.Value}",
            "--until", $"{fence.Index}");
        Assert.Equal("FENCED", rows[^1]["outcome"]);
        Assert.Equal("true", rows[0]["fence"]);
    }

    [Fact]
    public void Before_its_entry_a_command_has_not_entered()
    {
        var decided = written.Member.Commands.First(one => Is(one, DedupMode.Session, RejectCode.None));
        var rows = Status([.. Named(decided), "--until", $"{decided.Index - 1}"]);
        Assert.Equal("NEVER_ENTERED", rows[^1]["outcome"]);
        Assert.Equal($"{decided.Index - 1}", rows[^1]["until_index"]);
    }

    [Theory]
    [InlineData("by --session and --number, or by --key")]
    [InlineData("by --session and --number, or by --key", "--session", "1", "--key", "5")]
    [InlineData("--number counts from 1", "--session", "1")]
    [InlineData("32 hexadecimal digits", "--key", "xyz")]
    [InlineData("'PLACE'", "--key", "5", "--kind", "PLACE")]
    public void Unclear_names_are_refused(string expected, params string[] name)
    {
        var (_, error) = Shell.RunBoth(2, ["command", "status", "--log", written.Folder, .. name]);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_shows_an_example() => Assert.Contains(
        "Example: exchange command status ", Shell.Run(0, "command", "status", "--help"), StringComparison.Ordinal);

    private IReadOnlyList<Dictionary<string, string>> Status(params string[] name) =>
        Shell.Rows(Shell.Run(0, ["command", "status", "--log", written.Folder, .. name]));

    private static bool Is(Decided one, DedupMode mode, RejectCode code) =>
        ResultOf(one) is var result && result.Code == code && result.Index == one.Index && result.Offset == one.Offset
        && MemoryMarshal.Read<CommandHeader>(one.Command).Dedup == mode;

    private static string[] Named(Decided decided)
    {
        var header = MemoryMarshal.Read<CommandHeader>(decided.Command);
        return header.Dedup == DedupMode.Session
            ? ["--session", $"{header.Session.Value}", "--number", $"{header.Stamp}"]
            :
            [
                "--key", Hex(header.Key), "--kind", EnumText.NameOf(header.Kind),
                "--account", $"{header.Account.Value}", "--instrument", $"{header.Instrument.Value}",
            ];
    }

    private static CommandResult ResultOf(Decided decided) => MemoryMarshal.Read<CommandResult>(decided.Result);

    private static string Hex(UInt128 key) => key.ToString("x", CultureInfo.InvariantCulture);
}
