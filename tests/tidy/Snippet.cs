using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Mono.Cecil;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>Compiles a few lines in memory, to plant in an assembly what a checker must find.</summary>
internal static class Snippet
{
    public static readonly IReadOnlyList<MetadataReference> Framework =
        [.. Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll")
            .Where(IsManaged)
            .Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>The members stand in a class of the given namespace.</summary>
    public static AssemblyDefinition Compile(string members, string name = "Planted", params byte[][] references) =>
        AssemblyDefinition.ReadAssembly(new MemoryStream(Image(members, name, references)));

    public static byte[] Image(string members, string name, params byte[][] references)
    {
        string source = $$"""
            using System;
            using System.Collections;
            using System.Collections.Generic;
            using System.Threading.Tasks;
            namespace {{name}};
            public class Subject
            {
                {{members}}
            }
            """;
        CSharpCompilation compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(source)],
            [.. Framework, .. references.Select(image => MetadataReference.CreateFromImage(image))],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using MemoryStream stream = new();
        Assert.Empty(compilation.Emit(stream).Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error));
        return stream.ToArray();
    }

    private static bool IsManaged(string path)
    {
        try
        {
            System.Reflection.AssemblyName.GetAssemblyName(path);
            return true;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
