using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Plans;

/// <summary>
/// Makes a plan from a seed. Swarm testing: each seed leaves out about half of what can go wrong, so that one fault
/// does not always hide another, and turns the knobs to extremes rather than to the middle. What is drawn for one
/// item does not depend on how many others there are.
/// </summary>
public sealed class PlanGenerator
{
    private const long Micro = 1_000;
    private const long Milli = 1_000_000;
    private const int FaultKinds = 16;

    private readonly List<PlanItem> _items = [];
    private Fate _fate;
    private Knobs _knobs = new();
    private ulong _swarm;
    private Profile _profile;

    /// <summary>The plan of a seed.</summary>
    public Plan Generate(ulong seed, Profile profile)
    {
        Invariant.Check(profile != 0);
        _fate = new Fate(seed);
        _items.Clear();
        _profile = profile;
        _swarm = _fate.Draw(FateDomain.Swarm, 0);
        _knobs = DrawKnobs();
        if (profile == Profile.Protocol)
        {
            AddOperations();
        }
        else
        {
            AddTrade();
        }

        AddFaults();
        AddTriggers();
        AddNemesis();
        AddOperators();

        // By time, and at one time by identity: an order that does not depend on how the items came about.
        _items.Sort(static (left, right) =>
            left.At != right.At ? left.At.CompareTo(right.At) : left.Identity.CompareTo(right.Identity));
        return new Plan(seed, profile, _knobs, [.. _items]);
    }

    private bool Swarm(int bit) => (_swarm & (1UL << bit)) != 0;

    private long Pick(Knob knob, params ReadOnlySpan<long> values) =>
        values[_fate.Below(values.Length, FateDomain.Knob, (ulong)knob)];

    private long Pick(ulong identity, params ReadOnlySpan<long> values) =>
        values[_fate.Below(values.Length, FateDomain.Plan, identity)];

    private long Between(ulong domain, ulong identity, long least, long most) =>
        least + (long)(_fate.Draw(domain, identity) % (ulong)(most - least + 1));

