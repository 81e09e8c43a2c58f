using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>Words of a story that come from its trace.</summary>
internal static class StoryWords
{
    /// <summary>A line of the trace as something that happened; null where another part of the story says it.</summary>
    public static string? NoteOf(TraceLine line) => line.Kind switch
    {
        TraceKind.FaultInjected => $"fault: {(FaultKind)line.Detail}",
        TraceKind.Triggered => $"trigger: {(TriggerAction)line.Detail} because of {(TriggerEvent)line.Value}",
        TraceKind.StateChanged when line.Detail == 0 => $"starts, for the {line.Identity}. time",
        TraceKind.StateChanged => $"is {(RaftRole)line.Detail} in term {line.Identity}",
        TraceKind.Committed => $"commits up to {line.Identity}",
        TraceKind.Applied => $"applies {line.Identity}, state {line.Value:x16}",
        TraceKind.Answered => "has its answer",
        _ => null,
    };

    public static string EndpointOf(int endpoint) => endpoint >= IRunWatch.ClientEndpoint
        ? $"client {endpoint - IRunWatch.ClientEndpoint}" : $"node {endpoint}";

    /// <summary>An item of a plan, without when.</summary>
    public static string WithoutTime(PlanItem item)
    {
        var words = PlanWords.Of(item);
        return words[(words.IndexOf("ms  ", StringComparison.Ordinal) + 4)..];
    }
}
