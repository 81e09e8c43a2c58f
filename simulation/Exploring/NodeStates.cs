using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>One state of one node, and where each input leads from it, as far as that was tried.</summary>
internal sealed class NodeState
{
    public required int Id { get; init; }

    public required int Number { get; init; }

    /// <summary>The state it was first reached from, and by what.</summary>
    public required NodeState? Before { get; init; }

    public required NodeInput By { get; init; }

    public required RaftRole Role { get; init; }

    public required ulong Term { get; init; }

    public required ulong Last { get; init; }

    public required ulong Led { get; init; }

    public required IReadOnlyList<ChainHash> Log { get; init; }

    public required IReadOnlyList<ChainHash> Committed { get; init; }

    public required IReadOnlyList<ulong> CommittedIn { get; init; }

    public required string? Wrong { get; init; }

    public Dictionary<NodeInput, NodeStep?> Steps { get; } = [];
}

/// <summary>What an input made of a node.</summary>
/// <param name="After">The state.</param>
/// <param name="Sent">Numbers of the messages it sent, in order.</param>
internal sealed record NodeStep(NodeState After, int[] Sent);

/// <summary>
/// All states of single nodes that were reached. What a node does depends on nothing but its state and the input, so
/// each step is taken once, however many states of the whole cluster it is a part of: that is what makes the
/// exploration fast. Two histories that lead to the same memory and the same disk are one state.
/// </summary>
internal sealed class NodeStates(int nodes, ChainHasher hasher, Func<object, UInt128> digest)
{
    private const int LiveMax = 4000;

    private readonly List<NodeState> _states = [];
    private readonly Dictionary<UInt128, NodeState> _byDigest = [];
    private readonly List<ExploredMessage> _messages = [];
    private readonly Dictionary<UInt128, int> _messageNumbers = [];
    private readonly Dictionary<int, ExploredNode> _live = [];
    private readonly Queue<int> _liveOrder = [];

    public int Count => _states.Count;

    public int MessageCount => _messages.Count;

    public NodeState this[int id] => _states[id];

    public ExploredMessage Message(int number) => _messages[number];

    /// <summary>The state in which a node begins.</summary>
    public NodeState Begin(int number) =>
        Known(new ExploredNode(number, nodes, hasher), number, before: null, default);

    /// <summary>Where an input leads; null where it cannot happen.</summary>
    public NodeStep? Step(NodeState state, in NodeInput input)
    {
        if (state.Steps.TryGetValue(input, out var known))
        {
            return known;
        }

        List<ExploredMessage> sent = [];
        var node = Revive(state);
        var step = node.Take(in input, MessageOf(in input), sent)
            ? new NodeStep(Known(node, state.Number, state, in input), [.. sent.Select(NumberOf)])
            : null;
        state.Steps[input] = step;
        return step;
    }

    private ExploredMessage? MessageOf(in NodeInput input) => input.Message < 0 ? null : _messages[input.Message];

    // A node that stands in this state: one that was kept, or one made anew from all that happened to it.
    private ExploredNode Revive(NodeState state)
    {
        if (_live.Remove(state.Id, out var kept))
        {
            return kept;
        }

        List<NodeInput> inputs = [];
        for (var at = state; at.Before is not null; at = at.Before)
        {
            inputs.Add(at.By);
        }

        var node = new ExploredNode(state.Number, nodes, hasher);
        for (var i = inputs.Count - 1; i >= 0; i--)
        {
            var input = inputs[i];
            node.Take(in input, MessageOf(in input), []);
        }

        return node;
    }

    private NodeState Known(ExploredNode node, int number, NodeState? before, in NodeInput by)
    {
        var identity = digest(node);
        if (!_byDigest.TryGetValue(identity, out var state))
        {
            var status = node.Status;
            state = new NodeState
            {
                Id = _states.Count,
                Number = number,
                Before = before,
                By = by,
                Role = status.Role,
                Term = status.Term,
                Last = status.LastIndex,
                Led = node.Led,
                Log = node.Wrong is null ? node.Log : [],
                Committed = [.. node.Committed],
                CommittedIn = [.. node.CommittedIn],
                Wrong = node.Wrong,
            };
            _states.Add(state);
            _byDigest[identity] = state;
        }

        Keep(state, node);
        return state;
    }

    private void Keep(NodeState state, ExploredNode node)
    {
        if (_live.TryAdd(state.Id, node))
        {
            _liveOrder.Enqueue(state.Id);
        }

        while (_liveOrder.Count > LiveMax)
        {
            _live.Remove(_liveOrder.Dequeue());
        }
    }

    private int NumberOf(ExploredMessage message)
    {
        var header = message.Header;
        var bytes = new byte[PeerMessageCodec.HeaderSize + message.Body.Length];
        PeerMessageCodec.Write(in header, bytes);
        message.Body.CopyTo(bytes.AsSpan(PeerMessageCodec.HeaderSize));
        var identity = new UInt128(StableHash.Of(bytes, 1), StableHash.Of(bytes, 2));
        if (!_messageNumbers.TryGetValue(identity, out var number))
        {
            number = _messages.Count;
            _messages.Add(message);
            _messageNumbers[identity] = number;
        }

        return number;
    }
}
