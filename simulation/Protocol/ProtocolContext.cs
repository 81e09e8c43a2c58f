using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Checkers;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Network;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>What all parts of a protocol world share: time, chance, the network, the nodes, the report.</summary>
internal sealed class ProtocolContext
{
    /// <summary>Most nodes.</summary>
    public const int NodesMax = 7;

    /// <summary>Endpoints of clients in the network come behind those of nodes.</summary>
    public const int ClientEndpoint = 16;

    /// <summary>So many messages wait in one direction of a link; a transport's queue is bounded.</summary>
    private const int LinkQueueMax = 24;

    private readonly int[] _underWay = new int[NodesMax * NodesMax];

    public EventQueue Queue { get; } = new();

    public Trace Trace { get; } = new();

    public NetworkModel Network { get; } = new();

    public SlotPool<MessageSlot> Messages { get; } = new();

    public SlotPool<NodeJob> Jobs { get; } = new();

    public OccurrenceTable Occurrences { get; } = new();

    public RunReport Report { get; } = new();

    public ChainHasher Hasher { get; } = new();

    public ProtocolNode[] AllNodes { get; init; } =
        [.. Enumerable.Range(0, NodesMax).Select(i => new ProtocolNode(i))];

    /// <summary>How the tunables of consensus follow from a plan.</summary>
    public Func<Plan, RaftOptions> MakeOptions { get; init; } = OptionsOf;

    public Plan Plan { get; private set; } = new(0, Profile.Protocol, Knobs.Plain, []);

    public Knobs Knobs => Plan.Knobs;

    public Fate Fate { get; private set; }

    public int NodeCount { get; private set; }

    public RaftOptions Options { get; private set; } = new();

    public bool IsCalm { get; set; }

    /// <summary>To whom leadership is being handed over; none where it is not.</summary>
    public MemberId TransferTarget { get; set; }

    /// <summary>Who watches; null in every run that is only judged.</summary>
    public ProtocolWatch? Watch { get; set; }

    /// <summary>What is planted; none in every honest run.</summary>
    public PlantedBug Bug { get; init; }

    /// <summary>What is changed beside it.</summary>
    public Perturbation Perturbation { get; init; }

    /// <summary>How often the planted bug made a difference in all runs.</summary>
    public long BugReached { get; private set; }

    public long Now => Queue.Now;

    public Span<ProtocolNode> Nodes => AllNodes.AsSpan(0, NodeCount);

    public void Begin(Plan plan, bool keepsLines)
    {
        Plan = plan;
        Fate = new Fate(plan.Seed);
        NodeCount = plan.Knobs.AsInt(Knob.Nodes);
        Queue.Clear();
        Trace.Clear(keepsLines);
        Messages.Clear();
        Jobs.Clear();
        Occurrences.Clear();
        Report.Clear();
        IsCalm = false;
        TransferTarget = MemberId.None;
        Array.Clear(_underWay);
        Options = MakeOptions(plan);
        Network.Reset(
            Fate,
            new NetworkRates
            {
                LossPpm = plan.Knobs.AsInt(Knob.LossPpm),
                DuplicatePpm = plan.Knobs.AsInt(Knob.DuplicatePpm),
                FlipPpm = plan.Knobs.AsInt(Knob.FlipPpm),
                TailPpm = plan.Knobs.AsInt(Knob.TailPpm),
                DelayMin = plan.Knobs[Knob.DelayMin],
                DelaySpread = plan.Knobs[Knob.DelaySpread],
                TailMax = plan.Knobs[Knob.TailMax],
            },
            Report.Faults);
    }

    /// <summary>Whether a bug is planted here; being asked where it matters, it counts as reached.</summary>
    public bool HasBug(PlantedBug bug)
    {
        if (Bug != bug)
        {
            return false;
        }

        BugReached++;
        return true;
    }

    public void Meet(Marks.Mark mark) => Report.Marks.Set((int)mark);

    public void MeetIf(bool isMet, Marks.Mark mark)
    {
        if (isMet)
        {
            Meet(mark);
        }
    }

    /// <summary>Counts a refusal.</summary>
    public void Mark(Refusal refusal)
    {
        if (refusal != Refusal.None)
        {
            Report.Refusals++;
            Report.Marks.Set((int)Marks.Mark.RefusedFaulty + (int)refusal - 1);
        }
    }

