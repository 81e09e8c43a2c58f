using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>Carries out what a plan lets go wrong, and undoes it when its time is over.</summary>
internal sealed class Weather(ProtocolContext context, INodeDriver driver, IWorldChecks checks)
{
    private const long Millisecond = 1_000_000;
    // The world begins at a moment of 2023.
    public const long Epoch = 1_700_000_000_000 * Millisecond;
    private const long RepairNanos = 120 * Millisecond;

    private readonly List<PlanItem> _underWay = [];
    private readonly long[] _driftPpm = new long[ProtocolContext.NodesMax];

    public void Begin()
    {
        _underWay.Clear();
        for (var place = 0; place < context.Plan.Items.Count; place++)
        {
            var item = context.Plan.Items[place];
            if (item.IsFault && item.Kind != PlanItemKind.Trigger)
            {
                context.Schedule(WorldEventKind.FaultBegins, item.At, item.Node, place, item.Identity);
            }
        }

        foreach (var node in context.Nodes)
        {
            SetClock(node);
        }
    }

    /// <summary>A fault of the plan begins, or a trigger has fired at a node.</summary>
    public void OnBegins(in WorldEvent due)
    {
        if (context.IsCalm)
        {
            return;
        }

        var item = context.Plan.Items[due.Slot];
        if (item.Kind == PlanItemKind.Trigger)
        {
            item = Action(item, context.AllNodes[due.Node]);
        }

        if (item.Kind != PlanItemKind.None && item.Node < context.NodeCount)
        {
            Carry(item);
        }
    }

    public void OnEnds(int slot)
    {
        if (context.IsCalm)
        {
            return;
        }

        var item = _underWay[slot];
        switch (item.Kind)
        {
            case PlanItemKind.Clog:
                ForLinks(item, (from, to) => context.Network.Unclog(from, to));
                break;
            case PlanItemKind.SlowLink:
                ForLinks(item, (from, to) => context.Network.Slow(from, to, -item.Value));
                break;
            case PlanItemKind.ClockFreeze:
                context.AllNodes[item.Node].Clock.Thaw(context.Now);
                break;
            case PlanItemKind.DiskFull:
            case PlanItemKind.ReadErrors:
                driver.Repair(context.AllNodes[item.Node], in item);
                break;
            default:
                ForCuts(item, (from, to) => context.Network.Mend(from, to));
                break;
        }
    }

    /// <summary>A node whose disk failed ends by itself, and comes back with another disk controller.</summary>
    public void EndFailed(ProtocolNode node) =>
        CrashFor(node, RepairNanos, (ulong)node.Boot ^ 0xD15C, FaultKind.Crash);

    /// <summary>Everything that can be undone is undone: from here on the world is kind.</summary>
    public void Calm()
    {
        context.IsCalm = true;
        context.Network.Calm();
        context.Network.HealAll();
        foreach (var node in context.Nodes)
        {
            node.Clock.Thaw(context.Now);
            node.Clock.JumpWall(context.Now + Epoch + node.WallError - node.Clock.Wall(context.Now));
            node.StalledUntil = 0;
            node.SlowUntil = 0;
            node.IsNextWriteBad = false;
        }
    }

    private void SetClock(ProtocolNode node)
    {
        var most = context.Knobs[Knob.DriftMaxPpm];
        var wall = context.Knobs[Knob.WallErrorMax];
        var drawn = context.Fate.Draw(FateDomain.ClockDrift, (ulong)node.Number);

        // At the extremes rather than between: two clocks that drift apart as far as they may.
        _driftPpm[node.Number] = most == 0 ? 0 : (drawn % 3) switch { 0 => most, 1 => -most, _ => 0 };
        var offset = wall == 0 ? 0
            : (long)(context.Fate.Draw(FateDomain.ClockOffset, (ulong)node.Number) % (ulong)(2 * wall)) - wall;
        var boot = 1_000 * Millisecond * (1 + node.Number);
        node.WallError = offset;
        node.Clock.Reset(boot, _driftPpm[node.Number], Epoch + offset - boot);
        if (_driftPpm[node.Number] != 0)
        {
            context.Report.Faults.Count(FaultKind.ClockDrift);
        }

        if (offset != 0)
        {
            context.Report.Faults.Count(FaultKind.ClockOffset);
        }
    }

