using Exchange.Rsm.Simulation.Checkers;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;

namespace Exchange.Rsm.Simulation.Runs;

/// <summary>What one run was like. Belongs to the world and is overwritten by its next run.</summary>
public sealed class RunReport
{
    /// <summary>What was found; null where all held.</summary>
    public Failure? Failure { get; set; }

    /// <summary>The first finding of each checker that was told to go on.</summary>
    public ulong TraceHash { get; set; }

    /// <summary>Events taken from the queue.</summary>
    public long Events { get; set; }

    /// <summary>Nanoseconds of the world that went by.</summary>
    public long Nanos { get; set; }

    public int Elections { get; set; }

    public int Snapshots { get; set; }

    public int Installed { get; set; }

    public int Restarts { get; set; }

    public long Committed { get; set; }

    public int OperationsDone { get; set; }

    public int OperationsUnknown { get; set; }

    public int Refusals { get; set; }

    /// <summary>How often each fault struck.</summary>
    public FaultCounts Faults { get; } = new();

    /// <summary>What was met.</summary>
    public MarkSet Marks;

    /// <summary>All lines, where they were asked for.</summary>
    public IReadOnlyList<TraceLine> Lines { get; set; } = [];

    public void Clear()
    {
        Failure = null;
        TraceHash = 0;
        Events = 0;
        Nanos = 0;
        Elections = 0;
        Snapshots = 0;
        Installed = 0;
        Restarts = 0;
        Committed = 0;
        OperationsDone = 0;
        OperationsUnknown = 0;
        Refusals = 0;
        Faults.Clear();
        Marks = default;
        Lines = [];
    }
}
