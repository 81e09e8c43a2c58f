using Exchange.Rsm.Simulation.Mutants;
using Exchange.Rsm.Simulation.Shell;

namespace Exchange.Rsm.Simulation.Tests.Mutants;

/// <summary>
/// Do the worlds find what they are made to find? Every bug is planted in one copy of the sources, and a few of them
/// are run; all of them are `mutants`, which takes longer.
/// </summary>
public sealed class PlantedCopyTests(ITestOutputHelper output)
{
    // Of each area one that is found within a few schedules.
    private static readonly string[] _hunted =
        ["election_by_half", "acknowledged_before_fsync", "sessions_not_in_snapshot", "no_deduplication"];

    // Bugs of elections and of the log, that the explorer has to find as well.
    private static readonly string[] _explored =
    [
        "election_by_half", "vote_not_durable", "vote_reply_before_fsync", "acknowledged_before_fsync",
        "commit_by_half", "optimistic_match",
    ];

    [Fact]
    public void Every_bug_applies_and_is_built_and_some_are_found_by_the_worlds_and_by_the_explorer()
    {
        using var copy = PlantedCopy.Make();
        foreach (var mutant in copy.Set.Mutants.Where(mutant => _hunted.Contains(mutant.Name)))
        {
            var result = MutantResult.Of(
                mutant, copy.Run(mutant.Number, "hunt", "--schedules", "2000", "--ranges", "1").Output);
            Assert.True(result.IsFound, $"{mutant.Name} is not found");
            Assert.True(result.Reached > 0, $"{mutant.Name} is not reached");
        }

        foreach (var mutant in copy.Set.Mutants.Where(mutant => _explored.Contains(mutant.Name)))
        {
            var (code, said) = copy.Run(mutant.Number, "explore", "--states", "300000");
            output.WriteLine($"{mutant.Name}\n{said}");
            Assert.Equal(SimulatorProgram.Failed, code);
            Assert.Contains("FAILED", said, StringComparison.Ordinal);
        }

        var honest = copy.Run(-1, "hunt", "--schedules", "300", "--ranges", "1").Output;
        Assert.Contains("range 0 schedules 300 found", honest, StringComparison.Ordinal);
        Assert.Contains("reached 0", honest, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_as_many_bugs_as_asked_for_and_each_is_planted_somewhere()
    {
        var set = PlantedCopy.ReadSet();
        Assert.Empty(set.Unplanted());
        Assert.True(set.Mutants.Count(mutant => !mutant.IsNull) >= 60);
        Assert.Equal(3, set.Mutants.Count(mutant => mutant.IsNull));
        Assert.Equal(5, set.Mutants.Count(mutant => mutant.Set == "library"));
    }

    [Fact]
    public void A_hunk_whose_lines_are_not_there_or_twice_there_is_refused()
    {
        var set = new MutantSet();
        set.Read("mutant wrong own log protocol: something\nin a.cs\n- x = 1;\n+ x = PLANTED(wrong) ? 2 : 1;\n");
        Assert.Contains("Planted.Is(0)", set.Plant("a.cs", "y = 0;\n    x = 1;\n"), StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => set.Plant("a.cs", "x = 3;\n"));
        Assert.Throws<FormatException>(() => set.Plant("a.cs", "x = 1;\nx = 1;\n"));
    }

    [Fact]
    public void A_mutant_that_no_hunk_names_is_told() =>
        Assert.Equal(["lost"], Read("mutant lost own log protocol: nothing\n").Unplanted());

    [Fact]
    public void What_the_program_writes_is_read_back()
    {
        var mutant = Read("mutant m own log protocol: it\n").Mutants[0];
        var result = MutantResult.Of(
            mutant, "range 0 schedules 7 found one leader a term\nrange 1 schedules 9 found \nreached 12\n");
        Assert.Equal([7, 9], result.Schedules);
        Assert.Equal(["one leader a term", ""], result.Checkers);
        Assert.False(result.IsFound);
        Assert.Equal(12, result.Reached);
        Assert.Throws<FormatException>(() => MutantResult.Of(mutant, "it broke"));
    }

    private static MutantSet Read(string text)
    {
        var set = new MutantSet();
        set.Read(text);
        return set;
    }
}
