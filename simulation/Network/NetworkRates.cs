namespace Exchange.Rsm.Simulation.Network;

/// <summary>How bad the network is in one run. Rates are in millionths.</summary>
public struct NetworkRates
{
    public int LossPpm;
    public int DuplicatePpm;
    public int FlipPpm;

    /// <summary>How many messages are much later than the rest.</summary>
    public int TailPpm;

    /// <summary>No message is faster.</summary>
    public long DelayMin;

    /// <summary>Most messages take less than <see cref="DelayMin"/> plus this.</summary>
    public long DelaySpread;

    /// <summary>The latest of the late take this much longer.</summary>
    public long TailMax;
}
