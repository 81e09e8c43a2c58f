using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>What lasted, as stretches of time over lanes: from where it began to where it ended.</summary>
internal static class StoryBands
{
    public static IReadOnlyList<StoryBand> Of(
        Plan plan, int nodes, IReadOnlyList<StoryStep> steps, IReadOnlyList<string> fields,
        IReadOnlyList<TraceLine> lines)
    {
        var end = steps.Count == 0 ? 0 : steps[^1].At;
        List<StoryBand> bands = [];
        AddDown(bands, nodes, steps, fields, end);
        AddFaults(bands, plan, nodes, lines, end);
        return bands;
    }

    // A node is down or stands still as long as its state says so.
    private static void AddDown(
        List<StoryBand> bands, int nodes, IReadOnlyList<StoryStep> steps, IReadOnlyList<string> fields, long end)
    {
        var role = fields.ToList().IndexOf("role");
        var since = new long[nodes];
        var kind = new string[nodes];
        foreach (var step in steps)
        {
            foreach (var change in step.Changes.Where(change => change.Field == role))
            {
                var now = change.Value == "Down" ? "down"
                    : change.Value.EndsWith("paused", StringComparison.Ordinal) ? "paused" : "";
                if (kind[change.Node] is { Length: > 0 } was && was != now)
                {
                    bands.Add(new StoryBand(1 << change.Node, since[change.Node], step.At, was, was));
                }

                since[change.Node] = kind[change.Node] == now ? since[change.Node] : step.At;
                kind[change.Node] = now;
            }
        }

        for (var node = 0; node < nodes; node++)
        {
            if (kind[node] is { Length: > 0 } still)
            {
                bands.Add(new StoryBand(1 << node, since[node], end, still, still));
            }
        }
    }

    private static void AddFaults(
        List<StoryBand> bands, Plan plan, int nodes, IReadOnlyList<TraceLine> lines, long end)
    {
        Dictionary<ulong, (long At, int Node)> begun = [];
        foreach (var line in lines.Where(line => line.Kind == TraceKind.EventTaken))
        {
            if (line.Detail == (byte)WorldEventKind.FaultBegins)
            {
                begun.TryAdd(line.Identity, (line.At, line.Node));
            }
        }

        foreach (var item in plan.Items.Where(item => item.IsFault))
        {
            if (!begun.TryGetValue(item.Identity, out var start) || item.Lasts <= 0)
            {
                continue;
            }

            // A crash or a pause shows by itself.
            var shown = item.Kind == PlanItemKind.Trigger ? KindOf((TriggerAction)item.Second) : KindOf(item.Kind);
            if (shown.Length > 0)
            {
                var mask = item.Kind == PlanItemKind.Trigger ? 1 << start.Node
                    : shown == "partition" && item.Kind != PlanItemKind.CutLink ? item.Peers : 1 << item.Node;
                bands.Add(new StoryBand(
                    mask & ((1 << nodes) - 1), start.At, Math.Min(start.At + item.Lasts, end), shown,
                    StoryWords.WithoutTime(item)));
            }
        }
    }

    private static string KindOf(PlanItemKind kind) => kind switch
    {
        PlanItemKind.PartitionTwoWay or PlanItemKind.PartitionOut or PlanItemKind.PartitionIn
            or PlanItemKind.CutLink => "partition",
        PlanItemKind.Clog or PlanItemKind.SlowLink => "link",
        PlanItemKind.DiskSlow or PlanItemKind.DiskStall => "disk",
        PlanItemKind.ClockFreeze => "clock",
        _ => "",
    };

    private static string KindOf(TriggerAction action) => action switch
    {
        TriggerAction.Isolate or TriggerAction.CutOut or TriggerAction.CutIn
            or TriggerAction.IsolateFromPeersOnly => "partition",
        TriggerAction.StallDisk => "disk",
        _ => "",
    };
}
