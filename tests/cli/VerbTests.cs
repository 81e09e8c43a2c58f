using System.CommandLine;
using Exchange.Rsm.Hosts.Cli;

namespace Exchange.Rsm.Cli.Tests;

public sealed class VerbTests
{
    [Fact]
    public void Every_verb_explains_itself_with_an_example_and_has_json()
    {
        var verbs = Verbs(CommandLine.Root(), []).ToArray();
        Assert.True(verbs.Length > 25);
        foreach (var (path, verb) in verbs)
        {
            var help = Shell.Run(0, [.. path, "--help"]);
            Assert.True(verb.Options.Any(option => option.Name == "--json"), string.Join(' ', path));

            var example = $"Example: exchange {string.Join(' ', path)}";
            Assert.True(help.Contains(example, StringComparison.Ordinal), $"no {example}");
        }
    }

    [Fact]
    public void Readme_names_every_verb()
    {
        var readme = File.ReadAllText(Path.Combine(Checkout.Root, "hosts", "cli", "README.md"));
        foreach (var (path, _) in Verbs(CommandLine.Root(), []))
        {
            Assert.True(
                readme.Contains($"`{path[0]}", StringComparison.Ordinal)
                    && readme.Contains(path[^1], StringComparison.Ordinal),
                $"hosts/cli/README.md does not name {string.Join(' ', path)}");
        }
    }

    private static IEnumerable<(string[] Path, Command Verb)> Verbs(Command command, string[] path)
    {
        if (command.Subcommands.Count == 0)
        {
            yield return (path, command);
        }

        foreach (var verb in command.Subcommands)
        {
            foreach (var found in Verbs(verb, [.. path, verb.Name]))
            {
                yield return found;
            }
        }
    }
}
