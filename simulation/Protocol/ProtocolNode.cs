using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Clocks;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>A message on its way.</summary>
internal sealed class MessageSlot
{
    public PeerMessage Header;

    public byte[] Body { get; private set; } = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => Body.AsSpan(0, Length);

    public void Set(in PeerMessage header, ReadOnlySpan<byte> body)
    {
        Header = header;
        Length = body.Length;
        if (Body.Length < body.Length)
        {
            Body = new byte[Math.Max(body.Length, 512)];
        }

        body.CopyTo(Body);
    }
}

/// <summary>What a node reads or stores beside its log, under way.</summary>
internal sealed class NodeJob
{
    public NodeJobKind Kind;
    public EntryRead Entries;
    public SnapshotRead Snapshot;
    public SnapshotPart Part;
    public SnapshotPoint? Point;
    public int Length;

    public byte[] Bytes { get; } = new byte[4096];
}

/// <summary>Kinds of such work.</summary>
internal enum NodeJobKind : byte
{
    ReadEntries = 1,
    ReadSnapshot = 2,
    StorePart = 3,
    TakeSnapshot = 4,
}

/// <summary>
/// One member of the simulated cluster: the production consensus, a modelled log, the tiny machine, and a clock of its
/// own. What survives a crash and what does not is told apart here.
/// </summary>
internal class ProtocolNode(int number)
{
    /// <summary>Counts from zero.</summary>
    public int Number { get; } = number;

    /// <summary>Its name in the cluster: number from one, and the life of its disk.</summary>
    public MemberId Id { get; set; }

    /// <summary>The running consensus; null while the process is down.</summary>
    public RaftNode? Raft { get; set; }

    /// <summary>Counts starts: what is due for an earlier one comes to nothing.</summary>
    public int Boot { get; set; }

    /// <summary>Whether the disk is new and nothing was ever said.</summary>
    public bool IsNew { get; set; }

    /// <summary>Whether it takes part; a node that was never added has an empty configuration.</summary>
    public bool IsFounder { get; set; }

    public ModelledLog Log { get; } = new();

    /// <summary>The last index in its state.</summary>
    public virtual ulong AppliedIndex => Machine.AppliedIndex;

    public ModelledSnapshots Snapshots { get; } = new();

    public TinyMachine Machine { get; } = new();

    public NodeClock Clock { get; } = new();

    public List<PendingRead> Reads { get; } = [];

    /// <summary>By client: the sequence that waits here for its answer; zero where none does.</summary>
    public uint[] Waiting { get; } = new uint[TinyMachine.ClientsMax];

    /// <summary>It stands still until this time of the world.</summary>
    public long PausedUntil { get; set; }

    public long StalledUntil { get; set; }

    public long SlowUntil { get; set; }

    public long Slowness { get; set; } = 1;

    public bool IsNextWriteBad { get; set; }

    /// <summary>A write has failed: the process is to end.</summary>
    public bool HasDiskFailed { get; set; }

    /// <summary>Operators took it out: it can come back only as another member.</summary>
    public bool WasRemoved { get; set; }

    public bool IsSnapshotUnderWay { get; set; }

    public ulong SnapshotAt { get; set; }

    /// <summary>How wrong its wall clock is by itself.</summary>
    public long WallError { get; set; }

    // What was seen of it last, to notice changes.
    public RaftRole Role { get; set; }

    public ulong Term { get; set; }

    public ulong Commit { get; set; }

    public RaftFaults Faults { get; set; }

    public MemberId Leader { get; set; }

    public bool IsUp => Raft is not null;

    /// <summary>Everything as before the first start.</summary>
    public void Clear()
    {
        Raft = null;
        Boot = 0;
        IsNew = true;
        IsFounder = true;
        Id = new MemberId((uint)Number + 1, 1);
        Log.Clear();
        Snapshots.Clear();
        Machine.Clear();
        StalledUntil = 0;
        SlowUntil = 0;
        Slowness = 1;
        WallError = 0;
        WasRemoved = false;
        Forget();
    }

    /// <summary>What a process knows and a disk does not.</summary>
    public void Forget()
    {
        Reads.Clear();
        Array.Clear(Waiting);
        PausedUntil = 0;
        IsNextWriteBad = false;
        HasDiskFailed = false;
        IsSnapshotUnderWay = false;
        Role = RaftRole.Stopped;
        Term = 0;
        Commit = 0;
        Faults = RaftFaults.None;
        Leader = MemberId.None;
    }
}
