using Exchange.Rsm.Simulation.Linearizability;

namespace Exchange.Rsm.Simulation.Tests.Linearizability;

public sealed class LinearizabilityCheckerTests
{
    private readonly LinearizabilityChecker _checker = new(new RegisterObject());

    [Fact]
    public void An_empty_history_is_linearizable() =>
        Assert.Equal(HistoryJudgement.Linearizable, _checker.Check([]).Judgement);

    [Fact]
    public void A_read_that_follows_a_write_sees_it()
    {
        Assert.Equal(HistoryJudgement.Linearizable, Judge(Write(1, 0, 1), Read(1, 2, 3)));
        Assert.Equal(HistoryJudgement.Violated, Judge(Write(1, 0, 1), Read(RegisterObject.Nothing, 2, 3)));
    }

    [Fact]
    public void A_read_beside_a_write_may_see_either()
    {
        Assert.Equal(HistoryJudgement.Linearizable, Judge(Write(1, 0, 3), Read(1, 1, 2)));
        Assert.Equal(HistoryJudgement.Linearizable, Judge(Write(1, 0, 3), Read(RegisterObject.Nothing, 1, 2)));
    }

    [Fact]
    public void Two_reads_may_not_go_back_in_time() =>
        Assert.Equal(
            HistoryJudgement.Violated,
            Judge(Write(1, 0, 9), Read(1, 1, 2), Read(RegisterObject.Nothing, 3, 4)));

    [Fact]
    public void A_write_without_an_answer_may_happen_late_or_never()
    {
        var lost = Write(1, 0, HistoryOperation.Never);
        Assert.Equal(HistoryJudgement.Linearizable, Judge(lost, Read(RegisterObject.Nothing, 5, 6)));
        Assert.Equal(
            HistoryJudgement.Linearizable, Judge(lost, Read(RegisterObject.Nothing, 5, 6), Read(1, 7, 8)));
        Assert.Equal(
            HistoryJudgement.Violated, Judge(lost, Read(1, 5, 6), Read(RegisterObject.Nothing, 7, 8)));
    }

    [Fact]
    public void The_verdict_names_the_object_and_the_operation_that_cannot_be_explained()
    {
        HistoryOperation[] history =
            [Write(1, 0, 1), Read(1, 2, 3), Write(5, 0, 1) with { Object = 7 }, Read(4, 2, 3) with { Object = 7 }];
        var verdict = _checker.Check(history);
        Assert.Equal(HistoryJudgement.Violated, verdict.Judgement);
        Assert.Equal(7UL, verdict.Object);
        Assert.Equal(3, verdict.Stuck);
        Assert.Equal(1, verdict.Explained);
    }

    [Fact]
    public void The_bound_of_steps_is_a_judgement_of_its_own()
    {
        var checker = new LinearizabilityChecker(new RegisterObject(), stepsMax: 10);
        var history = Enumerable.Range(0, 12).Select(i => Write(i, 0, 100)).Append(Read(99, 101, 102)).ToList();
        Assert.Equal(HistoryJudgement.TooHard, checker.Check(history).Judgement);
    }

    [Fact]
    public void It_judges_every_small_history_as_trying_all_orders_does()
    {
        var violated = 0;
        for (var seed = 0; seed < 4000; seed++)
        {
            var history = SmallHistory(seed);
            var expected = AllOrders(history, RegisterObject.Nothing, 0);
            violated += expected ? 0 : 1;
            Assert.Equal(expected, _checker.Check(history).Judgement == HistoryJudgement.Linearizable);
        }

        Assert.InRange(violated, 500, 3500);
    }

    [Fact]
    public void A_recording_is_read_line_by_line()
    {
        var history = RecordedHistory.Read(
        [
            "INFO  jepsen.util - 0\t:invoke\t:write\t3", "something else",
            "INFO  jepsen.util - 1\t:invoke\t:cas\t[3 4]",
            "INFO  jepsen.util - 0\t:ok\t:write\t3", "INFO  jepsen.util - 1\t:fail\t:cas\t[3 4]",
            "INFO  jepsen.util - 1\t:invoke\t:read\tnil", "INFO  jepsen.util - 1\t:ok\t:read\t3",
            "INFO  jepsen.util - 0\t:invoke\t:write\t9", "INFO  jepsen.util - 0\t:info\t:write\t:timed-out",
        ]);
        Assert.Equal(
            [
                Write(3, 0, 3),
                Compare(3, 4, isSet: false, 2, 4) with { Client = 1 },
                Read(3, 5, 6) with { Client = 1 },
                Write(9, 7, HistoryOperation.Never) with { Answer = 0 },
            ],
            history.Select(one => one.Kind == RegisterObject.Read ? one with { First = 0 } : one));
        Assert.Equal(HistoryJudgement.Linearizable, _checker.Check(history).Judgement);
    }

    private HistoryJudgement Judge(params HistoryOperation[] history) => _checker.Check(history).Judgement;

    private static HistoryOperation Write(long value, long called, long returned) => new()
    {
        Client = 0,
        Object = 0,
        Kind = RegisterObject.Write,
        First = value,
        Called = called,
        Returned = returned,
        Answer = 1,
    };

    private static HistoryOperation Read(long value, long called, long returned) => new()
    {
        Client = 0,
        Object = 0,
        Kind = RegisterObject.Read,
        Answer = value,
        Called = called,
        Returned = returned,
    };

    private static HistoryOperation Compare(long from, long to, bool isSet, long called, long returned) => new()
    {
        Client = 0,
        Object = 0,
        Kind = RegisterObject.CompareAndSet,
        First = from,
        Second = to,
        Answer = isSet ? 1 : 0,
        Called = called,
        Returned = returned,
    };

    // Six operations of three clients over two values, with calls and returns drawn from the seed.
    private static List<HistoryOperation> SmallHistory(int seed)
    {
        var fate = new Workloads.Fate((ulong)seed);
        List<HistoryOperation> history = [];
        for (var i = 0; i < 6; i++)
        {
            var id = (ulong)i;
            var called = fate.Below(20, 1, id);
            var returned = fate.Below(8, 2, id) == 0 ? HistoryOperation.Never : called + fate.Below(12, 3, id);
            var (first, second) = (fate.Below(2, 4, id), fate.Below(2, 5, id));
            history.Add(fate.Below(3, 6, id) switch
            {
                0 => Read(fate.Below(5, 7, id) == 0 ? RegisterObject.Nothing : first, called, returned),
                1 => Write(first, called, returned),
                _ => Compare(first, second, fate.Below(2, 8, id) == 0, called, returned),
            });
        }

        return history;
    }

    // The definition itself: some order of the operations, pending ones left out at will, in which nobody who returned
    // before another called comes after it.
    private static bool AllOrders(List<HistoryOperation> left, long state, int depth)
    {
        if (left.All(one => one.IsPending))
        {
            return true;
        }

        for (var i = 0; i < left.Count; i++)
        {
            var operation = left[i];
            if (left.Exists(other => other.Returned < operation.Called)
                || !new RegisterObject().TryStep(state, operation, out var next))
            {
                continue;
            }

            List<HistoryOperation> rest = [.. left];
            rest.RemoveAt(i);
            if (AllOrders(rest, next, depth + 1))
            {
                return true;
            }
        }

        return false;
    }
}
