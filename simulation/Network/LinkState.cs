namespace Exchange.Rsm.Simulation.Network;

/// <summary>What the faults under way do to one direction of a link. Counts, because faults may overlap.</summary>
internal struct LinkState
{
    /// <summary>Partitions that cut it.</summary>
    public int Cuts;

    /// <summary>Clogs that hold back what is sent until they end.</summary>
    public int Clogs;

    /// <summary>When the last of these clogs ends.</summary>
    public long CloggedUntil;

    /// <summary>Added to every delay, nanoseconds.</summary>
    public long SlowerBy;

    /// <summary>The latest arrival scheduled so far: an earlier one is a reordering.</summary>
    public long LastArrival;
}