    private Knobs DrawKnobs()
    {
        var knobs = Knobs.Plain.Copy();
        knobs[Knob.Nodes] = Pick(Knob.Nodes, 3, 3, 3, 3, 5, 5, 2, 1, 4, 7);
        knobs[Knob.Clients] = Pick(Knob.Clients, 1, 2, 3, 4);
        knobs[Knob.Keys] = Pick(Knob.Keys, 1, 1, 2, 3);
        knobs[Knob.OperationsUntil] = Pick(Knob.OperationsUntil, 700 * Milli, 1_200 * Milli, 2_000 * Milli);
        if (_profile == Profile.Long)
        {
            knobs[Knob.OperationsUntil] = 150_000 * Milli;
        }

        knobs[Knob.FaultsUntil] = knobs[Knob.OperationsUntil];
        knobs[Knob.LossPpm] = Swarm(0) ? Pick(Knob.LossPpm, 1_000, 10_000, 50_000, 200_000) : 0;
        knobs[Knob.DuplicatePpm] = Swarm(1) ? Pick(Knob.DuplicatePpm, 5_000, 50_000, 300_000) : 0;
        knobs[Knob.FlipPpm] = Swarm(2) ? Pick(Knob.FlipPpm, 1_000, 20_000) : 0;
        knobs[Knob.TailPpm] = Swarm(3) ? Pick(Knob.TailPpm, 5_000, 30_000, 120_000) : 0;
        knobs[Knob.TailMax] = Pick(Knob.TailMax, 20 * Milli, 150 * Milli, 600 * Milli);
        knobs[Knob.DelayMin] = Pick(Knob.DelayMin, 50 * Micro, 500 * Micro, 2 * Milli);
        knobs[Knob.DelaySpread] = Pick(Knob.DelaySpread, 100 * Micro, 2 * Milli, 10 * Milli);
        knobs[Knob.DiskLatencyMin] = Pick(Knob.DiskLatencyMin, 50 * Micro, 400 * Micro, 2 * Milli);
        knobs[Knob.DiskLatencySpread] = Pick(Knob.DiskLatencySpread, 100 * Micro, 1 * Milli, 20 * Milli);
        knobs[Knob.DriftMaxPpm] = Swarm(4) ? Pick(Knob.DriftMaxPpm, 500, 4_900, 4_999) : 0;
        knobs[Knob.WallErrorMax] = Swarm(5) ? Pick(Knob.WallErrorMax, 5 * Milli, 100 * Milli) : 0;
        knobs[Knob.HeartbeatNanos] = Pick(Knob.HeartbeatNanos, 20 * Milli, 30 * Milli, 45 * Milli);
        knobs[Knob.ElectionMinNanos] = 100 * Milli;
        knobs[Knob.ElectionMaxNanos] = Pick(Knob.ElectionMaxNanos, 130 * Milli, 200 * Milli, 300 * Milli);
        knobs[Knob.LeaseReads] = Swarm(6) ? 1 : 0;
        knobs[Knob.MessageBytes] = Pick(Knob.MessageBytes, 130, 300, 1_000, 4_096);
        knobs[Knob.InflightMessages] = Pick(Knob.InflightMessages, 1, 2, 8, 32);
        knobs[Knob.RingEntries] = Pick(Knob.RingEntries, 16, 32, 256);
        knobs[Knob.UncommittedMax] = knobs[Knob.RingEntries] == 16 ? 12 : 24;
        knobs[Knob.SnapshotEvery] = Pick(Knob.SnapshotEvery, 2, 5, 12, 1_000);
        knobs[Knob.SnapshotPartBytes] = Pick(Knob.SnapshotPartBytes, 64, 200, 1_024);
        knobs[Knob.HashEvery] = Pick(Knob.HashEvery, 1, 2, 7);
        knobs[Knob.ClientPatience] = Pick(Knob.ClientPatience, 20 * Milli, 80 * Milli, 250 * Milli);
        knobs[Knob.PayloadBytes] = Pick(Knob.PayloadBytes, 32, 32, 200);
        knobs[Knob.StallNanos] = Pick(Knob.StallNanos, 150 * Milli, 400 * Milli);
        return knobs;
    }

    private void AddOperations()
    {
        var count = (int)Pick(1, 12, 30, 60, 100);
        var until = _knobs[Knob.OperationsUntil];
        var isBursty = Swarm(7);
        var readShare = (int)Pick(2, 20, 50, 70);
        for (var i = 0; i < count; i++)
        {
            var id = (ulong)i + 1;
            var at = Between(FateDomain.Operation, id, 100 * Milli, until);
            if (isBursty)
            {
                at -= at % (100 * Milli) * 4 / 5;
            }

            var share = _fate.Below(100, FateDomain.Operation + (1UL << 32), id);
            _items.Add(new PlanItem
            {
                Kind = share < readShare ? PlanItemKind.Read
                    : share % 4 == 0 ? PlanItemKind.CompareAndSet : PlanItemKind.Write,
                At = at,
                Node = _fate.Below(_knobs.AsInt(Knob.Clients), FateDomain.Client, id),
                Peers = _fate.Below(_knobs.AsInt(Knob.Keys), FateDomain.Operation + (2UL << 32), id),
                Value = i + 1,
                Second = _fate.Below(i + 1, FateDomain.Operation + (3UL << 32), id),
                Identity = StableHash.Mix(_fate.Seed, id),
            });
        }
    }

    // A hundred commands at the least come of these beside those that open the exchange: a step is several.
    private void AddTrade()
    {
        var isLong = _profile == Profile.Long;
        var count = isLong ? 105_000 : (int)Pick(1, 60, 100, 160);
        var until = _knobs[Knob.OperationsUntil];
        var steps = (int)Pick(2, 40, 60, 80);
        for (var i = 0; i < count; i++)
        {
            var id = (ulong)i + 1;
            var share = _fate.Below(100, FateDomain.Operation + (1UL << 32), id);
            _items.Add(new PlanItem
            {
                Kind = share < steps ? PlanItemKind.Step
                    : (share % 8) switch
                    {
                        0 => PlanItemKind.Read,
                        1 or 2 => PlanItemKind.CompareAndSet,
                        _ => PlanItemKind.Write,
                    },
                At = Between(FateDomain.Operation, id, 100 * Milli, until),
                Node = _fate.Below(8, FateDomain.Client, id),
                Identity = StableHash.Mix(_fate.Seed, id),
            });
        }
    }

