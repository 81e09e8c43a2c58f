using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>
/// Tries everything that can happen to a small cluster, depth first, and passes over states that it has seen: messages
/// of each link come in the order in which they were sent (as over a connection), and at each event any link may be the
/// next, or somebody's time may run out, a command be proposed, a message be lost, a process crash between two writes.
/// A message that never comes is the same to everybody as one that comes late, so nothing need wait.
/// <para>Of the nodes' names the first to campaign is taken to be node 0: the others only swap names.</para>
/// <para>Not tried: messages of one link out of order, disks that are slow rather than interrupted, clocks that are
/// wrong, snapshots, changes of members. Those are the random worlds' business.</para>
/// </summary>
internal sealed class Explorer
{
    private readonly ExploreBounds _bounds;
    private readonly NodeStates _nodes;
    private readonly StateSet _seen = new();
    private readonly Stack<Cluster> _open = new();
    private readonly List<string> _path = [];
    private readonly long[] _byLedTerm;
    private readonly long[] _byCommitted;
    private long _transitions;
    private int _deepest;
    private string? _wrong;
    private bool _isCutShort;

    /// <summary>Makes an explorer.</summary>
    /// <param name="bounds">How far to go.</param>
    /// <param name="digest">Of a node: equal exactly where everything in its memory and on its disk is.</param>
    /// <param name="hasher">For the nodes' logs.</param>
    public Explorer(ExploreBounds bounds, Func<object, UInt128> digest, ChainHasher hasher)
    {
        _bounds = bounds;
        _nodes = new NodeStates(bounds.Nodes, hasher, digest);
        _byLedTerm = new long[bounds.Terms + 1];
        _byCommitted = new long[bounds.Entries + bounds.Terms + 1];
    }

    public Exploration Run()
    {
        var nodes = Enumerable.Range(0, _bounds.Nodes).Select(i => _nodes.Begin(i).Id);
        Add(new Cluster(_bounds.Nodes, [.. nodes]));
        while (_wrong is null && _open.TryPop(out var cluster))
        {
            if (_seen.Count >= _bounds.StatesMax)
            {
                _isCutShort = true;
                break;
            }

            Expand(cluster);
        }

        return new Exploration
        {
            IsComplete = !_isCutShort && _wrong is null,
            Wrong = _wrong,
            Path = _path,
            States = _seen.Count,
            Transitions = _transitions,
            NodeStates = _nodes.Count,
            Messages = _nodes.MessageCount,
            Depth = _deepest,
            ByLedTerm = _byLedTerm,
            ByCommitted = _byCommitted,
        };
    }

    // The last one added is tried first: so runs are first followed to their ends, and then changed from there.
    private void Expand(Cluster cluster)
    {
        for (var i = 0; i < _bounds.Nodes; i++)
        {
            ExpandNode(cluster, i, _nodes[cluster.Nodes[i]]);
        }

        for (var link = 0; link < cluster.Queues.Length; link++)
        {
            var queue = cluster.Queues[link];
            if (queue.Length == 0)
            {
                continue;
            }

            var to = link % _bounds.Nodes;
            if (cluster.Losses < _bounds.Losses)
            {
                var without = cluster.Next(to, cluster.Nodes[to], default);
                without.Queues[link] = queue[1..];
                without.Losses++;
                Add(without);
            }

            Try(cluster, to, new NodeInput(NodeInputKind.Deliver, queue[0], -1), link);
        }
    }

    private void ExpandNode(Cluster cluster, int node, NodeState state)
    {
        if (cluster.Crashes < _bounds.Crashes)
        {
            Take(cluster, node, new NodeInput(NodeInputKind.Crash, -1, -1), -1);
        }

        var mayCampaign = state.Role == RaftRole.Leader || state.Term < (ulong)_bounds.Terms;
        if (cluster.Timeouts < _bounds.Timeouts && mayCampaign && (cluster.Timeouts > 0 || node == 0))
        {
            Try(cluster, node, new NodeInput(NodeInputKind.Timeout, -1, -1), -1);
        }

        if (state.Role == RaftRole.Leader && state.Last < (ulong)_bounds.Entries)
        {
            Try(cluster, node, new NodeInput(NodeInputKind.Propose, -1, -1), -1);
        }
    }

    // With a crash after each of the writes that it asks for, and as it is.
    private void Try(Cluster cluster, int node, NodeInput input, int link)
    {
        var isTaken = true;
        for (var kept = 0; isTaken && kept < NodeInput.KeptMax && cluster.Crashes < _bounds.Crashes; kept++)
        {
            isTaken = Take(cluster, node, input with { Kept = kept }, link);
        }

        Take(cluster, node, in input, link);
    }

