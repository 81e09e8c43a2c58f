using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>A state of the whole cluster: its nodes, what is under way on each link, what was used up.</summary>
internal sealed class Cluster
{
    private readonly int _nodes;
    private readonly Cluster? _before;
    private readonly NodeInput _by;

    public Cluster(int nodes, int[] states)
        : this(nodes, states, [.. Enumerable.Repeat(Array.Empty<int>(), nodes * nodes)], before: null, default, 0)
    {
    }

    private Cluster(int nodes, int[] states, int[][] queues, Cluster? before, in NodeInput by, int changed)
    {
        _nodes = nodes;
        _before = before;
        _by = by;
        Nodes = states;
        Queues = queues;
        Changed = changed;
        Depth = before is null ? 0 : before.Depth + 1;
        Losses = before?.Losses ?? 0;
        Crashes = before?.Crashes ?? 0;
        Timeouts = before?.Timeouts ?? 0;
    }

    /// <summary>By node: the number of its state.</summary>
    public int[] Nodes { get; }

    /// <summary>By link, sender times nodes plus receiver: messages under way, oldest first.</summary>
    public int[][] Queues { get; }

    /// <summary>The node that something happened to last.</summary>
    public int Changed { get; }

    public int Depth { get; }

    public int Losses { get; set; }

    public int Crashes { get; set; }

    public int Timeouts { get; set; }

    /// <summary>After something happened to a node.</summary>
    public Cluster Next(int node, int state, in NodeInput by)
    {
        var next = new Cluster(_nodes, [.. Nodes], [.. Queues], this, in by, node);
        next.Nodes[node] = state;
        return next;
    }

    public ulong Hash()
    {
        var hash = StableHash.Mix((ulong)Losses, ((ulong)Crashes << 32) | (uint)Timeouts);
        foreach (var node in Nodes)
        {
            hash = StableHash.Mix(hash, (ulong)node);
        }

        for (var link = 0; link < Queues.Length; link++)
        {
            foreach (var message in Queues[link])
            {
                hash = StableHash.Mix(hash, ((ulong)link << 32) | (uint)message);
            }
        }

        return hash;
    }

    /// <summary>What led here, a line an event.</summary>
    public IReadOnlyList<string> Path(NodeStates states)
    {
        List<string> lines = [];
        for (var at = this; at._before is not null; at = at._before)
        {
            var state = states[at.Nodes[at.Changed]];
            var what = at._by.Kind switch
            {
                NodeInputKind.None => $"a message to node {at.Changed} is lost",
                NodeInputKind.Deliver => $"{states.Message(at._by.Message)} arrives",
                NodeInputKind.Timeout => $"node {at.Changed}: its time runs out",
                NodeInputKind.Propose => $"node {at.Changed}: a command is proposed",
                _ => $"node {at.Changed}: crashes and starts again",
            };
            var isCrash = at._by.Kept >= 0 && at._by.Kind != NodeInputKind.None;
            var crash = isCrash ? $", and node {at.Changed} crashes with {at._by.Kept} of the writes durable" : "";
            lines.Add($"{at.Depth,4}  {what}{crash}: {state.Role} in term {state.Term}, log {state.Last}, "
                + $"committed {state.Committed.Count}");
        }

        lines.Reverse();
        return lines;
    }
}
