using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// The people who run the cluster: they want certain members and look every now and then whether they have them. A
/// change that is refused is tried again, by whoever leads then.
/// </summary>
internal sealed class Operators(ProtocolContext context, INodeDriver driver, IWorldChecks checks)
{
    private const long RoundNanos = 50_000_000;

    private readonly bool[] _isWanted = new bool[ProtocolContext.NodesMax];

    private bool _hasAskedForNobody;

    /// <summary>Whether the members are, or may come to be, others than at the start.</summary>
    public bool IsChanging { get; private set; }

    public void Begin()
    {
        Array.Fill(_isWanted, true);
        IsChanging = false;
        _hasAskedForNobody = false;
        for (var place = 0; place < context.Plan.Items.Count; place++)
        {
            var item = context.Plan.Items[place];
            if (item.IsOperator && item.Node < context.NodeCount)
            {
                context.Schedule(WorldEventKind.Operator, item.At, item.Node, place, item.Identity);
                IsChanging |= item.Kind != PlanItemKind.TransferLeadership;
            }

            IsChanging |= item.Kind is PlanItemKind.WipeDisk or PlanItemKind.BitRot or PlanItemKind.Misdirect
                or PlanItemKind.ReadErrors;
        }

        if (IsChanging)
        {
            context.Schedule(WorldEventKind.Operator, RoundNanos, 0, -1, 1);
        }
    }

    /// <summary>A step of the plan, or the next look at the members.</summary>
    public void OnDue(in WorldEvent due)
    {
        if (due.Slot < 0)
        {
            Look();
            context.Schedule(WorldEventKind.Operator, context.Now + RoundNanos, 0, -1, due.Identity + 1);
            return;
        }

        var item = context.Plan.Items[due.Slot];
        switch (item.Kind)
        {
            case PlanItemKind.TransferLeadership:
                Transfer(item.Node);
                break;
            case PlanItemKind.RemoveMember:
                _isWanted[item.Node] = false;
                break;
            default:
                _isWanted[item.Node] = true;
                break;
        }
    }

    /// <summary>In the end everybody shall take part again.</summary>
    public void WantAll() => Array.Fill(_isWanted, true);

    /// <summary>Whether the members are those that are wanted.</summary>
    public bool HasAll(ProtocolNode leader)
    {
        var members = leader.Raft!.Configuration;
        if (members.IsJoint)
        {
            return false;
        }

        foreach (var node in context.Nodes)
        {
            if (members.RolesOf(node.Id) != MemberRoles.Voter)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Who leads, as far as an operator can tell; null where nobody does.</summary>
    public ProtocolNode? Leader()
    {
        ProtocolNode? leader = null;
        foreach (var node in context.Nodes)
        {
            if (node is { IsUp: true, Role: RaftRole.Leader } && node.PausedUntil <= context.Now
                && (leader is null || node.Term > leader.Term))
            {
                leader = node;
            }
        }

        return leader;
    }

    private void Transfer(int to)
    {
        var leader = Leader();
        if (leader is null)
        {
            return;
        }

        var refusal = leader.Raft!.TransferLeadership(context.AllNodes[to].Id);
        context.Mark(refusal);
        context.Meet(Mark.TransferAsked);
        if (refusal == Refusal.None)
        {
            context.TransferTarget = context.AllNodes[to].Id;
            driver.OnTransfer(leader);
        }

        driver.Pump(leader);
    }

    private void Look()
    {
        var leader = Leader();
        if (leader?.Raft is null)
        {
            return;
        }

        var status = leader.Raft.Status;
        if (leader.Raft.Configuration.IsJoint || status.ConfigurationIndex > status.CommitIndex)
        {
            // A change that is not committed may yet be taken back: nobody's disk is thrown away for it. Who asks for
            // the next one nevertheless is told to wait.
            Propose(leader, Configuration.OfVoters(leader.Id));
            return;
        }

        var members = leader.Raft.Configuration;
        foreach (var node in context.Nodes)
        {
            var target = TargetFor(node, members);
            if (target is null || !leader.IsUp)
            {
                continue;
            }

            Propose(leader, target);
            return;
        }

        if (!_hasAskedForNobody && !members.CanChangeTo(Configuration.Empty))
        {
            // A slip of the hand: a cluster of nobody. It is refused and changes nothing.
            _hasAskedForNobody = true;
            Propose(leader, Configuration.Empty);
        }
    }

    private void Propose(ProtocolNode leader, Configuration target)
    {
        context.Mark(leader.Raft!.ProposeConfiguration(target, out _));
        driver.Pump(leader);
    }

    private Configuration? TargetFor(ProtocolNode node, Configuration members)
    {
        foreach (var member in members.Members)
        {
            if (member.Id.Number == node.Id.Number && member.Id != node.Id)
            {
                context.Meet(Mark.MemberRemoved);
                return members.With(member.Id, MemberRoles.None);
            }
        }

        var roles = members.RolesOf(node.Id);
        if (_isWanted[node.Number] && roles == MemberRoles.None)
        {
            if (!node.IsNew && node.WasRemoved)
            {
                // What was a member once comes back as another one: what it said does not count any more.
                Renew(node);
            }

            context.Meet(Mark.MemberAdded);
            return members.With(node.Id, MemberRoles.Learner | MemberRoles.Promotable);
        }

        if (!_isWanted[node.Number] && roles != MemberRoles.None && members.VoterCount > 1)
        {
            node.WasRemoved = true;
            context.MeetIf(node.Role == RaftRole.Leader, Mark.LeaderRemoved);
            return members.With(node.Id, MemberRoles.None);
        }

        return null;
    }

    private void Renew(ProtocolNode node)
    {
        checks.TryLoseDisk(node);
        driver.Replace(node);
        context.Schedule(
            WorldEventKind.Restart, context.Now + 1, node.Number, 0, StableHash.Mix(node.Id.Incarnation, 7), node.Boot);
    }
}