    private bool Take(Cluster cluster, int node, in NodeInput input, int link)
    {
        var step = _nodes.Step(_nodes[cluster.Nodes[node]], in input);
        if (step is null)
        {
            return false;
        }

        var next = cluster.Next(node, step.After.Id, in input);
        if (link >= 0)
        {
            next.Queues[link] = next.Queues[link][1..];
        }

        foreach (var number in step.Sent)
        {
            var message = _nodes.Message(number);
            var place = (message.From * _bounds.Nodes) + message.To;
            next.Queues[place] = [.. next.Queues[place], number];
        }

        next.Crashes += input.Kind == NodeInputKind.Crash || input.Kept >= 0 ? 1 : 0;
        if (input.Kind == NodeInputKind.Timeout)
        {
            next.Timeouts++;
            PassTime(next, node);
        }

        Add(next);
        return true;
    }

    // A leader's clock may lag: that it has lost its majority it finds out only when its own time runs out.
    private void PassTime(Cluster cluster, int except)
    {
        for (var i = 0; i < _bounds.Nodes; i++)
        {
            var state = _nodes[cluster.Nodes[i]];
            if (i != except && state.Role != RaftRole.Leader)
            {
                cluster.Nodes[i] = _nodes.Step(state, new NodeInput(NodeInputKind.TimePasses, -1, -1))!.After.Id;
            }
        }
    }

    private void Add(Cluster next)
    {
        _transitions++;
        if (_wrong is not null || !_seen.Add(next.Hash()))
        {
            return;
        }

        _deepest = Math.Max(_deepest, next.Depth);
        Count(next);
        _wrong = WrongWith(next);
        if (_wrong is not null)
        {
            _path.AddRange(next.Path(_nodes));
        }

        _open.Push(next);
    }

    private void Count(Cluster cluster)
    {
        var (led, committed) = (0UL, 0);
        foreach (var node in cluster.Nodes)
        {
            led |= _nodes[node].Led;
            committed = Math.Max(committed, _nodes[node].Committed.Count);
        }

        _byLedTerm[Math.Min(System.Numerics.BitOperations.Log2(led | 1), _bounds.Terms)]++;
        _byCommitted[Math.Min(committed, _byCommitted.Length - 1)]++;
    }

    private string? WrongWith(Cluster cluster)
    {
        var changed = cluster.Changed;
        var state = _nodes[cluster.Nodes[changed]];
        if (state.Wrong is not null)
        {
            return $"node {changed}: {state.Wrong}";
        }

        for (var index = 0; index < state.Committed.Count; index++)
        {
            if (state.CommittedIn[index] > 0 && !IsHeldByMajority(cluster, index, state.Committed[index]))
            {
                return $"committed is what a majority holds: {index + 1} at node {changed}";
            }
        }

        for (var i = 0; i < _bounds.Nodes; i++)
        {
            if (i != changed && WrongBetween(changed, state, i, _nodes[cluster.Nodes[i]]) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    // A node's log is durable whenever it is looked at: disks are as fast as can be.
    private bool IsHeldByMajority(Cluster cluster, int index, ChainHash chain)
    {
        var holders = 0;
        foreach (var node in cluster.Nodes)
        {
            var log = _nodes[node].Log;
            holders += index < log.Count && log[index] == chain ? 1 : 0;
        }

        return holders > _bounds.Nodes / 2;
    }

    private static string? WrongBetween(int changed, NodeState one, int i, NodeState other)
    {
        if ((one.Led & other.Led) != 0)
        {
            return $"one leader a term: nodes {changed} and {i} have both led one";
        }

        for (var index = 0; index < Math.Min(one.Committed.Count, other.Committed.Count); index++)
        {
            if (one.Committed[index] != other.Committed[index])
            {
                return $"one entry at an index: {index + 1} is another at nodes {changed} and {i}";
            }
        }

        for (var index = 0; index < other.Committed.Count && one.Role == RaftRole.Leader; index++)
        {
            var isKnown = index < one.Log.Count && one.Log[index] == other.Committed[index];
            if (!isKnown && other.CommittedIn[index] > 0 && other.CommittedIn[index] < one.Term)
            {
                return $"a leader has all that is committed: node {changed} of term {one.Term} lacks {index + 1}, "
                    + $"committed in {other.CommittedIn[index]} by node {i}";
            }
        }

        return null;
    }
}
