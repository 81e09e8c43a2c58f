namespace Exchange.Rsm.Simulation.Kernel;

/// <summary>What is due in the world.</summary>
public enum WorldEventKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A message reaches a node; the slot holds it.</summary>
    Arrival = 1,

    /// <summary>A disk is done with a request; the slot holds it.</summary>
    DiskDone = 2,

    /// <summary>A node looks at its clock.</summary>
    Tick = 3,

    /// <summary>A client does the operation of the slot.</summary>
    Operation = 4,

    /// <summary>A client has waited long enough for the operation of the slot.</summary>
    ClientTimeout = 5,

    /// <summary>An answer reaches a client.</summary>
    Answer = 6,

    /// <summary>The fault of the slot begins.</summary>
    FaultBegins = 7,

    /// <summary>The fault of the slot ends.</summary>
    FaultEnds = 8,

    /// <summary>A node starts again.</summary>
    Restart = 9,

    /// <summary>A node goes on after a pause.</summary>
    Resume = 10,

    /// <summary>Faults stop; a majority must now make progress.</summary>
    LivenessPhase = 11,

    /// <summary>The time is up.</summary>
    End = 12,

    /// <summary>An operator does something to the cluster; the slot holds what.</summary>
    Operator = 13,

    /// <summary>A client's request reaches a node; the slot holds it.</summary>
    Request = 14,

    /// <summary>The broker delivers to the ledger.</summary>
    Broker = 15,
}

/// <summary>Something due at a time.</summary>
public struct WorldEvent
{
    /// <summary>When, nanoseconds of the world.</summary>
    public long At;

    /// <summary>Number of its scheduling: what is due at the same time comes in this order.</summary>
    public long Order;

    /// <summary>What names it for the trace: the same thing in a slightly other run has the same identity.</summary>
    public ulong Identity;

    /// <summary>Where what belongs to it is kept.</summary>
    public int Slot;

    /// <summary>The incarnation of the node it is meant for; an earlier one's events come to nothing.</summary>
    public int Incarnation;

    /// <summary>What it is.</summary>
    public WorldEventKind Kind;

    /// <summary>The node or client.</summary>
    public byte Node;

    /// <summary>The other node, where there is one.</summary>
    public byte Peer;
}
