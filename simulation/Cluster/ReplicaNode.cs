using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Simulation.Disks;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>A proposal that waits at its node for the entry it became.</summary>
/// <param name="Index">Where the entry is to be.</param>
/// <param name="Term">Of which term; another term's entry at its place means that it is lost.</param>
/// <param name="Call">The client's call.</param>
internal readonly record struct PendingProposal(ulong Index, ulong Term, int Call);

/// <summary>What a node said so far, and may not unsay after a restart.</summary>
internal struct NodeWord
{
    /// <summary>The highest term of what it sent.</summary>
    public ulong Term;

    /// <summary>The term of its latest acknowledgement, and what it acknowledged.</summary>
    public ulong AcknowledgedTerm;

    public ulong AcknowledgedIndex;
}

/// <summary>One member: the production replica with the exchange, over a simulated disk.</summary>
internal sealed class ReplicaNode(int number) : ProtocolNode(number), IReplicaOutput
{
    public SimulatedDisk Disk { get; } = new();

    /// <summary>The running replica; null while the process is down.</summary>
    public Replica? Replica { get; set; }

    public DiskSnapshotStore? Store { get; set; }

    /// <summary>The machine of the running process.</summary>
    public ExchangeMachine? Exchange { get; set; }

    public List<PendingProposal> Pending { get; } = [];

    /// <summary>The phase seen last, to notice changes.</summary>
    public ReplicaPhase Phase { get; set; }

    /// <summary>Snapshots seen last.</summary>
    public ulong SnapshotIndex { get; set; }

    /// <summary>What it said under its present name.</summary>
    public NodeWord Word;

    /// <summary>Hears what the replica does.</summary>
    public required ReplicaDriver Driver { get; init; }

    /// <inheritdoc/>
    public override ulong AppliedIndex => Replica?.AppliedIndex ?? 0;

    /// <inheritdoc/>
    public void Send(in PeerMessage message, ReadOnlySpan<byte> body) => Driver.OnSend(this, in message, body);

    /// <inheritdoc/>
    public void Applied(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results) =>
        Driver.OnApplied(this, in header, payload, events, results);

    /// <inheritdoc/>
    public void Read(in ReadState read) => Driver.OnRead(this, in read);

    /// <inheritdoc/>
    public void Installed(ulong index) => Driver.OnInstalled(this, index);

    /// <summary>The process is gone; the disk stays.</summary>
    public void Drop()
    {
        Replica?.Dispose();
        Store?.Dispose();
        Replica = null;
        Store = null;
        Exchange = null;
        Raft = null;
        Pending.Clear();
        Phase = ReplicaPhase.Recovering;
        SnapshotIndex = 0;
        Forget();
    }
}
