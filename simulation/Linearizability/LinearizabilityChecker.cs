using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Linearizability;

/// <summary>
/// Asks whether a history could have come from one object that does one operation at a time (Wing and Gong, with
/// Lowe's memory of seen states). A history is linearizable exactly where each object's part is, so the parts are
/// judged one by one: what is exponential in the whole is small in each.
/// <para>Not verified: that operations on different objects fit together. An invariant over two accounts is another
/// checker's business.</para>
/// <para>Keeps its working memory from one history to the next.</para>
/// </summary>
/// <param name="model">How the object behaves.</param>
/// <param name="stepsMax">Bound of the search for one history, at least 1.</param>
public sealed class LinearizabilityChecker(ISequentialObject model, long stepsMax = 50_000_000)
{
    private readonly SeenStates _seen = new();
    private readonly List<int> _part = [];
    private int[] _next = [];
    private int[] _previous = [];
    private (long Time, int Order, int Entry)[] _order = [];
    private (int Entry, long State)[] _stack = [];
    private ulong[] _done = [];
    private int[] _members = [];

    /// <summary>
    /// Whether to keep, for each object, the longest order that explained something: what a person needs to see why.
    /// </summary>
    public bool KeepsOrders { get; init; }

    /// <summary>By object: positions in the history, in the longest order that was found; empty unless kept.</summary>
    public SortedDictionary<ulong, int[]> Orders { get; } = [];

    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order; one client may have only one under way.</param>
    /// <returns>The judgement; of several bad objects, the one with the lowest number.</returns>
    public HistoryVerdict Check(IReadOnlyList<HistoryOperation> history)
    {
        var count = history.Count;
        if (_members.Length < count)
        {
            _members = new int[count];
        }

        for (var i = 0; i < count; i++)
        {
            _members[i] = i;
        }

        _members.AsSpan(0, count).Sort((left, right) =>
        {
            var byObject = history[left].Object.CompareTo(history[right].Object);
            return byObject != 0 ? byObject : left.CompareTo(right);
        });
        var steps = 0L;
        for (var first = 0; first < count;)
        {
            var id = history[_members[first]].Object;
            _part.Clear();
            for (; first < count && history[_members[first]].Object == id; first++)
            {
                _part.Add(_members[first]);
            }

            var verdict = CheckPart(history, id, ref steps);
            if (verdict.Judgement != HistoryJudgement.Linearizable)
            {
                return verdict;
            }
        }

        return new HistoryVerdict(HistoryJudgement.Linearizable, 0, count, -1, steps);
    }

    private HistoryVerdict CheckPart(IReadOnlyList<HistoryOperation> history, ulong id, ref long steps)
    {
        var open = LinkEvents(history);
        var head = 2 * _part.Count;
        var words = (_part.Count + 63) / 64;
        var done = _done.AsSpan(0, words);
        done.Clear();
        _seen.Clear(words);
        var state = model.Initial;
        var depth = 0;
        var (best, stuck) = (-1, -1);
        var at = _next[head];

        // Entry 2i is the call of the part's i-th operation, 2i + 1 its return; a pending one has no return.
        while (open > 0)
        {
            if (++steps > stepsMax)
            {
                return new HistoryVerdict(HistoryJudgement.TooHard, id, best, stuck, steps);
            }

            Invariant.Check(at != head);
            var operation = at >> 1;
            if ((at & 1) == 0)
            {
                done[operation >> 6] |= 1UL << (operation & 63);
                if (model.TryStep(state, history[_part[operation]], out var next) && _seen.Add(done, next))
                {
                    _stack[depth++] = (at, state);
                    state = next;
                    open -= Lift(at, history[_part[operation]].IsPending);
                    at = _next[head];
                }
                else
                {
                    done[operation >> 6] &= ~(1UL << (operation & 63));
                    at = _next[at];
                }

                continue;
            }

            // An operation has returned and cannot be explained by what was put before it: the last choice was wrong.
            if (depth > best)
            {
                (best, stuck) = (depth, _part[operation]);
                Keep(id, depth);
            }

            if (depth == 0)
            {
                return new HistoryVerdict(HistoryJudgement.Violated, id, best, stuck, steps);
            }

            (at, state) = _stack[--depth];
            operation = at >> 1;
            done[operation >> 6] &= ~(1UL << (operation & 63));
            open += Unlift(at, history[_part[operation]].IsPending);
            at = _next[at];
        }

        Keep(id, depth);
        return new HistoryVerdict(HistoryJudgement.Linearizable, id, depth, -1, steps);
    }

    private void Keep(ulong id, int depth)
    {
        if (KeepsOrders)
        {
            Orders[id] = [.. _stack.Take(depth).Select(choice => _part[choice.Entry >> 1])];
        }
    }

    // Lays out calls and returns as a list in order of time. Answers how many operations have returned: once all of
    // these are explained, pending ones may as well never have happened.
    private int LinkEvents(IReadOnlyList<HistoryOperation> history)
    {
        var count = _part.Count;
        Reserve(count);
        var events = 0;
        var returned = 0;
        for (var i = 0; i < count; i++)
        {
            var operation = history[_part[i]];
            Invariant.Check(operation.Called <= operation.Returned);

            // At equal times calls come before returns: the operations are then taken as concurrent.
            _order[events++] = (operation.Called, 0, 2 * i);
            if (!operation.IsPending)
            {
                _order[events++] = (operation.Returned, 1, 2 * i + 1);
                returned++;
            }
        }

        _order.AsSpan(0, events).Sort();
        var last = 2 * count;
        for (var i = 0; i < events; i++)
        {
            var entry = _order[i].Entry;
            _next[last] = entry;
            _previous[entry] = last;
            last = entry;
        }

        _next[last] = 2 * count;
        _previous[2 * count] = last;
        return returned;
    }

    private int Lift(int call, bool isPending)
    {
        Unlink(call);
        if (isPending)
        {
            return 0;
        }

        Unlink(call + 1);
        return 1;
    }

    private int Unlift(int call, bool isPending)
    {
        if (!isPending)
        {
            Relink(call + 1);
        }

        Relink(call);
        return isPending ? 0 : 1;
    }

    private void Unlink(int entry)
    {
        _next[_previous[entry]] = _next[entry];
        _previous[_next[entry]] = _previous[entry];
    }

    private void Relink(int entry)
    {
        _next[_previous[entry]] = entry;
        _previous[_next[entry]] = entry;
    }

    private void Reserve(int count)
    {
        if (_stack.Length >= count)
        {
            return;
        }

        var room = Math.Max(count, _stack.Length * 2);
        _next = new int[2 * room + 1];
        _previous = new int[2 * room + 1];
        _order = new (long Time, int Order, int Entry)[2 * room];
        _stack = new (int Entry, long State)[room];
        _done = new ulong[(room + 63) / 64];
    }
}