    private void Carry(PlanItem item)
    {
        var node = context.AllNodes[item.Node];
        switch (item.Kind)
        {
            case PlanItemKind.Crash:
                CrashFor(node, item.Lasts, item.Identity, FaultKind.Crash);
                break;
            case PlanItemKind.CrashAll:
                foreach (var other in context.Nodes)
                {
                    if (item.Second == 0 || other != node)
                    {
                        CrashFor(other, item.Lasts + (other.Number * Millisecond), item.Identity, FaultKind.CrashOfAll);
                    }
                }

                break;
            case PlanItemKind.Pause:
                Pause(node, item);
                break;
            case PlanItemKind.PartitionTwoWay:
            case PlanItemKind.PartitionOut:
            case PlanItemKind.PartitionIn:
            case PlanItemKind.CutLink:
                ForCuts(item, (from, to) => context.Network.Cut(from, to));
                CountCut(item);
                EndLater(item);
                break;
            case PlanItemKind.Clog:
                ForLinks(item, (from, to) => context.Network.Clog(from, to, context.Now + item.Lasts));
                EndLater(item);
                break;
            case PlanItemKind.SlowLink:
                ForLinks(item, (from, to) => context.Network.Slow(from, to, item.Value));
                EndLater(item);
                break;
            case PlanItemKind.DiskSlow:
                node.Slowness = item.Value;
                node.SlowUntil = context.Now + item.Lasts;
                break;
            case PlanItemKind.DiskStall:
                node.StalledUntil = Math.Max(node.StalledUntil, context.Now + item.Lasts);
                break;
            case PlanItemKind.WriteError:
                node.IsNextWriteBad = node.IsUp;
                break;
            case PlanItemKind.WipeDisk:
                Wipe(node, item);
                break;
            case PlanItemKind.DiskFull:
            case PlanItemKind.ReadErrors:
            case PlanItemKind.BitRot:
            case PlanItemKind.Misdirect:
                if (driver.Damage(node, in item))
                {
                    EndLater(item);
                }

                break;
            default:
                DisturbClock(node, item);
                break;
        }
    }

    private void DisturbClock(ProtocolNode node, PlanItem item)
    {
        // A lease rests on clocks that drift no more than was promised: with leases on, that promise is kept.
        var mayBreakPromises = !context.Options.LeaseReads;
        switch (item.Kind)
        {
            case PlanItemKind.ClockDrift:
                node.Clock.SetDrift(context.Now, item.Value * context.Knobs[Knob.DriftMaxPpm]);
                context.Count(FaultKind.ClockDrift, node.Number, item.Identity);
                break;
            case PlanItemKind.WallJump:
                node.Clock.JumpWall(item.Value);
                context.Count(
                    item.Value > 0 ? FaultKind.ClockJumpForward : FaultKind.ClockJumpBack, node.Number, item.Identity);
                break;
            case PlanItemKind.MonotonicJump when mayBreakPromises:
                node.Clock.JumpMonotonic(context.Now, item.Value);
                node.Clock.JumpWall(-item.Value);
                context.Count(FaultKind.ClockJumpForward, node.Number, item.Identity);
                break;
            case PlanItemKind.ClockFreeze when mayBreakPromises:
                node.Clock.Freeze(context.Now);
                context.Count(FaultKind.ClockFrozen, node.Number, item.Identity);
                EndLater(item);
                break;
            default:
                break;
        }
    }

    private void CrashFor(ProtocolNode node, long lasts, ulong identity, FaultKind kind)
    {
        if (!node.IsUp)
        {
            return;
        }

        driver.Crash(node, identity, node.Faults.HasFlag(RaftFaults.Recalling) ? FaultKind.CrashInRecovery : kind);
        context.Schedule(
            WorldEventKind.Restart, context.Now + Math.Max(lasts, Millisecond), node.Number, 0, identity, node.Boot);
    }

    private void Pause(ProtocolNode node, PlanItem item)
    {
        if (!node.IsUp)
        {
            return;
        }

        context.Count(FaultKind.Pause, node.Number, item.Identity);
        context.MeetIf(node.Role == RaftRole.Leader, Mark.PauseOfLeader);
        node.PausedUntil = Math.Max(node.PausedUntil, context.Now + item.Lasts);
    }

