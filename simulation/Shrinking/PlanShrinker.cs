using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shrinking;

/// <summary>A plan that was made smaller.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Runs">Runs that it took.</param>
/// <param name="IsMinimal">Whether it ended by itself: without any one of its faults the plan passes.</param>
public sealed record ShrunkPlan(Plan Plan, int Runs, bool IsMinimal);

/// <summary>
/// Looks for the smallest plan that fails in the same way: first fewer faults, then fewer operations, then a smaller
/// cluster, plainer knobs and shorter faults; again until nothing helps.
/// </summary>
/// <param name="failsAlike">Runs a plan; whether it fails as the first one did.</param>
public sealed class PlanShrinker(Func<Plan, bool> failsAlike)
{
    /// <summary>Most runs.</summary>
    public const int RunsMax = 4000;

    private static readonly Knob[] _sizes = [Knob.Nodes, Knob.Clients, Knob.Keys];

    private int _budget = RunsMax;

    /// <summary>Shrinks a plan that fails.</summary>
    public ShrunkPlan Shrink(Plan plan)
    {
        var best = plan;
        while (_budget > 0)
        {
            var before = best;
            best = WithFewer(best, item => item.IsFault);
            best = WithFewer(best, item => item.IsOperator);
            best = WithFewer(best, item => item.IsOperation);
            best = WithPlainerKnobs(best);
            best = WithShorterFaults(best);
            if (ReferenceEquals(best, before))
            {
                break;
            }
        }

        return new ShrunkPlan(best, RunsMax - _budget, _budget > 0);
    }

    private Plan WithFewer(Plan plan, Func<PlanItem, bool> isChosen)
    {
        List<PlanItem> chosen = [.. plan.Items.Where(isChosen)];
        if (chosen.Count == 0)
        {
            return plan;
        }

        var left = ListMinimizer.Minimize(chosen, some => failsAlike(With(plan, isChosen, some)), ref _budget);
        return left.Count == chosen.Count ? plan : With(plan, isChosen, left);
    }

    private static Plan With(Plan plan, Func<PlanItem, bool> isChosen, IReadOnlyList<PlanItem> kept)
    {
        // Both lists are in the order of the plan; items may be equal, so they are matched one by one.
        List<PlanItem> items = [];
        var next = 0;
        foreach (var item in plan.Items)
        {
            if (!isChosen(item))
            {
                items.Add(item);
            }
            else if (next < kept.Count && kept[next] == item)
            {
                items.Add(item);
                next++;
            }
        }

        return plan with { Items = items };
    }

    private Plan WithPlainerKnobs(Plan plan)
    {
        var best = plan;
        for (var place = 0; place < Knobs.Count && _budget > 0; place++)
        {
            var knob = (Knob)place;
            var plain = Knobs.Plain[knob];
            if (best.Knobs[knob] != plain && (!_sizes.Contains(knob) || best.Knobs[knob] > plain))
            {
                best = Better(best, Turned(best, knob, plain));
            }
        }

        return best;
    }

    private static Plan Turned(Plan plan, Knob knob, long value)
    {
        var knobs = plan.Knobs.Copy();
        knobs[knob] = value;
        return plan with { Knobs = knobs };
    }

    private Plan WithShorterFaults(Plan plan)
    {
        const long Millisecond = 1_000_000;
        var best = plan;
        for (var place = 0; place < best.Items.Count && _budget > 0; place++)
        {
            while (best.Items[place].IsFault && best.Items[place].Lasts > 8 * Millisecond && _budget > 0)
            {
                List<PlanItem> items = [.. best.Items];
                items[place] = items[place] with { Lasts = items[place].Lasts / 2 };
                var shorter = Better(best, best with { Items = items });
                if (ReferenceEquals(shorter, best))
                {
                    break;
                }

                best = shorter;
            }
        }

        return best;
    }

    private Plan Better(Plan known, Plan candidate)
    {
        _budget--;
        return failsAlike(candidate) ? candidate : known;
    }
}
