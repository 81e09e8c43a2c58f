using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Exchange.Rsm.Replication.Tests.Wal;

/// <summary>
/// Are the suites any good? Bugs that a log can have are planted in its sources, one after the other, compiled together
/// with the suites, and each must be noticed.
/// </summary>
public sealed class PlantedWalBugTests(ITestOutputHelper output)
{
    private static readonly string[] _suites = ["PowerCutRun", "DamageRun"];

    private static readonly string[] _harness =
    [
        "Disk/IDrivenDisk.cs", "Disk/PowerCutDisk.cs", "Wal/LogDriver.cs", "Wal/PowerCutRun.cs", "Wal/DamageRun.cs",
    ];

    private static readonly (string Name, string File, string Right, string Wrong)[] _bugs =
    [
        ("acknowledged before the disk has answered", "GroupWriter.cs",
            "        _disk.Submit(_write);",
            "        _disk.Submit(_write); DurableTicket = Math.Max(DurableTicket, group.Ticket);"),
        ("a group begins in the last sector of the one before", "GroupWriter.cs",
            "_tailOffset += group.Footprint;",
            "_tailOffset += group.Footprint > IDisk.Sector ? group.Footprint - IDisk.Sector : group.Footprint;"),
        ("a torn end is taken for whole", "GroupReplay.cs",
            "        if (!isWhole)\n        {\n            Find(WalFindingKind.TornTail",
            "        if (!isWhole && body.Length < 0)\n        {\n            Find(WalFindingKind.TornTail"),
        ("a bad checksum in the middle cuts the log", "GroupReplay.cs",
            "            ApplyDamaged(body, in next.Before);", "            State = next.Before;"),
        ("what follows a torn end is written behind it", "Recovery.cs",
            "(isWhole ? _pending.Footprint : 0)", "_pending.Footprint"),
        ("a checksum is not looked at", "GroupReplay.cs",
            "|| record.Checksum != RecordHeader.ChecksumOf(record.Kind, content, checksum))",
            "|| record.Checksum == 1)"),
        ("a vote is not written", "WriteAheadLog.cs",
            "        group.AddHardState(state);\n", ""),
        ("segments are released that are still needed", "WriteAheadLog.cs",
            "_map.HighestIn(oldest) > floor || IsRead(oldest)", "IsRead(oldest)"),
        ("a truncation is not replayed", "GroupReplay.cs",
            "ApplyTruncation(MemoryMarshal.Read<TruncationRecord>(content));",
            "State.Truncate(MemoryMarshal.Read<TruncationRecord>(content), _group.Sequence);"),
        ("a truncated entry is found again", "LogMap.cs",
            "_marks.RemoveRange(LowerBound(from), _marks.Count - LowerBound(from));", ""),
    ];

    [Fact]
    [Trait("Covers", "DUR-01")]
    public void The_suites_notice_every_planted_bug_of_the_log()
    {
        Assert.Equal("", Noticed(_bugs[0] with { Wrong = _bugs[0].Right }));
        foreach (var bug in _bugs)
        {
            var noticed = Noticed(bug);
            output.WriteLine($"{bug.Name}: {noticed}");
            Assert.True(noticed.Length > 0, $"{bug.Name}: not noticed");
        }
    }

    private static string Noticed((string Name, string File, string Right, string Wrong) bug)
    {
        using var image = Compile(bug);
        var context = new AssemblyLoadContext(bug.Name, isCollectible: true);
        var assembly = context.LoadFromStream(image);
        var noticed = "";
        for (var i = 0; i < _suites.Length && noticed.Length == 0; i++)
        {
            var suite = _suites[i];
            var type = assembly.GetType($"Exchange.Rsm.Replication.Tests.Wal.{suite}", throwOnError: true)!;
            try
            {
                noticed += (string)type.GetMethod("RunOnce")!.Invoke(null, null)!;
            }
            catch (System.Reflection.TargetInvocationException exception)
            {
                noticed += exception.InnerException!.GetType().Name;
            }
        }

        context.Unload();
        return noticed;
    }

    private static MemoryStream Compile((string Name, string File, string Right, string Wrong) bug)
    {
        var root = Checkout.Root;
        var sources = Directory.EnumerateFiles(Path.Combine(root, "replication/Wal"), "*.cs")
            .Concat(Directory.EnumerateFiles(Path.Combine(root, "replication/Disk"), "*.cs"))
            .Concat(_harness.Select(file => Path.Combine(root, "tests/replication", file)));
        const string Usings = "global using System; global using System.Collections.Generic; global using System.Linq;";
        var trees = new List<SyntaxTree> { CSharpSyntaxTree.ParseText(Usings, new(LanguageVersion.Preview)) };
        var isPlanted = false;
        foreach (var file in sources)
        {
            var text = File.ReadAllText(file);
            if (Path.GetFileName(file) == bug.File)
            {
                isPlanted |= text.Contains(bug.Right, StringComparison.Ordinal);
                text = text.Replace(bug.Right, bug.Wrong, StringComparison.Ordinal);
            }

            trees.Add(CSharpSyntaxTree.ParseText(text, new(LanguageVersion.Preview)));
        }

        Assert.True(isPlanted, $"{bug.Name}: {bug.File} does not say that any more");
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Exchange.Rsm.Replication", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            allowUnsafe: true,
            checkOverflow: true,
            optimizationLevel: OptimizationLevel.Release,
            nullableContextOptions: NullableContextOptions.Enable);
        var image = new MemoryStream();
        var result = CSharpCompilation.Create("Planted", trees, references, options).Emit(image);
        Assert.True(
            result.Success,
            string.Join('\n', result.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error)));
        image.Position = 0;
        return image;
    }
}