    private void AddFaults()
    {
        var count = (int)Pick(3, 0, 2, 4, 7, 10);
        for (var i = 0; i < count; i++)
        {
            var id = (ulong)i + 1;
            var kind = _fate.Below(FaultKinds * 2, FateDomain.Nemesis, id);
            if (kind >= FaultKinds || Swarm(8 + kind))
            {
                _items.Add(Fault(kind, id));
            }
        }
    }

    private PlanItem Fault(int kind, ulong id)
    {
        var at = Between(FateDomain.Nemesis + (1UL << 32), id, 20 * Milli, _knobs[Knob.FaultsUntil]);
        var lasts = Pick(id << 8, 10 * Milli, 60 * Milli, 200 * Milli, 500 * Milli);
        var node = _fate.Below(_knobs.AsInt(Knob.Nodes), FateDomain.Node, id);
        var any = _fate.Draw(FateDomain.Nemesis + (2UL << 32), id);
        var item = new PlanItem
        {
            Kind = PlanItemKind.Crash,
            At = at,
            Lasts = lasts,
            Node = node,
            Peers = (int)(any % (1UL << _knobs.AsInt(Knob.Nodes))),
            Second = (long)(any >> 60) & 1,
            Identity = StableHash.Mix(_fate.Seed ^ FateDomain.Nemesis, id),
        };
        return kind switch
        {
            0 or 1 or 2 or 16 or 17 => item,
            3 => item with { Kind = PlanItemKind.Pause },
            4 or 18 => item with { Kind = PlanItemKind.PartitionTwoWay },
            5 or 19 => item with { Kind = PlanItemKind.PartitionOut },
            6 or 20 => item with { Kind = PlanItemKind.PartitionIn },
            7 or 21 => item with { Kind = PlanItemKind.CutLink },
            8 => item with { Kind = PlanItemKind.Clog },
            9 => item with { Kind = PlanItemKind.SlowLink, Value = Pick(id << 9, 5 * Milli, 40 * Milli) },
            10 or 22 => item with { Kind = PlanItemKind.DiskSlow, Value = Pick(id << 10, 5, 30) },
            11 or 23 => item with { Kind = PlanItemKind.DiskStall },
            12 => item with { Kind = PlanItemKind.WriteError },
            13 or 24 => item with { Kind = PlanItemKind.CrashAll, Second = 0 },
            14 or 25 => item with { Kind = PlanItemKind.ClockDrift, Value = (any & 1) == 0 ? 1 : -1 },
            15 or 26 => item with { Kind = PlanItemKind.WallJump, Value = Pick(id << 11, -80, -9, 9, 80) * Milli },
            27 => item with { Kind = PlanItemKind.MonotonicJump, Value = Pick(id << 12, 30, 150, 400) * Milli },
            28 => item with { Kind = PlanItemKind.ClockFreeze },
            29 => item with { Kind = PlanItemKind.WipeDisk },
            30 => item with { Kind = PlanItemKind.RestoreBackup },
            _ => DiskFault(item, id),
        };
    }

    // Faults of bytes on a disk: only where there is one.
    private PlanItem DiskFault(PlanItem item, ulong id) =>
        _profile == Profile.Protocol ? item with { Kind = PlanItemKind.DiskStall } : Pick(id << 13, 0, 1, 2, 3) switch
        {
            0 => item with { Kind = PlanItemKind.BitRot },
            1 => item with { Kind = PlanItemKind.Misdirect },
            2 => item with { Kind = PlanItemKind.DiskFull },
            _ => item with { Kind = PlanItemKind.ReadErrors, Value = 100_000 },
        };

