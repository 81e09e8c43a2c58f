using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>Drives a replica with a workload drawn from a seed.</summary>
internal static class GeneratedRun
{
    /// <summary>Applies entry after entry and yields each, for the caller to look at the replica.</summary>
    public static IEnumerable<Entry> Of(Replica replica, ulong seed, int steps)
    {
        var workload = Workload.Of(seed, steps);
        var generator = new CommandGenerator(workload.World);
        foreach (var step in workload.Steps)
        {
            foreach (var entry in Pending(replica, generator))
            {
                yield return entry;
            }

            generator.Feed(in step);
        }

        generator.Flush();
        foreach (var entry in Pending(replica, generator))
        {
            yield return entry;
        }
    }

    /// <summary>The whole log of a run.</summary>
    public static IReadOnlyList<Entry> LogOf(ulong seed, int steps) => [.. Of(new Replica(), seed, steps)];

    private static IEnumerable<Entry> Pending(Replica replica, CommandGenerator generator)
    {
        while (generator.TryNext(out var entry))
        {
            replica.Apply(entry);
            generator.Observe(entry, replica.ResultBytes, replica.Events, replica.Machine.NextDeadline);
            yield return entry;
        }
    }
}
