namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The way out for messages. What depends on something not yet durable waits here for its ticket, so that the caller
/// may send all it gets at once.
/// </summary>
internal sealed class Outbox(NodeState state, uint startNumber)
{
    // More than a node can owe its peers: an answer each to a vote, a pre-vote, a recollection, twice over.
    private const int HeldMax = 16 * Configuration.MembersMax;

    private readonly Batch<Held> _held = new(4);

    private struct Held
    {
        public PeerMessage Message;
        public ulong Ticket;
    }

    /// <summary>
    /// Of the last message. Rises also from start to start: an answer to what was asked before the last start,
    /// delivered late, is told from one that counts.
    /// </summary>
    public ulong Sequence { get; private set; } = (ulong)startNumber << 32;

    /// <summary>A message with what all have in common.</summary>
    public PeerMessage Make(PeerMessageKind kind, MemberId to) => new()
    {
        ClusterId = state.ClusterId,
        Epoch = state.Epoch,
        Term = state.Hard.Term,
        From = state.Self,
        To = to,
        Kind = kind,
        CommitIndex = state.CommitIndex,
    };

    /// <summary>An answer to a message.</summary>
    public PeerMessage Answer(PeerMessageKind kind, in PeerMessage to)
    {
        var message = Make(kind, to.From);
        message.EchoSequence = to.Sequence;
        message.EchoSentAt = to.SentAt;
        return message;
    }

    /// <summary>Sends now. The body is the node's own memory.</summary>
    public void Send(in PeerMessage message, ReadOnlyMemory<byte> body)
    {
        ref var sent = ref state.Ready.MessageBatch.Add();
        sent.Header = message;
        sent.Body = body;
        Stamp(ref sent.Header);
        PeerMessageCodec.Seal(ref sent.Header, body.Span);
    }

    /// <summary>Sends as soon as the present term and vote are durable.</summary>
    public void SendDurably(in PeerMessage message)
    {
        if (state.Marks.IsTermDurable)
        {
            Send(in message, default);
        }
        else if (_held.Count < HeldMax)
        {
            ref var held = ref _held.Add();
            held.Message = message;
            held.Ticket = state.Marks.TermTicket;
        }
    }

    /// <summary>Lets go what has become durable. What was said in an earlier term is not said any more.</summary>
    public void Release()
    {
        var place = 0;
        while (place < _held.Count)
        {
            if (_held[place].Ticket > state.Marks.Ticket)
            {
                place++;
                continue;
            }

            var message = _held[place].Message;
            _held.RemoveAt(place);
            if (message.Term == state.Hard.Term || message.Kind == PeerMessageKind.PreVoteAnswer)
            {
                Send(in message, default);
            }
        }
    }

    private void Stamp(ref PeerMessage message)
    {
        message.Sequence = ++Sequence;
        message.SentAt = state.Now;
        message.Clock = state.Clock.Bounded;
    }
}
