namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>What can happen to one node.</summary>
internal enum NodeInputKind : byte
{
    None = 0,

    /// <summary>A message arrives.</summary>
    Deliver = 1,

    /// <summary>Its own time runs out: it campaigns, or, leading, looks whether it still has a majority.</summary>
    Timeout = 2,

    /// <summary>Somebody else's time runs out: so much passes that this node no longer holds back its vote.</summary>
    TimePasses = 3,

    /// <summary>A client's command is proposed.</summary>
    Propose = 4,

    /// <summary>The process ends between two events and starts again.</summary>
    Crash = 5,
}

/// <summary>Something that happens to one node.</summary>
/// <param name="Kind">What.</param>
/// <param name="Message">Which message, where one arrives; else −1.</param>
/// <param name="Kept">
/// −1: all that the node then wants written is written. Else it crashes during the event, with so many of the writes
/// durable, and starts again.
/// </param>
internal readonly record struct NodeInput(NodeInputKind Kind, int Message, int Kept)
{
    /// <summary>What an event asks to be written beyond this is not crashed into.</summary>
    public const int KeptMax = 3;
}
