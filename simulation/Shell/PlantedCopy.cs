using System.Diagnostics;
using System.IO;
using Exchange.Rsm.Simulation.Mutants;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// A copy of the simulator's sources and of all that it is built from, in a temporary folder, with every bug planted
/// and built once. Each run names the bug that shall be there.
/// </summary>
internal sealed class PlantedCopy : IDisposable
{
    private const string Project = "simulation/Exchange.Rsm.Simulation.csproj";
    private const string Program = "simulation/bin/Release/net10.0/Exchange.Rsm.Simulation.dll";

    private static readonly string[] _folders = ["contracts", "statemachine", "replication", "simulation"];

    // The house's rules are not what is tested here, and take their time.
    private static readonly string[] _buildOptions =
    [
        "-c", "Release", "-nologo", "-v:quiet", "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false",
        "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false",
    ];

    private readonly string _root;
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-mutants-").FullName;

    private PlantedCopy(string root) => _root = root;

    public MutantSet Set { get; } = new();

    /// <summary>Makes the copy and builds it.</summary>
    /// <exception cref="FormatException">A bug does not apply.</exception>
    public static PlantedCopy Make()
    {
        var copy = new PlantedCopy(FindRoot());
        try
        {
            copy.Fill();
            copy.Must("dotnet", ["build", Project, .. _buildOptions]);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>The bugs, without a copy.</summary>
    public static MutantSet ReadSet()
    {
        var set = new MutantSet();
        var folder = Path.Combine(FindRoot(), "simulation", "Mutants");
        foreach (var file in Directory.EnumerateFiles(folder, "*.mutants").Order(StringComparer.Ordinal))
        {
            set.Read(File.ReadAllText(file));
        }

        return set;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs the program with a bug in it; −1: with none.</summary>
    public (int Code, string Output) Run(int mutant, params string[] arguments) =>
        Run("dotnet", [Path.Combine(_folder, Program), .. arguments], mutant);

    private void Fill()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_root, "simulation", "Mutants"), "*.mutants")
            .Order(StringComparer.Ordinal))
        {
            Set.Read(File.ReadAllText(file));
        }

        foreach (var file in Directory.EnumerateFiles(_root))
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

        foreach (var file in Set.Files.ToList())
        {
            var path = Path.Combine(_folder, file);
            File.WriteAllText(path, Set.Plant(file, File.ReadAllText(path)));
        }

        if (Set.Unplanted().FirstOrDefault() is { } forgotten)
        {
            throw new FormatException($"the mutant {forgotten} is planted nowhere");
        }

        File.WriteAllText(Path.Combine(_folder, MutantSet.PlantedFile), MutantSet.PlantedSource);
    }

    private void CopySources(string folder)
    {
        var source = Path.Combine(_root, folder);
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
        var (code, output) = Run(program, arguments, -1);
        if (code != 0)
        {
            throw new IOException($"{program} {string.Join(' ', arguments)} ended with {code}\n{output}");
        }
    }

    private (int Code, string Output) Run(string program, string[] arguments, int mutant)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // No servers that outlive the run, and nothing of a build around this one.
        foreach (var name in start.Environment.Keys.Where(IsOfOuterBuild).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["EXCHANGE_PLANTED"] = mutant.ToString();
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    private static bool IsOfOuterBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("CORECLR_PROFILER", StringComparison.OrdinalIgnoreCase);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Exchange.Rsm.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new IOException("the sources are not here: mutants are built from a checkout");
    }
}
