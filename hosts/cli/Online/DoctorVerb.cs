using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Storage.Files;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>The verb that looks at everything at once and says what to do.</summary>
internal static class DoctorVerb
{
    private const long FreeBytesMin = 1L << 30;

    private const string Text =
        """
        Looks whether a cluster is well: members, leader, state hashes, clock; with --log also a member's log and the
        room on its disk, beside the member. Nothing is changed.

        Prints a row for each check: check= ok= found= and, where it is not well, advice=. Ends with 1 where one is not.

        Example: exchange doctor --cluster 1=127.0.0.1:7101,2=127.0.0.1:7102,3=127.0.0.1:7103 --log data/node-1
        """;

    private static readonly Option<string[]> _logs = new("--log")
    {
        Description = "The folder of a member's log; any number.",
        HelpName = "FOLDER",
    };

    public static Command Create() => ClusterVerbs.With(new Command("doctor", Text) { _logs }, LookAsync);

    private static async Task<int> LookAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var checks = new List<JsonObject>();
        LookAtMembers(checks, await SeenMember.LookAsync(desk, cancellation));
        foreach (var folder in parsed.GetValue(_logs) ?? [])
        {
            LookAtDisk(checks, folder);
            LookAtLog(checks, folder);
        }

        var printer = new Printer(parsed);
        foreach (var check in checks)
        {
            printer.Row(check);
        }

        printer.End();
        return checks.TrueForAll(check => check["ok"]!.GetValue<bool>()) ? ExitCode.Done : ExitCode.Failed;
    }

    private static void LookAtMembers(List<JsonObject> checks, SeenMember[] seen)
    {
        foreach (var member in seen)
        {
            Add(checks, $"member-{member.Member.Node}", member.State is not null,
                member.State is { } state ? $"applied {state.Index}" : member.Problem,
                "start it; its last log line says why it ended");
        }

        var leaders = seen.Where(member => member.IsLeader).Select(member => member.Member.Node).ToArray();
        Add(checks, "leader", leaders.Length == 1, $"{leaders.Length} say they lead",
            leaders.Length == 0
                ? "a majority of members must reach each other: look at their peer ports"
                : "an election is under way, or one of them is cut off: ask again");
        var isEqual = SeenMember.AreEqual(seen, out var compared);
        Add(checks, "state-hashes", isEqual, $"{compared} held against each other",
            "keep the logs; 'exchange log replay --step --diff' names the first entry that differs");
        if (seen.FirstOrDefault(member => member.IsLeader)?.State is { } led)
        {
            var ahead = led.Timestamp - Clock.Now;
            Add(checks, "clock", ahead < 1_000_000_000, $"log time is {ahead / 1_000_000} ms ahead of this machine",
                "set the clocks: keyed commands are refused as from the past or the future");
        }
    }

    private static void LookAtDisk(List<JsonObject> checks, string folder)
    {
        if (Directory.Exists(folder))
        {
            var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            Add(checks, "disk", free >= FreeBytesMin, $"{free >> 20} MiB free for {folder}",
                "make room: a member takes nothing more before its disk is full");
        }
    }

    private static void LookAtLog(List<JsonObject> checks, string folder)
    {
        try
        {
            using var log = LogFolder.Open(folder, isLive: true);
            Add(checks, "log", log.Faults.Count == 0,
                $"entries {log.First} to {log.Last}, {log.Faults.Count} damaged ranges, in use: {log.IsInUse}",
                $"'exchange log verify {folder}' names them; the member repairs them from its peers");
        }
        catch (InputException exception)
        {
            Add(checks, "log", isWell: false, exception.Message, "see there");
        }
        catch (StorageException exception)
        {
            Add(checks, "log", isWell: false, exception.Message, "see there");
        }
    }

    private static void Add(List<JsonObject> checks, string name, bool isWell, string found, string advice)
    {
        var row = new JsonObject { ["check"] = name, ["ok"] = isWell, ["found"] = found };
        if (!isWell)
        {
            row["advice"] = advice;
        }

        checks.Add(row);
    }
}
