using Mono.Cecil;

namespace Exchange.Rsm.Tidy.Tests;

public sealed class InstructionRulesTests
{
    [Theory]
    [InlineData("contracts", "Exchange.Rsm.Contracts")]
    [InlineData("statemachine", "Exchange.Rsm.StateMachine")]
    [InlineData("simulation", "Exchange.Rsm.Simulation.Model")]
    [Trait("Covers", "H-03")]
    public void No_floating_point_is_compiled_into(string folder, string space)
    {
        using AssemblyDefinition assembly = Read(folder);
        Findings.None(InstructionRules.FloatingPoint(TypeUses.TypesUnder(assembly.MainModule, space)));
    }

    [Theory]
    [InlineData("contracts")]
    [InlineData("statemachine")]
    public void No_enumeration_of_a_hash_table_is_compiled_into(string folder)
    {
        using AssemblyDefinition assembly = Read(folder);
        Findings.None(InstructionRules.UnorderedEnumeration(assembly.MainModule.GetTypes()));
    }

    [Theory]
    [InlineData("contracts", "Exchange.Rsm.Contracts")]
    [InlineData("statemachine", "Exchange.Rsm.StateMachine")]
    [InlineData("simulation", "Exchange.Rsm.Simulation.Model")]
    public void No_thread_task_or_async_method_is_compiled_into(string folder, string space)
    {
        using AssemblyDefinition assembly = Read(folder);
        Findings.None(InstructionRules.Concurrency(TypeUses.TypesUnder(assembly.MainModule, space)));
    }

    [Fact]
    public void The_simulated_world_sees_neither_threads_nor_the_program_around_it()
    {
        const string Shell = "Exchange.Rsm.Simulation.Shell";
        using AssemblyDefinition assembly = Read("simulation");
        List<TypeDefinition> world = [.. TypeUses.TypesUnder(assembly.MainModule, "Exchange.Rsm.Simulation")
            .Where(type => !TypeUses.IsUnder(TypeUses.NamespaceOf(type), Shell))];
        Assert.NotEmpty(world);
        Findings.None(InstructionRules.UsesOf(Shell, world));
        Findings.None(InstructionRules.Concurrency(world));
        Findings.None(InstructionRules.FloatingPoint(world));
    }

    [Theory]
    [InlineData("contracts", "Exchange.Rsm.Contracts")]
    [InlineData("statemachine", "Exchange.Rsm.StateMachine")]
    public void All_types_of_a_core_are_in_the_namespace_that_is_searched(string folder, string space)
    {
        using AssemblyDefinition assembly = Read(folder);
        Assert.All(
            assembly.MainModule.GetTypes().Select(TypeUses.NamespaceOf).Where(name => name.Length > 0),
            name => Assert.True(IsCompilers(name) || TypeUses.IsUnder(name, space), name));
    }

    [Theory]
    [InlineData("private double _price = 0; public void Set() => _price++;")]
    [InlineData("public float Price() => 0;")]
    [InlineData("public void Take(List<decimal[]> prices) { }")]
    [InlineData("public long Half(long value) => (long)(value * 0.5);")]
    [InlineData("public long Root(long value) => (long)Math.Sqrt(value);")]
    [InlineData("public string Text(long value) => ((decimal)value).ToString();")]
    [InlineData("public double[] Prices = new double[4];")]
    [InlineData("public T Sum<T>(T left) where T : IComparable<double> => left;")]
    public void Planted_floating_point_is_found(string members)
    {
        using AssemblyDefinition assembly = Snippet.Compile(members);
        Assert.NotEmpty(InstructionRules.FloatingPoint(assembly.MainModule.GetTypes()));
    }

    [Theory]
    [InlineData("public int Sum(Dictionary<int, int> of) { foreach (var one in of) return one.Value; return 0; }")]
    [InlineData("public int Sum(Dictionary<int, int> of) { foreach (int one in of.Values) return one; return 0; }")]
    [InlineData("public int Sum(HashSet<int> of) { int s = 0; foreach (int one in of) s += one; return s; }")]
    [InlineData("public int Sum(IEnumerable<int> of) { int s = 0; foreach (int one in of) s += one; return s; }")]
    [InlineData("public int[] Copy(HashSet<int> of) { int[] to = new int[of.Count]; of.CopyTo(to); return to; }")]
    [InlineData("public List<int> Copy(HashSet<int> of) => new List<int>(of);")]
    public void Planted_enumeration_of_a_hash_table_is_found(string members)
    {
        using AssemblyDefinition assembly = Snippet.Compile(members);
        Assert.NotEmpty(InstructionRules.UnorderedEnumeration(assembly.MainModule.GetTypes()));
    }

    [Theory]
    [InlineData("public Task Wait() => null;")]
    [InlineData("public Task<int> Wait() => null;")]
    [InlineData("public async void Wait() { await Task.Yield(); }")]
    [InlineData("public async ValueTask<int> Wait() { return 1; }")]
    [InlineData("private readonly object _gate = new(); public void Enter() { lock (_gate) { } }")]
    public void Planted_concurrency_is_found(string members)
    {
        using AssemblyDefinition assembly = Snippet.Compile(members);
        Assert.NotEmpty(InstructionRules.Concurrency(assembly.MainModule.GetTypes()));
    }

    [Fact]
    public void Lookups_and_loops_over_arrays_and_lists_are_not_findings()
    {
        const string Members = """
            private readonly Dictionary<long, int> _slots = new();
            public int Sum(List<int> of) { int s = 0; foreach (int one in of) s += one; return s; }
            public int Find(long id) => _slots.TryGetValue(id, out int slot) ? slot : -1;
            public void Put(long id, int slot) { _slots.Add(id, slot); _slots.Remove(id); }
            public Int128 Notional(long price, long quantity) => (Int128)price * quantity;
            """;
        using AssemblyDefinition assembly = Snippet.Compile(Members);
        Findings.None(InstructionRules.FloatingPoint(assembly.MainModule.GetTypes()));
        Findings.None(InstructionRules.UnorderedEnumeration(assembly.MainModule.GetTypes()));
        Findings.None(InstructionRules.Concurrency(assembly.MainModule.GetTypes()));
    }

    // Attributes that the compiler writes into the assembly itself.
    private static bool IsCompilers(string name) =>
        name is "System.Runtime.CompilerServices" or "Microsoft.CodeAnalysis";

    private static AssemblyDefinition Read(string folder) => AssemblyDefinition.ReadAssembly(
        Project.All(Repository.Current).Single(one => one.TopFolder == folder).OutputPath);
}
