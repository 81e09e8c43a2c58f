using System.Diagnostics;

namespace Exchange.Rsm.Oracle.Tests.PlantedBugs;

/// <summary>
/// A copy of what the command line is built from, in a temporary folder: there a patch is applied, the program built
/// and run, and the patch taken back.
/// </summary>
internal sealed class PatchedCopy : IDisposable
{
    private const string StateMachine = "statemachine/Exchange.Rsm.StateMachine.csproj";
    private const string CommandLine = "hosts/cli/Exchange.Rsm.Hosts.Cli.csproj";
    private const string Library = "Exchange.Rsm.StateMachine.dll";

    private static readonly string[] _folders =
        ["contracts", "statemachine", "replication", "hosts/storage", "hosts/transport", "hosts/client", "hosts/cli"];

    // The house's rules are not what is tested here, and take their time.
    private static readonly string[] _buildOptions =
    [
        "-c", "Release", "-nologo", "-v:quiet", "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false",
        "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-planted-").FullName;

    public PatchedCopy()
    {
        foreach (var file in Directory.EnumerateFiles(Checkout.Root))
        {
            if (Path.GetFileName(file).StartsWith("Directory.", StringComparison.Ordinal)
                || Path.GetFileName(file).StartsWith("BannedSymbols.", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
            }
        }

        foreach (var folder in _folders)
        {
            CopySources(folder);
        }

        Must("dotnet", ["build", CommandLine, .. _buildOptions]);
    }

    private string Output => Path.Combine(_folder, "hosts/cli/bin/Release/net10.0");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Plants a bug, runs the checks, takes the bug out again.</summary>
    public T With<T>(string patch, Func<T> checks)
    {
        Must("git", ["apply", patch]);
        Must("dotnet", ["build", StateMachine, "--no-restore", "--no-dependencies", .. _buildOptions]);
        File.Copy(
            Path.Combine(_folder, "statemachine/bin/Release/net10.0", Library),
            Path.Combine(Output, Library),
            overwrite: true);
        var answer = checks();
        Must("git", ["apply", "--reverse", patch]);
        return answer;
    }

    /// <summary>Runs the program as it is now.</summary>
    public (int Code, string Output) Exchange(params string[] arguments) =>
        Run("dotnet", [Path.Combine(Output, "exchange.dll"), .. arguments]);

    private void CopySources(string folder)
    {
        var source = Path.Combine(Checkout.Root, folder);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(source, file);
            if (name.Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            {
                var target = Path.Combine(_folder, folder, name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }

    private void Must(string program, string[] arguments)
    {
        var (code, output) = Run(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}\n{output}");
    }

    private (int Code, string Output) Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsFromOuterBuild).ToList())
        {
            start.Environment.Remove(name);
        }

        // No servers that outlive the test, and no checkout above the folder.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["GIT_CEILING_DIRECTORIES"] = Path.GetDirectoryName(_folder);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    private static bool IsFromOuterBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("CORECLR_PROFILER", StringComparison.OrdinalIgnoreCase);
}