    private void AddTriggers()
    {
        var count = (int)Pick(4, 0, 0, 1, 2, 3);
        for (var i = 0; i < count; i++)
        {
            var id = (ulong)i + 1;
            _items.Add(Trigger(
                id,
                (TriggerEvent)(1 + _fate.Below(19, FateDomain.Trigger, id)),
                (TriggerAction)(1 + _fate.Below(11, FateDomain.Trigger + (1UL << 32), id)),
                1 + _fate.Below(4, FateDomain.Trigger + (2UL << 32), id)));
        }
    }

    // Fires when the event has happened so many times anywhere, from its time on.
    private PlanItem Trigger(ulong id, TriggerEvent waitsFor, TriggerAction action, int occurrence) => new()
    {
        Kind = PlanItemKind.Trigger,
        At = Between(FateDomain.Trigger + (3UL << 32), id, 0, _knobs[Knob.FaultsUntil] / 2),
        Lasts = Pick(id << 16, 5 * Milli, 50 * Milli, 250 * Milli),
        Value = (long)waitsFor,
        Second = (long)action,
        Peers = occurrence,
        Identity = StableHash.Mix(_fate.Seed ^ FateDomain.Trigger, id),
    };

    // Known ways to trouble: several events that only together are dangerous.
    private void AddNemesis()
    {
        switch (_fate.Below(12, FateDomain.Nemesis, 0))
        {
            case 0:
                // Whoever is elected goes away at once, again and again: logs with many short terms (figure 8).
                for (ulong i = 0; i < 4; i++)
                {
                    _items.Add(Trigger(100 + i, TriggerEvent.BecameLeader, TriggerAction.Crash, (int)i + 1));
                }

                break;
            case 1:
                // The leader loses its peers and keeps its clients: it must not answer from what it believes.
                _items.Add(Trigger(110, TriggerEvent.Committed, TriggerAction.IsolateFromPeersOnly, 3));
                _items.Add(Trigger(111, TriggerEvent.ServedRead, TriggerAction.IsolateFromPeersOnly, 2));
                break;
            case 2:
                // One is cut off, the others start anew: only what is durable remains of what they knew.
                _items.Add(Trigger(120, TriggerEvent.Committed, TriggerAction.BounceOthers, 4));
                _items.Add(Trigger(121, TriggerEvent.GrantedVote, TriggerAction.Crash, 2));
                break;
            case 3:
                // A slow follower chases snapshots that are replaced while it receives them.
                _items.Add(Trigger(130, TriggerEvent.SnapshotInstalling, TriggerAction.Crash, 1));
                _items.Add(Trigger(131, TriggerEvent.SnapshotInstalled, TriggerAction.CrashOthers, 1));
                break;
            case 4:
                // Votes and crashes close together.
                _items.Add(Trigger(140, TriggerEvent.GrantedVote, TriggerAction.Crash, 1));
                _items.Add(Trigger(141, TriggerEvent.HardStateWritten, TriggerAction.Crash, 3));
                _items.Add(Trigger(142, TriggerEvent.BecameCandidate, TriggerAction.Pause, 2));
                break;
            default:
                break;
        }
    }

    private void AddOperators()
    {
        if (!Swarm(40))
        {
            return;
        }

        var count = (int)Pick(5, 1, 2, 3);
        for (var i = 0; i < count; i++)
        {
            var id = (ulong)i + 1000;
            _items.Add(new PlanItem
            {
                Kind = _fate.Below(3, FateDomain.Operation + (4UL << 32), id) switch
                {
                    0 => PlanItemKind.TransferLeadership,
                    1 => PlanItemKind.RemoveMember,
                    _ => PlanItemKind.AddMember,
                },
                At = Between(FateDomain.Operation + (5UL << 32), id, 200 * Milli, _knobs[Knob.OperationsUntil]),
                Node = _fate.Below(_knobs.AsInt(Knob.Nodes), FateDomain.Node, id),
                Identity = StableHash.Mix(_fate.Seed ^ FateDomain.Operation, id),
            });
        }
    }
}
