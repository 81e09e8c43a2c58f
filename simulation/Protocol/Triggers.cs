using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// Faults that wait for something to happen in the protocol: what is dangerous is mostly what goes wrong just then. A
/// trigger fires once, and its action follows as the next event of the world.
/// </summary>
internal sealed class Triggers(ProtocolContext context)
{
    private readonly List<int> _armed = [];
    private readonly List<int> _counts = [];
    private uint _waitedFor;

    public void Begin()
    {
        _armed.Clear();
        _counts.Clear();
        _waitedFor = 0;
        for (var place = 0; place < context.Plan.Items.Count; place++)
        {
            if (context.Plan.Items[place].Kind == PlanItemKind.Trigger)
            {
                _armed.Add(place);
                _counts.Add(0);
                _waitedFor |= 1U << (int)context.Plan.Items[place].Value;
            }
        }
    }

    public void Fire(TriggerEvent happened, ProtocolNode node)
    {
        context.Report.Marks.Set((int)Mark.WhenBecameLeader + (int)happened - 1);
        if ((_waitedFor & (1U << (int)happened)) == 0 || context.IsCalm)
        {
            return;
        }

        for (var i = 0; i < _armed.Count; i++)
        {
            var item = context.Plan.Items[_armed[i]];
            if ((TriggerEvent)item.Value != happened || item.At > context.Now || ++_counts[i] != item.Peers)
            {
                continue;
            }

            context.Report.Marks.Set((int)Mark.ThenCrash + (int)item.Second - 1);
            context.Note(TraceKind.Triggered, (byte)item.Second, node.Number, 0, item.Identity, (ulong)happened);
            context.Schedule(
                WorldEventKind.FaultBegins, context.Now, node.Number, _armed[i], item.Identity, node.Boot);
        }
    }
}
