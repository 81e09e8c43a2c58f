namespace Exchange.Rsm.Simulation.Disks;

/// <summary>What the faults under way do to a disk.</summary>
public struct DiskWeather
{
    /// <summary>No request is faster, nanoseconds.</summary>
    public long LatencyMin;

    /// <summary>Most requests take less than <see cref="LatencyMin"/> plus this.</summary>
    public long LatencySpread;

    /// <summary>Latencies are multiplied by this; 1 in good weather.</summary>
    public int Slowness;

    /// <summary>No request is done before this time.</summary>
    public long StalledUntil;

    /// <summary>Faults that leave no room for another file.</summary>
    public int Full;

    /// <summary>Reads that fail, in millionths.</summary>
    public int ReadErrorPpm;

    /// <summary>Reads that come back short, in millionths.</summary>
    public int ReadShortPpm;

    /// <summary>So many of the next writes fail.</summary>
    public int WriteErrors;

    /// <summary>So many of the next writes go to another place of their file.</summary>
    public int Misdirections;
}
