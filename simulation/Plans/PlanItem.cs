namespace Exchange.Rsm.Simulation.Plans;

/// <summary>What one line of a plan asks for.</summary>
public enum PlanItemKind : byte
{
    None = 0,

    // What clients do.
    Write = 1,
    CompareAndSet = 2,
    Read = 3,

    /// <summary>A step of the generated workload.</summary>
    Step = 4,

    // What operators do.
    TransferLeadership = 10,
    RemoveMember = 11,
    AddMember = 12,

    // What goes wrong.
    Crash = 20,
    CrashAll = 21,
    Pause = 22,
    PartitionTwoWay = 23,
    PartitionOut = 24,
    PartitionIn = 25,
    CutLink = 26,
    Clog = 27,
    SlowLink = 28,
    DiskSlow = 29,
    DiskStall = 30,
    WriteError = 31,
    DiskFull = 32,
    ReadErrors = 33,
    BitRot = 34,
    Misdirect = 35,
    WipeDisk = 36,
    ClockDrift = 37,
    WallJump = 38,
    MonotonicJump = 39,
    ClockFreeze = 40,
    RestoreBackup = 41,

    // Something goes wrong as soon as something happens: the trigger is in Value, the action in Second.
    Trigger = 60,
}

/// <summary>One line of a plan: what happens, when, to whom. Numbers only, to be stored and dropped.</summary>
public readonly record struct PlanItem
{
    /// <summary>What.</summary>
    public required PlanItemKind Kind { get; init; }

    /// <summary>When it begins, nanoseconds of the world.</summary>
    public required long At { get; init; }

    /// <summary>How long it lasts, where it does.</summary>
    public long Lasts { get; init; }

    /// <summary>The node, or the client of an operation.</summary>
    public int Node { get; init; }

    /// <summary>Other nodes, a bit each; or the key of an operation.</summary>
    public int Peers { get; init; }

    /// <summary>How much; of an operation, its first argument.</summary>
    public long Value { get; init; }

    /// <summary>A second number of the kind's own.</summary>
    public long Second { get; init; }

    /// <summary>Names it: what it causes is drawn from this, not from its place in the plan.</summary>
    public required ulong Identity { get; init; }

    /// <summary>Whether clients do it.</summary>
    public bool IsOperation => Kind is >= PlanItemKind.Write and <= PlanItemKind.Step;

    /// <summary>Whether operators do it.</summary>
    public bool IsOperator => Kind is >= PlanItemKind.TransferLeadership and <= PlanItemKind.AddMember;

    /// <summary>Whether it goes wrong.</summary>
    public bool IsFault => Kind >= PlanItemKind.Crash;
}

/// <summary>What a trigger waits for.</summary>
public enum TriggerEvent : byte
{
    None = 0,
    BecameLeader = 1,
    BecameCandidate = 2,
    GrantedVote = 3,
    Committed = 4,
    Truncated = 5,
    Appended = 6,
    Acknowledged = 7,
    SteppedDown = 8,
    Restarted = 9,
    SnapshotTaken = 10,
    SnapshotInstalling = 11,
    SnapshotInstalled = 12,
    TermRose = 13,
    ServedRead = 14,
    TransferBegan = 15,
    ConfigurationChanged = 16,
    Recalled = 17,
    HardStateWritten = 18,
    ProposalTaken = 19,
}

/// <summary>What a trigger does to the node where it happened.</summary>
public enum TriggerAction : byte
{
    None = 0,
    Crash = 1,
    Pause = 2,
    Isolate = 3,
    CutOut = 4,
    CutIn = 5,
    CrashOthers = 6,
    StallDisk = 7,
    JumpClock = 8,
    IsolateFromPeersOnly = 9,
    CrashAll = 10,
    BounceOthers = 11,
}
