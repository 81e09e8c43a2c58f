using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Who leads (thesis 3.4, 3.6.1, 4.2.3, 9.6). Pre-vote and check-quorum are always on: one mode, tested as a whole.
/// </summary>
internal sealed class Election(NodeState state, ClockAgreement clocks)
{
    /// <summary>Any of these, and the node does not try to lead.</summary>
    private const RaftFaults Barred = RaftFaults.DiskStalled | RaftFaults.DiskFailed | RaftFaults.Amnesiac
        | RaftFaults.Recalling | RaftFaults.LogDamaged | RaftFaults.Quarantined | RaftFaults.WaitingOutLease
        | RaftFaults.ChainForked;

    private const RaftFaults Mute = RaftFaults.DiskStalled | RaftFaults.DiskFailed | RaftFaults.Amnesiac
        | RaftFaults.Recalling | RaftFaults.WaitingOutLease;

    private long _deadline;
    private ulong _attempt;
    private ulong _votes;
    private ulong _firstSequence;
    private bool _isTransfer;
    private bool _isVoteDurable;

    /// <summary>Set when the votes suffice; the node then begins to lead.</summary>
    public bool IsElected { get; private set; }

    /// <summary>Whether something is wrong that a leader may not have. One that is being removed still leads.</summary>
    public bool IsBarred => state.Has(Barred);

    /// <summary>
    /// Whether it may be elected. One that its own latest configuration leaves out still campaigns while that is not
    /// committed: the others may need its log to get there, and cannot outvote it (thesis 4.2.2). Its own vote is not
    /// counted by then.
    /// </summary>
    public bool CanLead => !IsBarred
        && (state.Members.IsSelfVoter
            || (state.Members.CurrentIndex > state.CommitIndex
                && state.Members.At(state.CommitIndex).IsVoter(state.Self)));

    public void Start() => ResetTimer();

    public void Tick()
    {
        if (state.IsLeader || state.Now < _deadline)
        {
            return;
        }

        if (!CanLead)
        {
            ResetTimer();
            if (state.Role != RaftRole.Follower)
            {
                state.Become(RaftRole.Follower, MemberId.None);
            }

            return;
        }

        AskBeforehand();
    }

    /// <summary>A leader spoke: it is followed, and the timer starts anew, whatever it said.</summary>
    public void HearLeader(MemberId leader)
    {
        Invariant.Check(!state.IsLeader);
        if (state.Leader != leader)
        {
            Invariant.Check(state.Leader.IsNone);
            state.VerifiedIndex = 0;
        }

        state.Become(RaftRole.Follower, leader);
        state.LeaderHeardAt = state.Now;
        _attempt = 0;
        ResetTimer();
    }

    /// <summary>A higher term is known.</summary>
    public void Follow(ulong term)
    {
        state.RaiseTerm(term);
        state.VerifiedIndex = 0;
        StepDown();
    }

    /// <summary>Gives up leading or campaigning within the term.</summary>
    public void StepDown()
    {
        IsElected = false;
        if (state.Role != RaftRole.Follower)
        {
            ResetTimer();
        }

        state.Become(RaftRole.Follower, MemberId.None);
    }

    /// <summary>The leader asks this node to take over: no pre-vote, nobody holds back.</summary>
    public void CampaignNow()
    {
        if (CanLead && !state.Has(RaftFaults.ClockOutside))
        {
            Campaign(isTransfer: true);
        }
    }

    public void OnPreVote(in PeerMessage message)
    {
        var answer = state.Out.Answer(PeerMessageKind.PreVoteAnswer, in message);
        answer.Reason = ReasonAgainst(in message);
        if (answer.Reason == AnswerReason.None && message.Term <= state.Hard.Term)
        {
            answer.Reason = AnswerReason.StaleTerm;
        }

        if (answer.Reason == AnswerReason.None)
        {
            answer.Flags = MessageFlags.Granted;
            answer.Term = message.Term;
        }

        state.Out.SendDurably(in answer);
    }

    public void OnPreVoteAnswer(in PeerMessage message)
    {
        if (state.Role != RaftRole.PreCandidate || message.EchoSequence < _firstSequence)
        {
            return;
        }

        if ((message.Flags & MessageFlags.Granted) == 0 || message.Term != state.Hard.Term + 1)
        {
            return;
        }

        _votes |= state.Members.MarkOf(message.From);
        if (state.Members.IsQuorum(own: true, _votes))
        {
            // Only now is a majority's clock known to one that heard no leader.
            clocks.Judge();
            if (CanLead && !state.Has(RaftFaults.ClockOutside))
            {
                Campaign(isTransfer: false);
            }
            else
            {
                StepDown();
            }
        }
    }

