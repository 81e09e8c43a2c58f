using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>One requirement of this layer: its id, what it asks for, and why it is not (all) tested yet.</summary>
internal sealed record Requirement(string Id, string What, string? Open)
{
    public const string NotYet = "not yet tested";

    private const string OpenMark = "open:";

    public static Requirement Parse(string line)
    {
        string[] parts = line.Split('|', StringSplitOptions.TrimEntries);
        bool isWhole = parts.Length is 2 or 3 && parts[0].Length > 0 && parts[1].Length > 0;
        if (!isWhole || (parts.Length == 3 && !parts[2].StartsWith(OpenMark, StringComparison.Ordinal)))
            throw new FormatException($"not 'id | what' or 'id | what | {OpenMark} reason': {line}");
        return new Requirement(parts[0], parts[1], parts.Length == 3 ? parts[2][OpenMark.Length..].Trim() : null);
    }

    public override string ToString() => Open is null ? $"{Id} | {What}" : $"{Id} | {What} | {OpenMark} {Open}";
}

/// <summary>Which requirement is covered by which test, read from the attributes in the sources of the tests.</summary>
internal sealed class Coverage
{
    private readonly SortedDictionary<string, SortedSet<string>> _testsById = new(StringComparer.Ordinal);

    public Coverage(IEnumerable<Requirement> requirements, IEnumerable<string> sources)
    {
        Requirements = [.. requirements];
        foreach (string source in sources)
            ReadSource(source);
    }

    public IReadOnlyList<Requirement> Requirements { get; }

    public static Coverage Of(Repository repository) => new(
        File.ReadAllLines(repository.Absolute("tests/tidy/coverage-ids.txt")).Where(line => line.Length > 0)
            .Select(Requirement.Parse),
        repository.Files(".cs").Where(file => file.StartsWith("tests/", StringComparison.Ordinal))
            .Select(file => File.ReadAllText(repository.Absolute(file))));

    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        foreach (Requirement requirement in Requirements)
        {
            bool isTested = _testsById.ContainsKey(requirement.Id);
            if (!isTested && string.IsNullOrEmpty(requirement.Open))
                problems.Add($"{requirement.Id} has neither a test nor a reason to be open");
            if (IsOutdated(requirement))
                problems.Add($"{requirement.Id} is tested and still marked as {Requirement.NotYet}");
        }

        HashSet<string> known = [.. Requirements.Select(requirement => requirement.Id)];
        problems.AddRange(_testsById.Keys.Where(id => !known.Contains(id))
            .Select(id => $"{id} is named by a test and unknown"));
        if (known.Count != Requirements.Count)
            problems.Add("an id is listed twice");
        return problems;
    }

    /// <summary>The list of ids without the marks that a test has made untrue.</summary>
    public IReadOnlyList<string> UpdatedIds() =>
    [
        .. Requirements
            .Select(one => IsOutdated(one) ? one with { Open = null } : one)
            .Select(one => one.ToString()),
    ];

    public string ToMarkdown()
    {
        int tested = Requirements.Count(one => _testsById.ContainsKey(one.Id));
        int open = Requirements.Count(one => one.Open is not null && !_testsById.ContainsKey(one.Id));
        int partly = Requirements.Count(one => one.Open is not null && _testsById.ContainsKey(one.Id));
        StringBuilder text = new();
        text.Append("# Coverage of the requirements\n\n");
        text.Append("Generated from `tidy/coverage-ids.txt` and the `Covers` traits of the tests; ");
        text.Append("`README.md` says how to renew it.\n\n");
        text.Append($"{Requirements.Count} requirements: {tested} tested, {partly} of them in part; {open} open.\n\n");
        text.Append("| Id | What | Tests |\n|---|---|---|\n");
        foreach (Requirement one in Requirements)
        {
            List<string> cells = [.. _testsById.GetValueOrDefault(one.Id, []).Select(test => $"`{test}`")];
            if (one.Open is not null)
                cells.Add($"open: {one.Open}");
            text.Append($"| {one.Id} | {one.What} | {string.Join("<br>", cells)} |\n");
        }

        return text.ToString();
    }

    private bool IsOutdated(Requirement requirement) =>
        requirement.Open == Requirement.NotYet && _testsById.ContainsKey(requirement.Id);

    // A trait on what no runner calls, or on what it skips, shows nothing.
    private static bool IsRun(MethodDeclarationSyntax method)
    {
        List<AttributeSyntax> tests = [.. method.AttributeLists.SelectMany(list => list.Attributes)
            .Where(one => one.Name.ToString() is "Fact" or "Theory")];
        return tests.Count > 0 && !tests.Any(one => one.ArgumentList?.Arguments
            .Any(argument => argument.NameEquals?.Name.Identifier.Text == "Skip") ?? false);
    }

    private void ReadSource(string source)
    {
        CSharpParseOptions options = new(LanguageVersion.Preview);
        foreach (AttributeSyntax attribute in CSharpSyntaxTree.ParseText(source, options).GetRoot()
            .DescendantNodes().OfType<AttributeSyntax>())
        {
            List<string> arguments = [.. attribute.ArgumentList?.Arguments
                .Select(argument => argument.Expression).OfType<LiteralExpressionSyntax>()
                .Select(literal => literal.Token.ValueText) ?? []];
            bool isCovers = attribute.Name.ToString() == "Trait" && arguments.Count == 2 && arguments[0] == "Covers";
            if (!isCovers || attribute.Parent?.Parent is not MethodDeclarationSyntax method || !IsRun(method))
                continue;
            string subject = ((BaseTypeDeclarationSyntax)method.Parent!).Identifier.Text;
            if (!_testsById.TryGetValue(arguments[1], out SortedSet<string>? tests))
                _testsById.Add(arguments[1], tests = new SortedSet<string>(StringComparer.Ordinal));
            tests.Add($"{subject}.{method.Identifier.Text}");
        }
    }
}
