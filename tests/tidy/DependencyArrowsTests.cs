using System.Xml.Linq;
using Mono.Cecil;

namespace Exchange.Rsm.Tidy.Tests;

public sealed class DependencyArrowsTests
{
    private static readonly IReadOnlyList<Project> Projects = Project.All(Repository.Current);

    [Fact]
    public void Contracts_refers_to_nothing_but_the_framework() => AssertArrows("contracts");

    [Fact]
    public void Statemachine_refers_to_contracts_only() => AssertArrows("statemachine");

    [Fact]
    public void Simulation_refers_to_contracts_statemachine_and_replication_only() => AssertArrows("simulation");

    [Fact]
    [Trait("Covers", "CORE-22")]
    public void Cores_refer_to_no_package_and_so_to_no_database_client()
    {
        foreach (Project project in Projects.Where(one => DependencyArrows.IsPure(one.TopFolder)))
            Findings.None(DependencyArrows.Violations(project));
    }

    [Fact]
    public void Hosts_bench_and_tests_refer_to_no_test_or_bench()
    {
        string[] folders = ["hosts", "bench", "tests"];
        foreach (string folder in folders)
        {
            foreach (Project project in Projects.Where(one => one.TopFolder == folder && File.Exists(one.OutputPath)))
                AssertArrows(project);
        }
    }

    [Fact]
    public void Every_project_stands_in_a_folder_of_the_design_and_in_the_solution()
    {
        string solution = File.ReadAllText(Repository.Current.Absolute("Exchange.Rsm.sln"));
        foreach (Project project in Projects)
        {
            Assert.True(DependencyArrows.IsKnown(project.TopFolder), project.Path);
            Assert.Contains(project.Path.Replace('/', '\\'), solution, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Model_does_not_see_the_state_machine_it_judges()
    {
        using AssemblyDefinition simulation = Read("simulation");
        List<TypeDefinition> model = [.. TypeUses.TypesUnder(simulation.MainModule, "Exchange.Rsm.Simulation.Model")];
        bool hasSource = Repository.Current.Files(".cs")
            .Any(file => file.StartsWith("simulation/Model/", StringComparison.Ordinal));
        Assert.Equal(hasSource, model.Count > 0);
        Findings.None(InstructionRules.UsesOf("Exchange.Rsm.StateMachine", model));
    }

    [Fact]
    public void Planted_arrow_from_contracts_to_the_state_machine_is_found()
    {
        byte[] stateMachine = Snippet.Image("public static int Depth;", DependencyArrows.StateMachine);
        using AssemblyDefinition contracts = Snippet.Compile(
            "public int Depth() => Exchange.Rsm.StateMachine.Subject.Depth;", DependencyArrows.Contracts, stateMachine);
        string violation = Assert.Single(DependencyArrows.Violations("contracts", contracts));
        Assert.Contains("refers to Exchange.Rsm.StateMachine", violation, StringComparison.Ordinal);
    }

    [Fact]
    public void Planted_arrow_from_the_state_machine_to_a_package_is_found()
    {
        byte[] package = Snippet.Image("public static int Rows;", "Npgsql");
        using AssemblyDefinition stateMachine = Snippet.Compile(
            "public int Rows() => Npgsql.Subject.Rows;", DependencyArrows.StateMachine, package);
        Assert.Single(DependencyArrows.Violations("statemachine", stateMachine));
    }

    [Fact]
    public void Planted_use_of_the_state_machine_in_the_model_is_found()
    {
        byte[] stateMachine = Snippet.Image("public class Book { }", DependencyArrows.StateMachine);
        using AssemblyDefinition simulation = Snippet.Compile(
            "private List<Exchange.Rsm.StateMachine.Subject.Book> _books = new();",
            "Exchange.Rsm.Simulation.Model",
            stateMachine);
        Assert.NotEmpty(InstructionRules.UsesOf("Exchange.Rsm.StateMachine", simulation.MainModule.GetTypes()));
    }

    [Theory]
    [InlineData("statemachine/Planted.csproj", "<ProjectReference Include='../bench/Exchange.Rsm.Bench.csproj' />")]
    [InlineData("contracts/Planted.csproj", "<PackageReference Include='Npgsql' />")]
    [InlineData("contracts/Planted.csproj", "<CoreProject>false</CoreProject>")]
    [InlineData("engine/Planted.csproj", "<None />")]
    public void Planted_project_file_that_asks_for_too_much_is_found(string path, string content)
    {
        bool saysCore = content.Contains("CoreProject", StringComparison.Ordinal);
        string flags = "<PureProject>true</PureProject>" + (saysCore ? "" : "<CoreProject>true</CoreProject>");
        XDocument xml = XDocument.Parse($"<Project>{flags}{content}</Project>");
        Assert.Single(DependencyArrows.Violations(new Project(path, "Planted", xml)));
    }

    private static void AssertArrows(string folder) => AssertArrows(Projects.Single(one => one.TopFolder == folder));

    private static void AssertArrows(Project project)
    {
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(project.OutputPath);
        Findings.None(DependencyArrows.Violations(project.TopFolder, assembly));
    }

    private static AssemblyDefinition Read(string folder) =>
        AssemblyDefinition.ReadAssembly(Projects.Single(one => one.TopFolder == folder).OutputPath);
}
