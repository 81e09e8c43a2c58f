using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>The reads of a node: they wait for their index, are made, and are answered, some of them late.</summary>
internal sealed class NodeReads(ProtocolContext context, Triggers triggers, Clients clients)
{
    /// <summary>One in so many answers under a lease leaves in a later turn than the one of its read.</summary>
    private const int SlowOneIn = 8;

    public void Take(ProtocolNode node, RaftReady ready)
    {
        foreach (var read in ready.Reads)
        {
            var client = (int)(read.Context >> 40);
            var key = (int)((read.Context >> 32) & 0xFF);
            var sequence = (uint)(read.Context & uint.MaxValue);
            if (read.Refusal != Refusal.None)
            {
                context.Mark(read.Refusal);
                clients.Refuse(node, client, sequence, read.Refusal);
                continue;
            }

            context.MeetIf(read.IsLease, Marks.Mark.ReadUnderLease);
            context.MeetIf(!read.IsLease && node.Role == RaftRole.Leader, Marks.Mark.ReadByRound);
            context.MeetIf(node.Role != RaftRole.Leader, Marks.Mark.ReadByFollower);
            context.MeetIf(read.Index > node.Machine.AppliedIndex, Marks.Mark.ReadWaitsForApply);
            node.Reads.Add(new PendingRead(client, sequence, key, read.Index, read.IsLease));
        }
    }

    public void Serve(ProtocolNode node)
    {
        for (var i = 0; i < node.Reads.Count; i++)
        {
            var read = node.Reads[i];
            if (read.MadeAt == 0)
            {
                if (read.Index > node.Machine.AppliedIndex && !context.HasBug(PlantedBug.ReadBeforeApplied))
                {
                    continue;
                }

                read = Made(node, read);
                node.Reads[i] = read;
                if (read.IsLease && context.Fate.Below(SlowOneIn, FateDomain.SlowRead, read.Identity) == 0)
                {
                    continue;
                }
            }
            else if (read.MadeAt == context.Now)
            {
                continue;
            }

            node.Reads.RemoveAt(i--);
            Answer(node, in read);
        }
    }

    private PendingRead Made(ProtocolNode node, PendingRead read)
    {
        var key = context.HasBug(PlantedBug.WrongRegisterRead) ? (read.Key + 1) % TinyMachine.KeysMax : read.Key;
        return read with
        {
            MadeAt = context.Now,
            Value = node.Machine.Value(key),
            SeenIndex = node.Machine.AppliedIndex,
        };
    }

    private void Answer(ProtocolNode node, in PendingRead read)
    {
        if (read.IsLease)
        {
            node.Raft!.Tick(node.Clock.Monotonic(context.Now), node.Clock.Wall(context.Now));
            if (!node.Raft.ConfirmLease())
            {
                context.Meet(Marks.Mark.LeaseLostBeforeReply);
                return;
            }
        }

        triggers.Fire(TriggerEvent.ServedRead, node);
        clients.Answer(node, read.Client, read.Sequence, read.Value, read.SeenIndex);
    }
}
