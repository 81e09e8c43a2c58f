namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The amnesia check. A node that comes back from a backup, or whose disk dropped what it had called durable, may vote
/// twice or unsay an acknowledgement. So before its first word after a start it asks a majority of the voters, itself
/// included, what they saw of this incarnation: more than it knows itself, and it is not that member any more. Where
/// its members are out of date (it has no vote among them, or does not know the leader), their majority may be gone
/// for good; there the leader's answer is enough: it has what was committed before its term, and it saw what was said
/// to it since.
/// </summary>
internal sealed class Recall(NodeState state)
{
    private HardState _own;
    private LogPoint _last;
    private ulong _answers;
    private ulong _firstSequence;
    private long _askAt;
    private long _askLeaderAt;
    private long _leaseOverAt;

    public void Begin()
    {
        _own = state.Hard;
        _last = state.Log.Last;
        _firstSequence = state.Out.Sequence + 1;
        _askAt = state.Now;
        _askLeaderAt = state.Now;
        var isAlone = state.Members.IsQuorum(own: true, marks: 0) && state.Members.Current.VoterCount > 0;
        state.Set(RaftFaults.Recalling, !state.IsNew && !isAlone);
        if (state.Options.LeaseReads && !state.IsNew)
        {
            // It may have given a leader reason to believe in a lease just before it went down (thesis 6.4.1).
            var drift = (Int128)state.Options.ElectionTimeoutMaxNanos * state.Options.ClockDriftMaxPpm / 1_000_000;
            _leaseOverAt = state.Now + state.Options.ElectionTimeoutMaxNanos + (long)drift;
            state.Set(RaftFaults.WaitingOutLease, true);
        }
    }

    public void Tick()
    {
        if (state.Has(RaftFaults.WaitingOutLease) && state.Now >= _leaseOverAt)
        {
            state.Set(RaftFaults.WaitingOutLease, false);
        }

        if (!state.Has(RaftFaults.Recalling) || state.Now < _askAt)
        {
            return;
        }

        _askAt = state.Now + state.Options.HeartbeatNanos;
        foreach (var peer in state.Members.Peers)
        {
            if (peer.IsVoter)
            {
                Ask(peer.Id);
            }
        }
    }

    /// <summary>A leader speaks to a node whose members are out of date: it asks the leader.</summary>
    public void OnLeader(MemberId leader)
    {
        if (AreMembersOutdated(leader) && state.Now >= _askLeaderAt)
        {
            _askLeaderAt = state.Now + state.Options.HeartbeatNanos;
            Ask(leader);
        }
    }

    public void OnQuery(Peer peer, in PeerMessage message)
    {
        var answer = state.Out.Answer(PeerMessageKind.RecallAnswer, in message);
        answer.HintTerm = peer.SeenTerm;
        answer.HintIndex = peer.SeenIndex;
        answer.Flags = peer.SeenVoteForMe ? MessageFlags.Granted : MessageFlags.None;
        state.Out.Send(in answer, default);
    }

    public void OnAnswer(in PeerMessage message)
    {
        if (!state.Has(RaftFaults.Recalling) || message.EchoSequence < _firstSequence)
        {
            return;
        }

        if (IsMore(in message))
        {
            state.Set(RaftFaults.Amnesiac, true);
            state.Become(RaftRole.Follower, MemberId.None);
            return;
        }

        _answers |= state.Members.MarkOf(message.From);
        var isFromLeader = message.From == state.Leader && AreMembersOutdated(state.Leader);
        if (isFromLeader || state.Members.IsQuorum(own: true, _answers))
        {
            state.Set(RaftFaults.Recalling, false);
        }
    }

    /// <summary>
    /// The log may rightly be shorter than what was acknowledged in an earlier term; within the term that it remembers
    /// it may not.
    /// </summary>
    private bool IsMore(in PeerMessage message)
    {
        if (message.HintTerm != _own.Term)
        {
            return message.HintTerm > _own.Term;
        }

        var isVoteLost = (message.Flags & MessageFlags.Granted) != 0 && _own.VotedFor != message.From;
        return isVoteLost || message.HintIndex > Math.Max(_last.Index, _own.VoteFloorIndex);
    }

    private bool AreMembersOutdated(MemberId leader) =>
        !state.Members.Current.IsVoter(state.Self) || !state.Members.Current.IsVoter(leader);

    private void Ask(MemberId member)
    {
        var message = state.Out.Make(PeerMessageKind.RecallQuery, member);
        message.Index = _last.Index;
        message.LogTerm = _last.Term;
        state.Out.Send(in message, default);
    }
}
