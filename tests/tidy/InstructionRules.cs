using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>
/// What may not be in the compiled cores and cannot be caught by a list of banned names: keywords leave no name in the
/// source, and a foreach calls an enumerator that nobody wrote down.
/// </summary>
internal static class InstructionRules
{
    private static readonly HashSet<string> FloatingTypes =
        ["System.Double", "System.Single", "System.Decimal", "System.Half"];

    private static readonly HashSet<Code> FloatingCodes =
    [
        Code.Ldc_R4, Code.Ldc_R8, Code.Conv_R4, Code.Conv_R8, Code.Conv_R_Un, Code.Ldelem_R4, Code.Ldelem_R8,
        Code.Stelem_R4, Code.Stelem_R8, Code.Ldind_R4, Code.Ldind_R8, Code.Stind_R4, Code.Stind_R8,
    ];

    private static readonly string[] HashTables =
    [
        "System.Collections.Generic.Dictionary`2", "System.Collections.Generic.HashSet`1",
        "System.Collections.Concurrent.ConcurrentDictionary`2", "System.Collections.Hashtable",
        "System.Collections.Frozen.FrozenDictionary`2", "System.Collections.Frozen.FrozenSet`1",
    ];

    private static readonly HashSet<string> UnorderedMembers =
        ["GetEnumerator", "get_Keys", "get_Values", "CopyTo", "get_Items"];

    /// <summary>Floating point and decimal: rounding is the machine's or the library's, amounts are integers.</summary>
    public static IReadOnlyList<string> FloatingPoint(IEnumerable<TypeDefinition> types)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach (TypeDefinition type in types)
        {
            foreach ((string where, TypeReference used) in TypeUses.Of(type))
            {
                if (FloatingTypes.Contains(used.FullName))
                    found.Add($"{where}: uses {used.FullName}");
            }

            foreach ((MethodDefinition method, Instruction instruction) in InstructionsOf(type))
            {
                if (FloatingCodes.Contains(instruction.OpCode.Code))
                    found.Add($"{method.FullName}: {instruction.OpCode.Name}");
            }
        }

        return [.. found];
    }

    /// <summary>Enumeration whose order is not defined, or is hidden behind an interface.</summary>
    public static IReadOnlyList<string> UnorderedEnumeration(IEnumerable<TypeDefinition> types)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach ((MethodDefinition method, Instruction instruction) in types.SelectMany(InstructionsOf))
        {
            if (instruction.Operand is not MethodReference called)
                continue;
            string owner = called.DeclaringType.GetElementType().FullName;
            if (HashTables.Contains(owner) && UnorderedMembers.Contains(called.Name))
                found.Add($"{method.FullName}: enumerates {owner} through {called.Name}");
            if (IsEnumerable(called.DeclaringType) && called.Name == "GetEnumerator")
                found.Add($"{method.FullName}: enumerates through an interface, the order cannot be seen");
            if (called.Parameters.Any(parameter => IsEnumerable(parameter.ParameterType)))
                found.Add($"{method.FullName}: hands an enumerable to {called.FullName}, the order cannot be seen");
        }

        return [.. found];
    }

    /// <summary>Threads, tasks, locks and compiler-made async state machines.</summary>
    public static IReadOnlyList<string> Concurrency(IEnumerable<TypeDefinition> types)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach ((string where, TypeReference used) in types.SelectMany(TypeUses.Of))
        {
            bool isAsync = used.FullName.StartsWith("System.Runtime.CompilerServices.Async", StringComparison.Ordinal)
                || used.FullName == "System.Runtime.CompilerServices.IAsyncStateMachine";
            if (isAsync || TypeUses.IsUnder(TypeUses.NamespaceOf(used), "System.Threading"))
                found.Add($"{where}: uses {used.FullName}");
        }

        return [.. found];
    }

    /// <summary>Types of a namespace that the given types may not see.</summary>
    public static IReadOnlyList<string> UsesOf(string forbiddenNamespace, IEnumerable<TypeDefinition> types)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach ((string where, TypeReference used) in types.SelectMany(TypeUses.Of))
        {
            if (TypeUses.IsUnder(TypeUses.NamespaceOf(used), forbiddenNamespace))
                found.Add($"{where}: uses {used.FullName}");
        }

        return [.. found];
    }

    private static bool IsEnumerable(TypeReference type) => type.GetElementType().FullName
        is "System.Collections.IEnumerable" or "System.Collections.Generic.IEnumerable`1";

    private static IEnumerable<(MethodDefinition Method, Instruction)> InstructionsOf(TypeDefinition type) =>
        from method in type.Methods
        where method.HasBody
        from instruction in method.Body.Instructions
        select (method, instruction);
}