    /// <summary>A configuration was applied: who is in it?</summary>
    public void MarkMembers(ReadOnlySpan<byte> payload)
    {
        Meet(Marks.Mark.ConfigurationApplied);
        var isConfiguration = Configuration.TryDecode(payload, out var members);
        Invariant.Check(isConfiguration);
        foreach (var member in members.Members)
        {
            // Whoever comes later comes as a learner, under an incarnation above the first.
            MeetIf(member.Id.Incarnation > 1 && members.IsVoter(member.Id), Marks.Mark.MemberPromoted);
        }
    }

    public void Count(FaultKind kind, int node, ulong identity)
    {
        Report.Faults.Count(kind);
        Note(TraceKind.FaultInjected, (byte)kind, node, 0, identity, 0);
    }

    public void Note(TraceKind kind, byte detail, int node, int peer, ulong identity, ulong value) =>
        Trace.Add(new TraceLine(Now, kind, detail, (byte)node, (byte)peer, identity, value));

    /// <summary>Something that must hold does not. The first is kept, and ends the run.</summary>
    public void Fail(string checker, int node, ulong index, string text)
    {
        Report.Failure ??= new Failure(checker, node, index, Now, Report.Events, text);
    }

    public void Schedule(
        WorldEventKind kind, long at, int node, int slot, ulong identity, int incarnation = 0, int peer = 0) =>
        Queue.Schedule(new WorldEvent
        {
            Kind = kind,
            At = Math.Max(at, Now),
            Node = (byte)node,
            Peer = (byte)peer,
            Slot = slot,
            Identity = identity,
            Incarnation = incarnation,
        });

    /// <summary>Whose node a member is; null where it is none or another life of it.</summary>
    public ProtocolNode? NodeOf(MemberId id)
    {
        var place = (int)id.Number - 1;
        return (uint)place < (uint)NodeCount && AllNodes[place].Id == id ? AllNodes[place] : null;
    }

    /// <summary>Sends a message between nodes; the network decides what becomes of it.</summary>
    public void Send(ProtocolNode from, in PeerMessage header, ReadOnlySpan<byte> body)
    {
        var to = (int)header.To.Number - 1;
        if ((uint)to >= (uint)NodeCount || (to == NodeCount - 1 && HasBug(PlantedBug.HighestNodeNeverReached)))
        {
            return;
        }

        var identity = IdentityOf(in header, from.Number, to);
        var bits = (PeerMessageCodec.HeaderSize + body.Length) * 8L;
        var added = Perturbation == Perturbation.AddedField ? 64 : 0;
        var fate = Network.Send(from.Number, to, identity, Now, bits + added);
        if (fate.FlippedBit >= bits)
        {
            // In the added field, of which nobody makes anything.
            fate = fate with { FlippedBit = -1 };
        }

        Note(
            fate.Arrival < 0 ? TraceKind.MessageLost : TraceKind.MessageSent,
            (byte)header.Kind, from.Number, to, identity, header.Index ^ (header.Term << 32));
        Watch?.Sends(from.Number, to, identity, in header, in fate);
        Deliver(from.Number, to, in header, body, identity, fate.Arrival, fate.FlippedBit);
        Deliver(from.Number, to, in header, body, identity + 1, fate.CopyArrival, -1);
        if (Perturbation == Perturbation.AddedMessage && header.Kind == PeerMessageKind.AppendEntries)
        {
            SendAdded(from.Number, to, in header, identity);
        }
    }

    private void SendAdded(int from, int to, in PeerMessage header, ulong identity)
    {
        var added = header;
        added.ClusterId++;
        added.BodyLength = 0;
        var named = StableHash.Mix(identity, 0xADDED);
        var fate = Network.Send(from, to, named, Now, bits: 0);
        Deliver(from, to, in added, [], named, fate.Arrival, -1);
    }

