using System.IO;
using System.Threading;
using Exchange.Rsm.Simulation.Mutants;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// `mutants`: a checker that never fails is a defect. Each planted bug must be reached, and found in every range of
/// seeds; what plants nothing must find nothing.
/// </summary>
internal static class MutantsVerb
{
    private const long NullSchedules = 20_000;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(
            arguments, ["only", "set", "area", "profile", "schedules", "ranges", "seconds", "jobs", "table"], []);
        var known = PlantedCopy.ReadSet().Mutants;
        List<Mutant> wanted = [.. known.Where(mutant =>
            (options.Get("only")?.Split(',').Contains(mutant.Name) ?? true)
            && (options.Get("set") ?? mutant.Set) == mutant.Set
            && (options.Get("area") ?? mutant.Area) == mutant.Area
            && (options.Get("profile") ?? mutant.Profile) == mutant.Profile)];
        if (wanted.Count == 0)
        {
            throw new UsageException($"no such mutant; there are {string.Join(' ', known.Select(one => one.Name))}");
        }

        var unbuilt = wanted.RemoveAll(mutant => !HasWorld(mutant));
        using var copy = PlantedCopy.Make();
        output.WriteLine($"planted={copy.Set.Mutants.Count} hunks={copy.Set.Hunks.Count}: all applied, and built");
        output.WriteLine($"not_run={unbuilt}: their worlds are not built yet");
        var results = HuntAll(copy, wanted, options, output);
        if (options.Get("table") is { } path)
        {
            File.WriteAllLines(path, results.Select(result => $"{result.Mutant.Set} {result.ToRow()}"));
        }

        return Judge(results, output);
    }

    private static bool HasWorld(Mutant mutant)
    {
        try
        {
            return Worlds.Make(RunOptions.ProfileOf(mutant.Profile)) is not null;
        }
        catch (UsageException)
        {
            return false;
        }
    }

    private static List<MutantResult> HuntAll(
        PlantedCopy copy, List<Mutant> wanted, RunOptions options, TextWriter output)
    {
        var results = new MutantResult?[wanted.Count];
        var errors = new Exception?[wanted.Count];
        var next = -1;
        var jobs = (int)options.Number("jobs", Environment.ProcessorCount);
        var threads = Enumerable.Range(0, jobs).Select(_ => new Thread(() =>
        {
            for (var i = Interlocked.Increment(ref next); i < wanted.Count; i = Interlocked.Increment(ref next))
            {
                try
                {
                    results[i] = Hunt(copy, wanted[i], options);
                    lock (output)
                    {
                        output.WriteLine($"{results[i]!.ToRow()} reached={results[i]!.Reached}");
                    }
                }
                catch (Exception exception)
                {
                    errors[i] = exception;
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (errors.FirstOrDefault(error => error is not null) is { } first)
        {
            throw new IOException("a mutant could not be run: " + first.Message, first);
        }

        return [.. results.Select(result => result!)];
    }

    private static MutantResult Hunt(PlantedCopy copy, Mutant mutant, RunOptions options)
    {
        var schedules = options.Number("schedules", mutant.IsNull ? NullSchedules : 100_000);
        var (_, said) = copy.Run(
            mutant.Number, "hunt", "--profile", mutant.Profile, "--schedules", $"{schedules}",
            "--ranges", $"{options.Number("ranges", 5)}", "--seconds", $"{options.Number("seconds", 1_000_000)}");
        return MutantResult.Of(mutant, said);
    }

    private static int Judge(List<MutantResult> results, TextWriter output)
    {
        var isAllRight = true;
        var sets = results.GroupBy(result => result.Mutant.Set);
        foreach (var set in sets.OrderBy(set => set.Key, StringComparer.Ordinal))
        {
            var isNull = set.Key == "null";
            var found = set.Count(result => isNull ? result.IsFoundAnywhere : result.IsFound);
            var medians = set.Where(result => result.IsFound).Select(result => result.Median).Order().ToList();
            var median = medians.Count == 0 ? "none" : $"{medians[medians.Count / 2]}";
            output.WriteLine($"set={set.Key} mutants={set.Count()} found={found} median_schedules={median}");
            isAllRight &= isNull ? found == 0 : found == set.Count();
        }

        foreach (var result in results.Where(result => result.Reached == 0))
        {
            output.WriteLine($"never reached: {result.Mutant.Name}");
            isAllRight = false;
        }

        foreach (var result in results.Where(result => !result.Mutant.IsNull && !result.IsFound))
        {
            output.WriteLine($"survives: {result.Mutant.Name}: {result.Mutant.What}");
        }

        return isAllRight ? SimulatorProgram.Done : SimulatorProgram.Failed;
    }
}
