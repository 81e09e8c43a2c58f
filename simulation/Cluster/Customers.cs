using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>The desk and the traders together: hands them what the plan wants of them.</summary>
internal sealed class Customers(ProtocolContext context, Calls calls, Desk desk, Traders traders) : IWorldClients
{
    private readonly List<PlanItem> _operations = [];

    /// <inheritdoc/>
    public bool IsIdle => desk.IsIdle && traders.IsIdle;

    /// <inheritdoc/>
    public string WhyBusy =>
        $"{calls.Open} calls wait" + (desk.IsIdle ? "" : ", the desk's among them")
        + (desk.IsOpen ? "" : ", still opening");

    public void Begin()
    {
        _operations.Clear();
        foreach (var item in context.Plan.Items)
        {
            if (item.IsOperation)
            {
                Add(item);
            }
        }
    }

    /// <inheritdoc/>
    public void AddLastOperations()
    {
        for (var i = 0; i < 8; i++)
        {
            Add(new PlanItem
            {
                Kind = (i % 4) switch { 0 => PlanItemKind.Read, 1 => PlanItemKind.Step, _ => PlanItemKind.Write },
                At = context.Now,
                Node = i / 2,
                Identity = StableHash.Mix(context.Plan.Seed ^ 0x1A57, (ulong)i),
            });
        }
    }

    public void OnDue(int operation)
    {
        var item = _operations[operation];
        if (item.Kind == PlanItemKind.Step)
        {
            desk.OnDue(item.Identity);
        }
        else
        {
            traders.OnDue(item);
        }
    }

    private void Add(PlanItem item)
    {
        _operations.Add(item);
        context.Schedule(
            WorldEventKind.Operation, item.At, item.Node % ProtocolContext.NodesMax, _operations.Count - 1,
            item.Identity);
    }
}