    private void Deliver(
        int from, int to, in PeerMessage header, ReadOnlySpan<byte> body, ulong identity, long at, long flippedBit)
    {
        const int UnderWayMax = 3000;
        if (at < 0)
        {
            return;
        }

        if (_underWay[(from * NodesMax) + to] >= LinkQueueMax)
        {
            Count(FaultKind.QueueOverflow, to, identity);
            return;
        }

        if (Messages.Used >= UnderWayMax)
        {
            Fail("message storm", from, 0, $"{UnderWayMax} messages are under way at once");
            return;
        }

        var slot = Messages.Rent();
        Messages[slot].Set(in header, body);
        if (flippedBit >= 0 && !IsStillAMessage(Messages[slot], flippedBit))
        {
            Messages.Return(slot);
            return;
        }

        _underWay[(from * NodesMax) + to]++;
        Schedule(WorldEventKind.Arrival, at, to, slot, identity, peer: from);
    }

    /// <summary>A message is at the end of its way, whoever takes it.</summary>
    public void Arrived(int from, int to, int slot)
    {
        _underWay[(from * NodesMax) + to]--;
        Messages.Return(slot);
    }

    // As a transport does: what fails its checksums is dropped and never reaches consensus.
    private bool IsStillAMessage(MessageSlot slot, long bit)
    {
        Span<byte> header = stackalloc byte[PeerMessageCodec.HeaderSize];
        PeerMessageCodec.Write(in slot.Header, header);
        if (bit < PeerMessageCodec.HeaderSize * 8)
        {
            header[(int)(bit / 8)] ^= (byte)(1 << (int)(bit % 8));
        }
        else
        {
            slot.Body[(int)(bit / 8) - PeerMessageCodec.HeaderSize] ^= (byte)(1 << (int)(bit % 8));
        }

        if (PeerMessageCodec.Read(header, out var read) != PeerMessageError.None)
        {
            Meet(Marks.Mark.FlipFoundInHeader);
            return false;
        }

        if (PeerMessageCodec.CheckBody(in read, slot.Bytes) != PeerMessageError.None)
        {
            Meet(Marks.Mark.FlipFoundInBody);
            return false;
        }

        Meet(Marks.Mark.FlipLeftToEntries);
        slot.Header = read;
        return true;
    }

    // What the message says, not when it is sent: a seed then means the same after an unrelated message was added.
    private ulong IdentityOf(in PeerMessage header, int from, int to)
    {
        var identity = StableHash.Mix(((ulong)from << 16) ^ ((ulong)to << 8) ^ (ulong)header.Kind, header.Term);
        identity = StableHash.Mix(identity ^ header.Index, ((ulong)header.EntryCount << 32) ^ header.Offset);
        return StableHash.Mix(identity, Occurrences.Next(identity));
    }

    private static RaftOptions OptionsOf(Plan plan)
    {
        const long Millisecond = 1_000_000;
        var knobs = plan.Knobs;
        return new RaftOptions
        {
            Seed = plan.Seed,
            HeartbeatNanos = knobs[Knob.HeartbeatNanos],
            ElectionTimeoutMinNanos = knobs[Knob.ElectionMinNanos],
            ElectionTimeoutMaxNanos = knobs[Knob.ElectionMaxNanos],
            LeaseReads = knobs[Knob.LeaseReads] != 0,
            ClockDriftMaxPpm = 10_000,
            ClockErrorMaxNanos = 120 * Millisecond,
            StampAheadMaxNanos = 400 * Millisecond,
            ClockStepMaxNanos = 1_000 * Millisecond,
            DiskStallNanos = knobs[Knob.StallNanos],
            RingBytes = 1 << 14,
            RingEntries = knobs.AsInt(Knob.RingEntries),
            UncommittedEntriesMax = Math.Min(knobs.AsInt(Knob.UncommittedMax), knobs.AsInt(Knob.RingEntries) * 3 / 4),
            MessageBytesMax = knobs.AsInt(Knob.MessageBytes),
            InflightMessagesMax = knobs.AsInt(Knob.InflightMessages),
            InflightBytesMax = 1 << 14,
            SnapshotPartBytes = knobs.AsInt(Knob.SnapshotPartBytes),
            ReadsMax = knobs[Knob.InflightMessages] == 1 ? 1 : 64,
            HashIntervalEntries = knobs.AsInt(Knob.HashEvery),
            HashHistory = 64,
            PromotionLagEntries = 4,
        };
    }
}
