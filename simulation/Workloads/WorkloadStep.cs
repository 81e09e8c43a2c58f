namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>
/// One step of a generated workload: numbers that <see cref="CommandGenerator"/> reads relative to what it has seen, so
/// a step keeps its meaning when others are dropped. Zero is always the plainest choice.
/// </summary>
/// <param name="Action">What to do; zero places an order.</param>
/// <param name="Who">Instrument and account.</param>
/// <param name="Shape">Variant of the command.</param>
/// <param name="Price">Price, as an offset from the middle.</param>
/// <param name="Size">Quantity, or which of the live things.</param>
/// <param name="Identity">Session or key, and what is wrong with it.</param>
/// <param name="Pace">Whether the entry goes on after it, and how much time passed before it.</param>
public readonly record struct WorkloadStep(
    int Action, int Who, int Shape, int Price, int Size, int Identity, int Pace)
{
    /// <summary>The step of a place in a workload.</summary>
    public static WorkloadStep Of(Fate fate, ulong place)
    {
        return new WorkloadStep(Field(0), Field(1), Field(2), Field(3), Field(4), Field(5), Field(6));

        int Field(ulong number) => (int)(fate.Draw(place, number) >> 33);
    }

    /// <summary>The fields in order, in brackets.</summary>
    internal string Numbers => $"({Action}, {Who}, {Shape}, {Price}, {Size}, {Identity}, {Pace})";

    /// <summary>Plainer steps to try instead, the plainest first.</summary>
    public IEnumerable<WorkloadStep> Plainer()
    {
        var first = WorkloadActions.FirstNumberOf(Action);
        if (first != Action)
        {
            yield return this with { Action = first };
        }

        foreach (var (value, make) in Fields())
        {
            if (value != 0)
            {
                yield return make(0);
            }
        }

        foreach (var (value, make) in Fields())
        {
            for (var smaller = value / 2; smaller != 0 && smaller != value; smaller /= 64)
            {
                yield return make(value - smaller);
            }

            if (value > 64)
            {
                yield return make(value % 64);
            }
        }
    }

    private IEnumerable<(int Value, Func<int, WorkloadStep> Make)> Fields()
    {
        var step = this;
        yield return (Pace, value => step with { Pace = value });
        yield return (Identity, value => step with { Identity = value });
        yield return (Shape, value => step with { Shape = value });
        yield return (Price, value => step with { Price = value });
        yield return (Size, value => step with { Size = value });
        yield return (Who, value => step with { Who = value });
    }
}
