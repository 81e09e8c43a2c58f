namespace Exchange.Rsm.Simulation.Shrinking;

/// <summary>
/// Delta debugging (Zeller and Hildebrandt): the fewest items that still fail. The answer is 1-minimal: without any one
/// of its items it passes, unless the bound of runs came first.
/// </summary>
public static class ListMinimizer
{
    /// <summary>Drops what is not needed.</summary>
    /// <typeparam name="T">Any item.</typeparam>
    /// <param name="items">Items that fail together.</param>
    /// <param name="fails">Whether a subset, in the same order, still fails.</param>
    /// <param name="budget">Runs left; lowered by those that were used.</param>
    /// <returns>The items that are left.</returns>
    public static List<T> Minimize<T>(IReadOnlyList<T> items, Func<IReadOnlyList<T>, bool> fails, ref int budget)
    {
        List<T> left = [.. items];
        if (left.Count > 0 && budget > 0)
        {
            budget--;
            if (fails([]))
            {
                return [];
            }
        }

        var size = Math.Max(left.Count / 2, 1);
        while (left.Count > 0 && budget > 0)
        {
            var dropped = Pass(left, size, fails, ref budget);
            if (size == 1 && !dropped)
            {
                break;
            }

            // After a success the same size again: what a later item needed may now be gone.
            size = dropped ? Math.Min(size, Math.Max(left.Count / 2, 1)) : Math.Max(size / 2, 1);
        }

        return left;
    }

    // Tries to do without each run of so many items, from the end: later items depend on earlier ones.
    private static bool Pass<T>(List<T> left, int size, Func<IReadOnlyList<T>, bool> fails, ref int budget)
    {
        var isAnyDropped = false;
        for (var end = left.Count; end > 0 && budget > 0; end -= size)
        {
            var start = Math.Max(end - size, 0);
            List<T> rest = [.. left[..start], .. left[end..]];
            budget--;
            if (rest.Count > 0 && fails(rest))
            {
                left.RemoveRange(start, end - start);
                isAnyDropped = true;
            }
        }

        return isAnyDropped;
    }
}
