using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>
/// What is looked at once, at the end: every machine's hash against its records, the ledger against the core, and in
/// one run of several the whole log against the naive model, answer by answer, with what must hold of its state.
/// </summary>
internal sealed class Verdict(ProtocolContext context, CanonLog canon, Books books)
{
    /// <summary>The model is slow and says the same each time: one run in so many.</summary>
    private const int ModelOneIn = 16;

    public void Judge()
    {
        ReplicaNode? witness = null;
        foreach (var node in context.Nodes)
        {
            if (node is not ReplicaNode { Exchange: { } machine, Phase: ReplicaPhase.Running } own)
            {
                continue;
            }

            if (machine.AppliedIndex == own.AppliedIndex && machine.RecomputeStateHash() != machine.StateHash)
            {
                context.Fail(
                    "the hash of the state is that of its records", node.Number, machine.AppliedIndex,
                    "recomputed, it is another");
            }

            witness = machine.AppliedIndex == canon.Applied ? own : witness;
        }

        if (witness is null)
        {
            context.Fail("somebody has applied all", -1, canon.Applied, "nobody has");
            return;
        }

        context.MeetIf(canon.Trades > 0, Mark.TradesMade);
        context.MeetIf(canon.Repeats > 0, Mark.RepeatFound);
        books.Check(witness.Exchange!);
        if (context.Report.Failure is null && context.Fate.Below(ModelOneIn, FateDomain.Liveness, 99) == 0)
        {
            AskModel();
        }
    }

    private void AskModel()
    {
        var model = new ModelSubject();
        var history = new HistoryCheck();
        var (events, results) = (new OutputBuffer(), new OutputBuffer());
        for (var index = 1UL; index <= canon.Applied; index++)
        {
            events.Clear();
            results.Clear();
            model.Apply(new Entry(canon[index].Header, canon.Payload(index).ToArray()), events, results);
            history.Observe(events.Written);
            if (!results.Written.SequenceEqual(canon.Results(index)))
            {
                context.Fail("the model answers the same", -1, index, "the results of the entry differ");
                return;
            }
        }

        context.Meet(Mark.ModelAgreed);
        history.Check(model.View());
    }
}
