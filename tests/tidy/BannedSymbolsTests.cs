using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Exchange.Rsm.Tidy.Tests;

public sealed partial class BannedSymbolsTests
{
    private const string ContractsProject = "contracts/Exchange.Rsm.Contracts.csproj";

    private static readonly string[] BuildFiles =
        ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];

    private static readonly Compilation EmptyCompilation =
        CSharpCompilation.Create("Empty", references: Snippet.Framework);

    // One line of code per reason to ban; the build must refuse each. What only the cores may not name is last.
    private static readonly string[] PlantedLines =
    [
        "object _ = DateTime.UtcNow;",
        "object _ = DateTimeOffset.UnixEpoch;",
        "object _ = TimeSpan.Zero;",
        "object _ = TimeProvider.System;",
        "object _ = System.Diagnostics.Stopwatch.GetTimestamp();",
        "object _ = Environment.TickCount64;",
        "object _ = Environment.MachineName;",
        "object _ = new Random(1);",
        "object _ = Guid.NewGuid();",
        "System.Security.Cryptography.RandomNumberGenerator.Fill(new byte[1]);",
        "_ = System.Threading.Tasks.Task.Yield();",
        "System.Threading.Thread.Sleep(1);",
        "object _ = new System.Threading.Lock();",
        "System.Threading.Interlocked.MemoryBarrier();",
        "object _ = new System.Threading.Timer(null!);",
        "object _ = new System.Collections.Concurrent.ConcurrentQueue<int>();",
        "object _ = System.Net.IPAddress.Loopback;",
        "object _ = new System.Net.Sockets.TcpClient();",
        "object _ = System.IO.File.Exists(string.Empty);",
        "object _ = System.IO.Path.Combine(string.Empty, string.Empty);",
        "object _ = System.IO.Directory.Exists(string.Empty);",
        "Console.WriteLine();",
        "object _ = System.Globalization.CultureInfo.CurrentCulture;",
        "object _ = string.Empty.GetHashCode();",
        "object _ = new object().GetHashCode();",
        "object _ = HashCode.Combine(1, 2);",
        "GC.Collect();",
        "object _ = new WeakReference(null);",
        "object _ = typeof(string).GetMethods()[0].Invoke(null, null)!;",
        "object _ = Activator.CreateInstance(typeof(object))!;",
        "_ = System.Linq.Enumerable.Range(0, 1);",
        "object _ = new System.Text.StringBuilder();",
        "object _ = System.IO.Stream.Null;",
    ];

    [Fact]
    public void Planted_use_of_each_kind_of_banned_symbol_fails_the_build()
    {
        using PlantedFolder folder = new();
        string root = Repository.Current.Root;
        foreach (string file in BuildFiles)
            folder.With(file, $"<Project><Import Project=\"{Path.Combine(root, file)}\" /></Project>");
        folder.With(".editorconfig", "root = true\n[*.cs]\ndotnet_diagnostic.RS0030.severity = error\n")
            .With("Planted.csproj", File.ReadAllText(Repository.Current.Absolute(ContractsProject)))
            .With("Planted.cs", PlantedSource());

        (int exitCode, string output) = Shell.Run(folder.Root, "dotnet", "build", "Planted.csproj", "-nologo");

        Assert.NotEqual(0, exitCode);
        HashSet<int> lines = [.. BannedLine().Matches(output).Select(match => int.Parse(match.Groups[1].Value))];
        Findings.None(PlantedLines.Where((_, index) => !lines.Contains(index + 1)));
        Assert.DoesNotContain(PlantedLines.Length + 1, lines);
    }

    [Theory]
    [InlineData("BannedSymbols.txt")]
    [InlineData("BannedSymbols.Cores.txt")]
    public void Every_banned_symbol_exists_and_gives_its_reason(string file)
    {
        foreach (string line in File.ReadAllLines(Repository.Current.Absolute(file)).Where(IsEntry))
        {
            string[] parts = line.Split(';', 2);
            Assert.True(Exists(parts[0]), $"{file}: {parts[0]} names nothing");
            bool hasReason = parts.Length == 2 && parts[1].Length > 10 && parts[1][^1] == '.';
            Assert.True(hasReason, $"{file}: {line} gives no reason");
        }
    }

    [Fact]
    public void A_misspelt_symbol_is_found() => Assert.False(Exists("T:System.DateTimes"));

    private static bool IsEntry(string line) => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal);

    private static bool Exists(string documentationId) =>
        !DocumentationCommentId.GetSymbolsForDeclarationId(documentationId, EmptyCompilation).IsEmpty;

    // One method a line, so that the line of an error is the number of the planted line; the last one is allowed.
    private static string PlantedSource()
    {
        IEnumerable<string> methods = PlantedLines.Append("object _ = long.Max(1, 2);")
            .Select((line, index) => $"internal static class P{index} {{ public static void Run() {{ {line} }} }}");
        return string.Join('\n', methods);
    }

    [GeneratedRegex(@"Planted\.cs\((\d+),\d+\): error RS0030")]
    private static partial Regex BannedLine();
}
