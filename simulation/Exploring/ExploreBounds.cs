namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>How far an exploration goes. Within these, everything is tried.</summary>
internal sealed record ExploreBounds
{
    /// <summary>How many replicas.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Nobody campaigns for a term above this.</summary>
    public int Terms { get; init; } = 2;

    /// <summary>
    /// No command is proposed at a log of this length; what a new leader appends by itself comes on top.
    /// </summary>
    public int Entries { get; init; } = 3;

    /// <summary>Crashes of any replica, at any event, between any two of the writes that the event asks for.</summary>
    public int Crashes { get; init; } = 1;

    /// <summary>Messages that are lost.</summary>
    public int Losses { get; init; } = 1;

    /// <summary>How often time runs out for somebody.</summary>
    public int Timeouts { get; init; } = 2;

    /// <summary>Most states; where they are reached, the exploration is not complete, and says so.</summary>
    public long StatesMax { get; init; } = 50_000_000;
}
