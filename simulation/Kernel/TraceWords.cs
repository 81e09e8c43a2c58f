using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Kernel;

/// <summary>Lines of a trace in words.</summary>
public static class TraceWords
{
    public static string Of(TraceLine line)
    {
        var detail = line.Kind switch
        {
            TraceKind.EventTaken => ((WorldEventKind)line.Detail).ToString(),
            TraceKind.MessageSent or TraceKind.MessageLost => ((PeerMessageKind)line.Detail).ToString(),
            TraceKind.FaultInjected => ((FaultKind)line.Detail).ToString(),
            TraceKind.StateChanged => ((RaftRole)line.Detail).ToString(),
            TraceKind.Triggered => ((TriggerAction)line.Detail).ToString(),
            _ => line.Detail.ToString(),
        };
        return $"{PlanWords.Duration(line.At),12} {line.Kind,-13} {detail,-16} "
            + $"{line.Node}-{line.Peer} {line.Identity:x16} {line.Value}";
    }
}
