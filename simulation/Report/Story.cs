using Exchange.Rsm.Simulation.Checkers;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>One event of a run: what it was, where, and what came of it.</summary>
internal sealed class StoryStep
{
    public required int Number { get; init; }

    public required long At { get; init; }

    public required WorldEventKind Kind { get; init; }

    /// <summary>The lane: a node, a client behind the nodes, or −1 for the world itself.</summary>
    public required int Lane { get; init; }

    /// <summary>The message whose arrival it is; −1 where it is none.</summary>
    public int Message { get; set; } = -1;

    /// <summary>The work whose end it is; −1 where it is none.</summary>
    public int Work { get; set; } = -1;

    /// <summary>What it is, in a few words.</summary>
    public string Label { get; set; } = "";

    /// <summary>What happened in it.</summary>
    public List<StoryNote> Notes { get; } = [];

    /// <summary>What it changed: node, field, the new value.</summary>
    public List<StoryChange> Changes { get; } = [];
}

/// <summary>Something that happened in an event, in words.</summary>
internal readonly record struct StoryNote(int Node, string Words, bool IsFault);

/// <summary>A node's state got another value.</summary>
internal readonly record struct StoryChange(int Node, int Field, string Value);

/// <summary>A message and what became of it. A copy is a message of its own.</summary>
internal sealed class StoryMessage
{
    public required SentMessage Sent { get; init; }

    public required int SentStep { get; init; }

    public required long SentAt { get; init; }

    public required bool IsCopy { get; init; }

    /// <summary>When it arrived, or would have; −1 where it was lost.</summary>
    public required long ArrivesAt { get; init; }

    /// <summary>The event of its arrival; −1 where there was none.</summary>
    public int ArrivedStep { get; set; } = -1;
}

/// <summary>Something a disk was busy with.</summary>
internal sealed class StoryWork
{
    public required int Node { get; init; }

    public required string Says { get; init; }

    public required int Step { get; init; }

    public required long From { get; init; }

    public required long Until { get; init; }

    /// <summary>The event of its end; −1 where a crash came first.</summary>
    public int DoneStep { get; set; } = -1;
}

/// <summary>Something that lasted: a crash, a partition, a slow disk.</summary>
internal readonly record struct StoryBand(int Nodes, long From, long Until, string Kind, string Words);

/// <summary>All of one run that a person may want to see.</summary>
internal sealed class Story
{
    public required Plan Plan { get; init; }

    public required int Nodes { get; init; }

    public required int Clients { get; init; }

    public required IReadOnlyList<string> Fields { get; init; }

    public required IReadOnlyList<StoryStep> Steps { get; init; }

    public required IReadOnlyList<StoryMessage> Messages { get; init; }

    public required IReadOnlyList<StoryWork> Works { get; init; }

    public required IReadOnlyList<StoryBand> Bands { get; init; }

    public required StoryHistory History { get; init; }

    /// <summary>What was found; null where all held.</summary>
    public required Failure? Failure { get; init; }

    /// <summary>
    /// The event that the failure is seen in: the last, but where a history fits nothing, the answer that does not fit.
    /// </summary>
    public int FailureStep
    {
        get
        {
            if (History.Stuck < 0 || Failure is not { Node: < 0, Checker: "linearizable" })
            {
                return Steps.Count - 1;
            }

            var operation = History.Operations[History.Stuck];
            return Steps.Last(step => step.At <= operation.Returned && step.Lane == Nodes + operation.Client).Number;
        }
    }

    public long Nanos => Steps.Count == 0 ? 0 : Steps[^1].At;
}
