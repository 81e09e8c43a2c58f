namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Takes a snapshot part by part and hands each on to be stored; confirms what is stored, so that an installation goes
/// on where it was after a restart of either side.
/// </summary>
internal sealed class SnapshotReceiver(NodeState state)
{
    private byte[] _part = [];
    private int _partLength;
    private PeerMessage _latest;
    private bool _isStoring;
    private bool _isAnswerDue;
    private AnswerReason _reason;

    /// <summary>The snapshot under way; zero where none is.</summary>
    public ulong Index { get; private set; }

    /// <summary>Everything before it is stored.</summary>
    public ulong Offset { get; private set; }

    public ReadOnlyMemory<byte> Part => _part.AsMemory(0, _partLength);

    public void OnPart(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        if (message.Index <= state.CommitIndex && !state.IsRebuilding)
        {
            // It has all of that: the leader learns it from the acknowledgement of the next heartbeat.
            Drop();
            return;
        }

        if (message.Index != Index)
        {
            if (_isStoring)
            {
                return;
            }

            Index = message.Index;
            Offset = 0;
        }

        _latest = message;
        _isAnswerDue = true;
        _reason = AnswerReason.None;
        var isNext = message.Offset == Offset && !body.IsEmpty && (ulong)body.Length <= message.Length - Offset;
        if (_isStoring || !isNext)
        {
            return;
        }

        if (_part.Length < body.Length)
        {
            _part = new byte[body.Length];
        }

        body.CopyTo(_part);
        _partLength = body.Length;
        _isStoring = true;
        _isAnswerDue = false;
        state.Ready.SnapshotPartBatch.Add(new SnapshotPart(message.Index, message.LogTerm, Offset, message.Length));
    }

    /// <summary>The caller has stored everything before an offset; also said of what it had from before.</summary>
    public void OnStored(ulong index, ulong offset)
    {
        _isStoring = false;
        if (index == Index)
        {
            Offset = offset;
            _isAnswerDue = true;
        }
    }

    /// <summary>All parts were there and the whole is bad.</summary>
    public void OnRefused(ulong index)
    {
        _isStoring = false;
        if (index == Index)
        {
            Offset = 0;
            _isAnswerDue = true;
            _reason = AnswerReason.Unavailable;
        }
    }

    public void Drop()
    {
        Index = 0;
        Offset = 0;
        _isStoring = false;
        _isAnswerDue = false;
    }

    public void Flush()
    {
        if (!_isAnswerDue || state.Leader.IsNone || state.IsLeader || !state.Marks.IsTermDurable)
        {
            return;
        }

        _isAnswerDue = false;
        var answer = state.Out.Answer(PeerMessageKind.SnapshotAnswer, in _latest);
        answer.To = state.Leader;
        answer.Index = Index;
        answer.Offset = Offset;
        answer.Reason = _reason;
        _reason = AnswerReason.None;
        if (_latest.Term == state.Hard.Term)
        {
            state.Out.Send(in answer, default);
        }
    }
}
