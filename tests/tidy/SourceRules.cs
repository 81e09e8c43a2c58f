using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>The limits and the words of the house, read from one source file.</summary>
internal static partial class SourceRules
{
    public const int FileLinesMax = 600;
    public const int MethodLinesMax = 70;
    public const int LineLengthMax = 120;

    // Recorded data that is no part of the project may be absent: only there may a test end as skipped.
    private const string OutsideData = "tests/oracle/OutsideData/";

    private static readonly HashSet<string> Waits =
        ["Thread.Sleep", "Thread.SpinWait", "Task.Delay", "SpinWait.SpinUntil"];

    /// <summary>One sentence for each break, beginning with file and line.</summary>
    public static IReadOnlyList<string> Violations(string path, string source)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview));
        SyntaxNode root = tree.GetRoot();
        List<string> violations = [.. Lengths(path, source), .. Methods(path, root), .. Trivia(path, root)];
        if (path.StartsWith("tests/", StringComparison.Ordinal))
            violations.AddRange(TestHabits(path, root));
        return violations;
    }

    private static IEnumerable<string> Lengths(string path, string source)
    {
        string[] lines = source.TrimEnd('\n').Split('\n');
        if (lines.Length > FileLinesMax)
            yield return $"{path}: {lines.Length} lines, {FileLinesMax} are allowed";
        for (int index = 0; index < lines.Length; index++)
        {
            if (lines[index].Length > LineLengthMax)
                yield return $"{path}({index + 1}): {lines[index].Length} columns, {LineLengthMax} are allowed";
        }
    }

    private static IEnumerable<string> Methods(string path, SyntaxNode root)
    {
        IEnumerable<SyntaxNode> bodies = root.DescendantNodes().Where(node =>
            node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax);
        foreach (SyntaxNode body in bodies)
        {
            FileLinePositionSpan span = body.GetLocation().GetLineSpan();
            int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (lines > MethodLinesMax)
                yield return $"{At(path, body.GetLocation())}: a method of {lines} lines, {MethodLinesMax} are allowed";
        }

        List<GlobalStatementSyntax> statements = [.. root.ChildNodes().OfType<GlobalStatementSyntax>()];
        if (statements.Count == 0)
            yield break;
        int first = statements[0].GetLocation().GetLineSpan().StartLinePosition.Line;
        int last = statements[^1].GetLocation().GetLineSpan().EndLinePosition.Line;
        if (last - first + 1 > MethodLinesMax)
            yield return $"{path}: top-level statements of {last - first + 1} lines, {MethodLinesMax} are allowed";
    }

    private static IEnumerable<string> Trivia(string path, SyntaxNode root)
    {
        foreach (SyntaxTrivia trivia in root.DescendantTrivia())
        {
            string text = trivia.ToFullString();
            if (trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
                yield return $"{At(path, trivia.GetLocation())}: #region";
            else if (trivia.IsKind(SyntaxKind.PragmaWarningDirectiveTrivia) && !PragmaWithReason().IsMatch(text))
                yield return $"{At(path, trivia.GetLocation())}: a warning is disabled and no reason is given";
            else if (IsComment(trivia) && Promise().IsMatch(text) && !PromiseWithReason().IsMatch(text))
                yield return $"{At(path, trivia.GetLocation())}: a promise without an owner and a reason";
        }
    }

    private static IEnumerable<string> TestHabits(string path, SyntaxNode root)
    {
        foreach (MemberAccessExpressionSyntax access in root.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            string name = $"{access.Expression.ToString().Split('.')[^1]}.{access.Name.Identifier.Text}";
            if (Waits.Contains(name))
                yield return $"{At(path, access.GetLocation())}: {name}, tests wait for nothing";
            if (name.StartsWith("Assert.Skip", StringComparison.Ordinal)
                && !path.StartsWith(OutsideData, StringComparison.Ordinal))
                yield return $"{At(path, access.GetLocation())}: {name}, tests are not skipped";
        }

        foreach (AttributeArgumentSyntax argument in root.DescendantNodes().OfType<AttributeArgumentSyntax>())
        {
            string? name = argument.NameEquals?.Name.Identifier.Text;
            if (name is "Skip" or "SkipWhen" or "SkipUnless" or "Explicit")
                yield return $"{At(path, argument.GetLocation())}: {name}, tests are not skipped";
        }
    }

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia);

    private static string At(string path, Location location) =>
        $"{path}({location.GetLineSpan().StartLinePosition.Line + 1})";

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Promise();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\([^)]+\): .{10,}")]
    private static partial Regex PromiseWithReason();

    [GeneratedRegex(@"^#pragma warning (restore\b|disable .*// .{10,})")]
    private static partial Regex PragmaWithReason();
}
