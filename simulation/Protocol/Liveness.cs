using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// After the time of faults a majority is whole and connected, and what is wrong with the others stays wrong for good.
/// Then everything has to be done within a bound: operations answered, the majority's logs applied to the same index,
/// the wanted members in. If not, it is said why.
/// </summary>
internal sealed class Liveness(
    ProtocolContext context,
    INodeDriver driver,
    Weather weather,
    Operators operators,
    IWorldClients clients,
    IWorldChecks checks)
{
    private const long Millisecond = 1_000_000;
    private const int TimeoutsMax = 20;
    private const long OperationMax = 100 * Millisecond;

    private int _core;
    private bool _isBegun;

    /// <summary>Whether the run is at its end.</summary>
    public bool IsOver { get; private set; }

    public void Begin()
    {
        IsOver = false;
        _isBegun = false;
        _core = 0;
        var at = Math.Max(context.Knobs[Knob.OperationsUntil], context.Knobs[Knob.FaultsUntil]) + (50 * Millisecond);
        context.Schedule(WorldEventKind.LivenessPhase, at, 0, 0, 0);
    }

    /// <summary>Whether a node stays broken.</summary>
    public bool IsBroken(ProtocolNode node) => _isBegun && !IsCore(node);

    public void OnBegins()
    {
        _isBegun = true;
        weather.Calm();
        operators.WantAll();
        _core = (1 << context.NodeCount) - 1;
        if (!operators.IsChanging && context.NodeCount >= 3
            && context.Fate.Below(2, FateDomain.Liveness, 0) == 0)
        {
            ChooseMajority();
        }

        context.Meet(_core == (1 << context.NodeCount) - 1 ? Mark.LivenessWithAll : Mark.LivenessWithMajority);
        foreach (var node in context.Nodes)
        {
            if (!IsCore(node))
            {
                Break(node);
            }
            else if (!node.IsUp)
            {
                driver.Boot(node);
            }
        }

        clients.AddLastOperations();
        // One client's operations go one after the other, and on slow links each takes its time.
        var bound = (TimeoutsMax * context.Knobs[Knob.ElectionMaxNanos]) + (2_000 * Millisecond)
            + (context.Plan.Items.Count * OperationMax);
        if (operators.IsChanging)
        {
            // Members come and go one after the other, each by an election's time at the worst.
            bound += context.NodeCount * 10 * context.Knobs[Knob.ElectionMaxNanos];
        }

        context.Schedule(WorldEventKind.End, context.Now + bound, 0, 0, 0);
    }

    /// <summary>Looks whether all is done: then the run need not go on.</summary>
    public void OnTick()
    {
        if (_isBegun && IsDone())
        {
            context.MeetIf(!IsOver, Mark.EndedEarly);
            IsOver = true;
        }
    }

    public void OnDeadline()
    {
        if (!IsDone())
        {
            context.Fail("alive when faults have stopped", -1, checks.Applied, WhyStuck());
        }

        IsOver = true;
    }

    private bool IsCore(ProtocolNode node) => (_core & (1 << node.Number)) != 0;

    private void ChooseMajority()
    {
        var majority = (context.NodeCount / 2) + 1;
        var start = context.Fate.Below(context.NodeCount, FateDomain.Liveness, 1);
        _core = 0;
        for (var i = 0; i < majority; i++)
        {
            _core |= 1 << ((start + i) % context.NodeCount);
        }
    }

    private void Break(ProtocolNode node)
    {
        var way = context.Fate.Below(4, FateDomain.Liveness, 2 + (ulong)node.Number);
        if (way == 0)
        {
            driver.Crash(node, (ulong)node.Number ^ FateDomain.Liveness, FaultKind.Crash);
            return;
        }

        context.MeetIf(way > 1, Mark.LivenessWithOneWayCut);
        for (var other = 0; other < context.NodeCount; other++)
        {
            if (other == node.Number)
            {
                continue;
            }

            if (way is 1 or 2)
            {
                context.Network.Cut(node.Number, other);
            }

            if (way is 1 or 3)
            {
                context.Network.Cut(other, node.Number);
            }
        }
    }

    private bool IsDone()
    {
        if (!clients.IsIdle)
        {
            return false;
        }

        foreach (var node in context.Nodes)
        {
            if (IsCore(node) && (!node.IsUp || node.AppliedIndex != checks.Applied))
            {
                return false;
            }
        }

        return !operators.IsChanging || (operators.Leader() is { } leader && operators.HasAll(leader));
    }

    private string WhyStuck()
    {
        var leader = operators.Leader();
        var why = leader is null ? "nobody leads" : $"node {leader.Number} leads";
        why += clients.IsIdle ? "" : ", " + clients.WhyBusy;
        foreach (var node in context.Nodes)
        {
            why += node.Raft is not { } raft ? $"; {node.Number}: down"
                : $"; {node.Number}{(IsCore(node) ? "" : " broken")}: {raft.Status.Role} term {raft.Status.Term} "
                    + $"last {raft.Status.LastIndex} commit {raft.Status.CommitIndex} "
                    + $"applied {node.AppliedIndex} {raft.Status.Faults}";
        }

        return why;
    }
}
