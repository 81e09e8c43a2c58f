namespace Exchange.Rsm.Simulation.Plans;

/// <summary>Items of a plan in words, for people.</summary>
public static class PlanWords
{
    private const long Micro = 1_000;
    private const long Milli = 1_000_000;

    /// <summary>One item in one line.</summary>
    public static string Of(PlanItem item)
    {
        var place = item.Kind switch
        {
            PlanItemKind.CrashAll => "all nodes",
            PlanItemKind.Trigger => "",
            PlanItemKind.PartitionTwoWay or PlanItemKind.PartitionOut or PlanItemKind.PartitionIn =>
                $"nodes {Bits(item.Peers)} from the rest",
            PlanItemKind.CutLink or PlanItemKind.Clog or PlanItemKind.SlowLink =>
                $"node {item.Node} to nodes {Bits(item.Peers)}",
            _ when item.IsOperation => $"client {item.Node}, key {item.Peers}",
            _ => $"node {item.Node}",
        };
        var what = item.Kind switch
        {
            PlanItemKind.Trigger =>
                $"{(TriggerAction)item.Second} at {(TriggerEvent)item.Value} number {item.Peers}",
            PlanItemKind.Write => $"Write {item.Value}",
            PlanItemKind.CompareAndSet => $"CompareAndSet {item.Second} to {item.Value}",
            _ => item.Kind.ToString(),
        };
        var lasts = item.Lasts > 0 ? $" for {Duration(item.Lasts)}" : "";
        return $"{Duration(item.At),10}  {what}{(place.Length > 0 ? ", " : "")}{place}{lasts}";
    }

    /// <summary>A time or a duration.</summary>
    public static string Duration(long nanos) =>
        $"{nanos / Milli}.{Math.Abs(nanos % Milli / (10 * Micro)):D2} ms";

    private static string Bits(int mask) =>
        "{" + string.Join(",", Enumerable.Range(0, 16).Where(bit => (mask & (1 << bit)) != 0)) + "}";
}
