namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>A generated sequence: which world it starts in, and its steps.</summary>
/// <param name="World">Seed of the prologue's choices.</param>
/// <param name="Steps">The steps.</param>
public sealed record Workload(int World, IReadOnlyList<WorkloadStep> Steps)
{
    private const int PrintedMax = 100;

    public static Workload Of(ulong seed, int length)
    {
        var fate = new Fate(seed);
        var steps = new WorkloadStep[length];
        for (var i = 0; i < length; i++)
        {
            steps[i] = WorkloadStep.Of(fate, (ulong)i);
        }

        return new Workload(fate.Below(1 << 20, domain: ulong.MaxValue, identity: 0), steps);
    }

    /// <summary>As an expression that makes it again, where it is short enough to be read.</summary>
    public override string ToString() => Steps.Count > PrintedMax
        ? $"world {World}, {Steps.Count} steps"
        : $"new Workload({World},\n[\n{string.Concat(Steps.Select(step => $"    new{step.Numbers},\n"))}])";

    /// <summary>
    /// Plainer workloads to try instead: first without large parts, then without single steps, then with plainer ones.
    /// </summary>
    public IEnumerable<Workload> Plainer()
    {
        for (var part = Steps.Count; part >= 1; part /= 2)
        {
            for (var start = Steps.Count - part; start >= 0; start -= part)
            {
                yield return this with { Steps = [.. Steps.Take(start), .. Steps.Skip(start + part)] };
            }
        }

        if (World != 0)
        {
            yield return this with { World = 0 };
        }

        for (var i = 0; i < Steps.Count; i++)
        {
            foreach (var plainer in Steps[i].Plainer())
            {
                yield return this with { Steps = [.. Steps.Take(i), plainer, .. Steps.Skip(i + 1)] };
            }
        }
    }
}
