using Mono.Cecil;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>
/// The only dependencies there may be. The compiled assembly is what counts: a reference that no code uses leaves no
/// trace in it and makes nobody depend on anything.
/// </summary>
internal static class DependencyArrows
{
    public const string Contracts = "Exchange.Rsm.Contracts";
    public const string StateMachine = "Exchange.Rsm.StateMachine";
    public const string Replication = "Exchange.Rsm.Replication";
    public const string Simulation = "Exchange.Rsm.Simulation";

    private const string Ours = "Exchange.Rsm.";

    // Hosts, bench and tests may refer to everything below them, and to packages; nothing refers to them.
    private static readonly Dictionary<string, string[]> AllowedByFolder = new()
    {
        ["contracts"] = [],
        ["statemachine"] = [Contracts],
        ["replication"] = [Contracts],
        ["simulation"] = [Contracts, StateMachine, Replication],
    };

    private static readonly string FrameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    public static bool IsPure(string topFolder) => AllowedByFolder.ContainsKey(topFolder);

    public static bool IsKnown(string topFolder) => IsPure(topFolder) || topFolder is "hosts" or "bench" or "tests";

    /// <summary>What the assembly of a folder refers to and may not.</summary>
    public static IReadOnlyList<string> Violations(string topFolder, AssemblyDefinition assembly)
    {
        IEnumerable<string> references = assembly.MainModule.AssemblyReferences.Select(reference => reference.Name);
        return [.. references.Where(name => !MayRefer(topFolder, name))
            .Select(name => $"{assembly.Name.Name} ({topFolder}/) refers to {name}")];
    }

    /// <summary>What a project file asks for and may not, whether or not the code uses it.</summary>
    public static IReadOnlyList<string> Violations(Project project)
    {
        if (!IsKnown(project.TopFolder))
            return [$"{project.Path}: no such top folder in the design"];
        if (!IsPure(project.TopFolder))
            return [];

        IEnumerable<string> asked = project.ReferencedProjects.Concat(project.ReferencedPackages);
        List<string> violations = [.. asked.Where(name => !MayRefer(project.TopFolder, name))
            .Select(name => $"{project.Path} asks for {name}")];
        if (!project.Says("PureProject"))
            violations.Add($"{project.Path} is not built under BannedSymbols.txt: PureProject is missing");
        if (project.TopFolder != "simulation" && !project.Says("CoreProject"))
            violations.Add($"{project.Path} is not built under BannedSymbols.Cores.txt: CoreProject is missing");
        return violations;
    }

    private static bool MayRefer(string topFolder, string name)
    {
        if (AllowedByFolder.TryGetValue(topFolder, out string[]? allowed))
            return allowed.Contains(name) || (!name.StartsWith(Ours, StringComparison.Ordinal) && IsFramework(name));

        // Above the pure folders: no arrow into bench or the tests, except from bench and the tests themselves.
        bool isTestOrBench = name.StartsWith(Ours, StringComparison.Ordinal)
            && (name.EndsWith(".Tests", StringComparison.Ordinal) || name == Ours + "Bench");
        return !isTestOrBench;
    }

    private static bool IsFramework(string name) => File.Exists(Path.Combine(FrameworkFolder, name + ".dll"));
}
