using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Storage.Portable;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Hosts.Cli;

/// <summary>The verbs that move snapshots between a member's store and portable files.</summary>
internal static class SnapshotVerb
{
    private const string Values =
        """
        Prints one line: index= term= epoch= cluster= timestamp= records= bytes= state_hash= event_chain_hash=
        chain_hash= sha256=, the last being the digest of the stream. A bad file is named with what is wrong and where.
        """;

    private const string ExportText =
        $"""
        Writes a snapshot of a stopped member to one file.

        FOLDER is the member's folder of snapshots, FILE the file to write; one of that name is replaced once the new
        one is whole. The same index gives the same bytes on every member.

        {Values}

        Example: exchange snapshot export data/snapshots state.snapshot
        """;

    private const string ListText =
        """
        Lists the snapshots of a stopped member, newest first. FOLDER is the member's folder of snapshots.

        Example: exchange snapshot list data/snapshots
        """;

    private const string VerifyText =
        $"""
        Reads a snapshot file from end to end: the manifest's checksums, each record's checksum, their order and number,
        the digest; then restores a machine from it and compares state hash, index and event-chain hash.

        {Values}

        Example: exchange snapshot verify state.snapshot
        """;

    private const string ImportText =
        $"""
        Verifies a snapshot file, as verify does, and makes it the only snapshot of a store. The folder must be new or
        hold no snapshot; a file that is damaged in any way is refused with the reason, and nothing is left behind.

        {Values}

        Example: exchange snapshot import state.snapshot data/snapshots
        """;

    private static readonly Argument<string> _folder = new("FOLDER") { Description = "A member's snapshots." };

    private static readonly Argument<string> _file = new("FILE") { Description = "The snapshot file." };

    private static readonly Option<ulong?> _index = new("--index")
    {
        Description = "Which snapshot; otherwise the newest.",
        HelpName = "INDEX",
    };

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "Prints one JSON object instead of the line.",
    };

    public static Command Create()
    {
        var export = new Command("export", ExportText) { _folder, _file, _index, _json };
        export.SetAction(parsed => Do(parsed, () =>
        {
            using var tool = OpenStore(parsed);
            return [tool.Export(parsed.GetValue(_index), parsed.GetRequiredValue(_file))];
        }));
        var verify = new Command("verify", VerifyText) { _file, _json };
        verify.SetAction(parsed => Do(parsed, () => [Verify(parsed.GetRequiredValue(_file)).Manifest]));
        var import = new Command("import", ImportText) { _file, _folder, _json };
        import.SetAction(parsed => Do(parsed, () =>
        {
            // Before the store is so much as opened.
            Verify(parsed.GetRequiredValue(_file));
            using var tool = new SnapshotStoreTool(parsed.GetRequiredValue(_folder));
            return [tool.Import(parsed.GetRequiredValue(_file))];
        }));
        var list = new Command("list", ListText) { _folder, _json };
        list.SetAction(parsed => Do(parsed, () =>
        {
            using var tool = OpenStore(parsed);
            return [.. tool.List];
        }));
        return new Command("snapshot", "Lists, exports, verifies and imports snapshots as single files.")
        {
            list, export, verify, import,
        };
    }

    private static SnapshotStoreTool OpenStore(ParseResult parsed)
    {
        var folder = parsed.GetRequiredValue(_folder);
        return Directory.Exists(folder)
            ? new SnapshotStoreTool(folder)
            : throw new InputException($"{folder}: no such folder. Check the path.");
    }

    /// <summary>A machine restored from a file, all of it checked.</summary>
    /// <exception cref="InputException">The file is absent, damaged, or no snapshot.</exception>
    public static (ExchangeMachine Machine, SnapshotManifest Manifest) Restore(string file)
    {
        try
        {
            return Verify(file);
        }
        catch (PortableSnapshotException exception)
        {
            throw new InputException(exception.Message);
        }
    }

    private static (ExchangeMachine Machine, SnapshotManifest Manifest) Verify(string file)
    {
        var machine = new ExchangeMachine();
        var restore = machine.BeginRestore();
        var manifest = PortableSnapshot.Read(file, restore);
        ref readonly var header = ref manifest.Header;
        if (!restore.TryEnd(header.StateHash))
        {
            throw new PortableSnapshotException(
                SnapshotFault.StateHash, $"{file}: {SnapshotFault.StateHash}: the records do not add up to it");
        }

        return machine.AppliedIndex == header.Index && machine.EventChainHash == header.EventChainHash
            ? (machine, manifest)
            : throw new PortableSnapshotException(
                SnapshotFault.Position, $"{file}: {SnapshotFault.Position}: the restored machine stands elsewhere");
    }

    private static int Do(ParseResult parsed, Func<IReadOnlyList<SnapshotManifest>> action)
    {
        try
        {
            foreach (var manifest in action())
            {
                Print(parsed, manifest);
            }

            return ExitCode.Done;
        }
        catch (PortableSnapshotException exception)
        {
            throw new InputException(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException(exception.Message);
        }
    }

    private static void Print(ParseResult parsed, SnapshotManifest manifest)
    {
        ref readonly var header = ref manifest.Header;
        var values = new JsonObject
        {
            ["index"] = header.Index,
            ["term"] = header.Term,
            ["epoch"] = header.Epoch,
            ["cluster"] = header.ClusterId.ToString("x32", null),
            ["timestamp"] = header.Timestamp,
            ["records"] = header.RecordCount,
            ["bytes"] = header.Length,
            ["state_hash"] = header.StateHash.ToString("x16", null),
            ["event_chain_hash"] = header.EventChainHash.ToString("x16", null),
            ["chain_hash"] = header.ChainHash.ToString(),
            ["sha256"] = header.Digest.ToString(),
        };
        parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(_json)
            ? values.ToJsonString()
            : string.Join(' ', values.Select(value => $"{value.Key}={value.Value}")));
    }
}