    // A new disk is a new member: the operators add it under the next incarnation once the old one is out.
    private void Wipe(ProtocolNode node, PlanItem item)
    {
        // Where members are taken out as well, the disk might be one of too few: no cluster survives that.
        if (context.NodeCount < 3 || context.Plan.Items.Any(other => other.Kind == PlanItemKind.RemoveMember)
            || !checks.TryLoseDisk(node))
        {
            return;
        }

        context.Count(FaultKind.DiskLost, node.Number, item.Identity);
        driver.Replace(node);
        context.Schedule(
            WorldEventKind.Restart, context.Now + Math.Max(item.Lasts, Millisecond), node.Number, 0, item.Identity,
            node.Boot);
    }

    // What a trigger does, as an item of its own.
    private static PlanItem Action(PlanItem trigger, ProtocolNode node)
    {
        var item = trigger with { Node = node.Number, Peers = 1 << node.Number, Value = 0, Second = 0 };
        return (TriggerAction)trigger.Second switch
        {
            TriggerAction.Crash => item with { Kind = PlanItemKind.Crash },
            TriggerAction.Pause => item with { Kind = PlanItemKind.Pause },
            TriggerAction.Isolate => item with { Kind = PlanItemKind.PartitionTwoWay, Second = 1 },
            TriggerAction.IsolateFromPeersOnly => item with { Kind = PlanItemKind.PartitionTwoWay },
            TriggerAction.CutOut => item with { Kind = PlanItemKind.PartitionOut },
            TriggerAction.CutIn => item with { Kind = PlanItemKind.PartitionIn },
            TriggerAction.CrashOthers => item with { Kind = PlanItemKind.CrashAll, Second = 1 },
            TriggerAction.CrashAll => item with { Kind = PlanItemKind.CrashAll },
            TriggerAction.BounceOthers =>
                item with { Kind = PlanItemKind.CrashAll, Second = 1, Lasts = 2 * Millisecond },
            TriggerAction.StallDisk => item with { Kind = PlanItemKind.DiskStall },
            TriggerAction.JumpClock => item with { Kind = PlanItemKind.WallJump, Value = 90 * Millisecond },
            _ => item with { Kind = PlanItemKind.None },
        };
    }

    private void CountCut(PlanItem item)
    {
        var kind = item.Kind switch
        {
            PlanItemKind.PartitionTwoWay when item.Second == 0 => FaultKind.PeersLostClientsReachable,
            PlanItemKind.PartitionTwoWay => FaultKind.PartitionTwoWay,
            PlanItemKind.CutLink => FaultKind.PartitionPartial,
            _ => FaultKind.PartitionOneWay,
        };
        context.Count(kind, item.Node, item.Identity);
    }

    private void EndLater(PlanItem item)
    {
        _underWay.Add(item);
        context.Schedule(
            WorldEventKind.FaultEnds, context.Now + item.Lasts, item.Node, _underWay.Count - 1, item.Identity);
    }

    private void ForCuts(PlanItem item, Action<int, int> act)
    {
        if (item.Kind == PlanItemKind.CutLink)
        {
            ForLinks(item, act);
            return;
        }

        for (var inside = 0; inside < context.NodeCount; inside++)
        {
            if ((item.Peers & (1 << inside)) == 0)
            {
                continue;
            }

            for (var client = 0; item.Second != 0 && client < context.Knobs.AsInt(Knob.Clients); client++)
            {
                act(inside, ProtocolContext.ClientEndpoint + client);
                act(ProtocolContext.ClientEndpoint + client, inside);
            }

            for (var outside = 0; outside < context.NodeCount; outside++)
            {
                if ((item.Peers & (1 << outside)) != 0)
                {
                    continue;
                }

                if (item.Kind != PlanItemKind.PartitionIn)
                {
                    act(inside, outside);
                }

                if (item.Kind != PlanItemKind.PartitionOut)
                {
                    act(outside, inside);
                }
            }
        }
    }

    private void ForLinks(PlanItem item, Action<int, int> act)
    {
        for (var to = 0; to < context.NodeCount; to++)
        {
            if (to != item.Node && (item.Peers & (1 << to)) != 0)
            {
                act(item.Node, to);
            }
        }
    }
}