    public void OnRequestVote(in PeerMessage message)
    {
        if (message.Term > state.Hard.Term && !IsHeldBack(in message))
        {
            Follow(message.Term);
        }

        var answer = state.Out.Answer(PeerMessageKind.VoteAnswer, in message);
        answer.Reason = message.Term < state.Hard.Term ? AnswerReason.StaleTerm : ReasonAgainst(in message);
        if (answer.Reason == AnswerReason.None && message.Term > state.Hard.Term)
        {
            answer.Reason = AnswerReason.LeaderAlive;
        }

        var isFree = state.Hard.VotedFor.IsNone || state.Hard.VotedFor == message.From;
        if (answer.Reason == AnswerReason.None && (!isFree || state.IsLeader || !state.Leader.IsNone))
        {
            answer.Reason = isFree ? AnswerReason.LeaderAlive : AnswerReason.VotedOther;
        }

        if (answer.Reason == AnswerReason.None)
        {
            state.Vote(message.From);
            answer.Flags = MessageFlags.Granted;
            ResetTimer();
        }

        state.Out.SendDurably(in answer);
    }

    public void OnVoteAnswer(in PeerMessage message)
    {
        if (state.Role == RaftRole.Candidate
            && message.Term == state.Hard.Term
            && (message.Flags & MessageFlags.Granted) != 0)
        {
            _votes |= state.Members.MarkOf(message.From);
            Count();
        }
    }

    /// <summary>The own vote counts when it cannot be forgotten any more.</summary>
    public void OnPersisted()
    {
        if (state.Role == RaftRole.Candidate && state.Marks.IsTermDurable && !_isVoteDurable)
        {
            _isVoteDurable = true;
            Count();
        }
    }

    public void BeginLeading()
    {
        Invariant.Check(IsElected);
        IsElected = false;
        state.Become(RaftRole.Leader, state.Self);
        _attempt = 0;
    }

    public void ResetTimer()
    {
        var least = state.Options.ElectionTimeoutMinNanos;
        var span = (ulong)(state.Options.ElectionTimeoutMaxNanos - least);
        _deadline = state.Now + least + (long)(Jitter(_attempt) % span);
    }

    private ulong Jitter(ulong attempt) => StableHash.Mix(
        StableHash.Mix(state.Options.Seed, state.Self.Number),
        StableHash.Mix(state.Hard.Term, attempt));

    private bool IsHeldBack(in PeerMessage message)
    {
        if ((message.Flags & MessageFlags.Transfer) != 0)
        {
            return false;
        }

        // A leader hears of its majority by other means, and lets go by itself when it does not (check-quorum).
        return state.IsLeader || state.Now - state.LeaderHeardAt < state.Options.ElectionTimeoutMinNanos;
    }

    private AnswerReason ReasonAgainst(in PeerMessage message)
    {
        if (IsHeldBack(in message))
        {
            return AnswerReason.LeaderAlive;
        }

        if (!state.IsGoodEnough(message.LogTerm, message.Index))
        {
            return AnswerReason.LogBehind;
        }

        return state.Has(Mute) ? AnswerReason.Abstaining : AnswerReason.None;
    }

    private void AskBeforehand()
    {
        _attempt++;
        _votes = 0;
        _firstSequence = state.Out.Sequence + 1;
        state.Become(RaftRole.PreCandidate, MemberId.None);
        ResetTimer();
        if (state.Members.IsQuorum(own: true, marks: 0))
        {
            Campaign(isTransfer: false);
            return;
        }

        AskAll(PeerMessageKind.PreVote, state.Hard.Term + 1);
    }

    private void Campaign(bool isTransfer)
    {
        _isTransfer = isTransfer;
        _isVoteDurable = false;
        _votes = 0;
        state.RaiseTerm(state.Hard.Term + 1);
        state.Vote(state.Self);
        state.VerifiedIndex = 0;
        state.Become(RaftRole.Candidate, MemberId.None);
        ResetTimer();
        AskAll(PeerMessageKind.RequestVote, state.Hard.Term);
    }

    private void AskAll(PeerMessageKind kind, ulong term)
    {
        foreach (var peer in state.Members.Peers)
        {
            if (!peer.IsVoter)
            {
                continue;
            }

            var message = state.Out.Make(kind, peer.Id);
            message.Term = term;
            message.Index = state.Log.Last.Index;
            message.LogTerm = state.Log.Last.Term;
            message.Flags = _isTransfer && kind == PeerMessageKind.RequestVote ? MessageFlags.Transfer : 0;
            if (kind == PeerMessageKind.PreVote)
            {
                state.Out.Send(in message, default);
            }
            else
            {
                state.Out.SendDurably(in message);
            }
        }
    }

    private void Count()
    {
        if (_isVoteDurable && state.Members.IsQuorum(own: true, _votes))
        {
            IsElected = true;
        }
    }
}
