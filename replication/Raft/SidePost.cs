namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Messages between members that are not about the log: they leave by the same door, and whom they are for is judged
/// alike.
/// </summary>
internal sealed class SidePost(NodeState state, Dispatch dispatch)
{
    public MemberId Self => state.Self;

    /// <summary>Whether a message is meant for this node, and comes from one that may speak to it.</summary>
    public bool IsForThis(in PeerMessage message) => dispatch.IsForThis(in message);

    /// <summary>A message to be filled in.</summary>
    public PeerMessage Make(PeerMessageKind kind, MemberId to) => state.Out.Make(kind, to);

    /// <summary>Sends it with the next turn; the body stays as it is until that has ended.</summary>
    /// <returns>The message's sequence, which an answer echoes.</returns>
    public ulong Send(in PeerMessage message, ReadOnlyMemory<byte> body)
    {
        state.Out.Send(in message, body);
        return state.Out.Sequence;
    }
}
