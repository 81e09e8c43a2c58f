using Exchange.Rsm.Simulation.Linearizability;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>
/// What clients asked and were told, and in which order one object could have done it: the longest such order of each,
/// and the operation that fits in none.
/// </summary>
internal sealed class StoryHistory
{
    private const long StepsMax = 2_000_000;

    private StoryHistory(IReadOnlyList<HistoryOperation> operations, IReadOnlyList<string> words)
    {
        Operations = operations;
        Words = words;
        Place = new int[operations.Count];
        Array.Fill(Place, -1);
    }

    public IReadOnlyList<HistoryOperation> Operations { get; }

    public IReadOnlyList<string> Words { get; }

    /// <summary>By operation: its place in the order of its object; −1 where it is in none.</summary>
    public int[] Place { get; }

    /// <summary>What was judged; of a run that ended early, up to there.</summary>
    public HistoryJudgement Judgement { get; private set; }

    /// <summary>The operation that no order came past; −1 where there is none.</summary>
    public int Stuck { get; private set; } = -1;

    public static StoryHistory Of(
        IReadOnlyList<HistoryOperation> operations, IReadOnlyList<string> words, ISequentialObject model)
    {
        var history = new StoryHistory([.. operations], words);
        var verdict = default(HistoryVerdict);

        // Each object by itself: the checker stops at the first bad one, and a page shows all.
        foreach (var id in operations.Select(one => one.Object).Distinct().Order())
        {
            List<int> part = [.. Enumerable.Range(0, operations.Count).Where(i => operations[i].Object == id)];
            var checker = new LinearizabilityChecker(model, StepsMax) { KeepsOrders = true };
            var judged = checker.Check([.. part.Select(i => operations[i])]);
            var order = checker.Orders.GetValueOrDefault(id, []);
            for (var place = 0; place < order.Length; place++)
            {
                history.Place[part[order[place]]] = place;
            }

            if (judged.Judgement != HistoryJudgement.Linearizable
                && verdict.Judgement == HistoryJudgement.Linearizable)
            {
                verdict = judged;
                history.Stuck = judged.Stuck < 0 ? -1 : part[judged.Stuck];
            }
        }

        history.Judgement = verdict.Judgement;
        return history;
    }
}
