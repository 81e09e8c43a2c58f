namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Linearizable reads without a log entry (thesis 6.4). The default is a read index confirmed by a round that a
/// majority answers; all reads that wait share rounds. Under a lease (thesis 6.4.1) no round is needed while it holds.
/// A follower asks its leader.
/// </summary>
internal sealed class Reads(NodeState state, Leadership leadership)
{
    private readonly Batch<Waiting> _waiting = new(4);
    private readonly Batch<Waiting> _forwarded = new(4);
    private long _forwardAt;
    private ulong _leaselessTerm;

    // Sequence: for a leader, of the first message whose answer counts; for a follower, of its question, zero before.
    private struct Waiting
    {
        public ulong Context;
        public ulong Index;
        public ulong Sequence;
        public ulong Term;
        public MemberId Origin;
    }

    /// <summary>
    /// Until when the lease holds, monotonic nanoseconds; zero where there is none. It runs from when the round was
    /// sent that a majority has answered: they help to elect nobody for the shortest election timeout from when they
    /// received it, which was later. By a clock that drifts, it is over earlier.
    /// </summary>
    public long LeaseUntil
    {
        get
        {
            if (!state.Options.LeaseReads || !leadership.HasCommittedInTerm || _leaselessTerm == state.Hard.Term)
            {
                return 0;
            }

            var start = (long)state.Members.Quorum((ulong)state.Now, PeerValue.EchoSentAt);
            var drift = 1_000_000 - state.Options.ClockDriftMaxPpm;
            var span = (long)((Int128)state.Options.ElectionTimeoutMinNanos * drift / 1_000_000);
            return start == 0 ? 0 : start + span;
        }
    }

    public bool HasLease => state.IsLeader && state.Now < LeaseUntil;

    /// <summary>
    /// From now on somebody else may be asked to campaign without being held back, at any time while this term lasts:
    /// the message that says so may be delivered late.
    /// </summary>
    public void DropLease() => _leaselessTerm = state.Hard.Term;

    public Refusal Ask(ulong context)
    {
        // One that is still asking what it said must say nothing: the leader would remember its term from the question,
        // and what it then remembers is more than the disk held, which looks like amnesia.
        if (state.Has(RaftFaults.Quarantined | RaftFaults.DiskFailed | RaftFaults.Amnesiac | RaftFaults.Recalling))
        {
            return Refusal.Faulty;
        }

        if (state.Has(RaftFaults.Disputed))
        {
            return Refusal.Disputed;
        }

        if (!state.IsLeader && state.Leader.IsNone)
        {
            return Refusal.NotLeader;
        }

        if (_waiting.Count + _forwarded.Count >= state.Options.ReadsMax)
        {
            return Refusal.ReadsFull;
        }

        if (!state.IsLeader)
        {
            _forwarded.Add(new Waiting { Context = context, Term = state.Hard.Term });
        }
        else if (HasLease)
        {
            state.Ready.ReadBatch.Add(new ReadState(context, state.CommitIndex, Refusal.None, IsLease: true));
        }
        else
        {
            Register(context, MemberId.None);
        }

        return Refusal.None;
    }

    /// <summary>A follower asks.</summary>
    public void OnReadIndex(in PeerMessage message)
    {
        if (state.IsLeader
            && message.Term == state.Hard.Term
            && !state.Has(RaftFaults.Disputed)
            && _waiting.Count < state.Options.ReadsMax)
        {
            Register(message.ReadContext, message.From);
            return;
        }

        var answer = state.Out.Answer(PeerMessageKind.ReadIndexAnswer, in message);
        answer.ReadContext = message.ReadContext;
        answer.Reason = AnswerReason.NotLeader;
        state.Out.SendDurably(in answer);
    }

    public void OnReadIndexAnswer(in PeerMessage message)
    {
        var place = 0;
        while (place < _forwarded.Count)
        {
            var waiting = _forwarded[place];
            if (waiting.Sequence == 0 || waiting.Sequence > message.ReadContext || waiting.Term != message.Term)
            {
                place++;
                continue;
            }

            _forwarded.RemoveAt(place);
            var refusal = message.Reason == AnswerReason.None ? Refusal.None : Refusal.NotLeader;
            state.Ready.ReadBatch.Add(new ReadState(waiting.Context, message.Index, refusal, IsLease: false));
        }
    }

    /// <summary>Decides what can be decided, before the messages go out.</summary>
    public void Flush()
    {
        RefusePassed(_waiting, isLeader: true);
        RefusePassed(_forwarded, isLeader: false);
        if (state.IsLeader)
        {
            Confirm();
        }
        else
        {
            Forward();
        }
    }

    private void Register(ulong context, MemberId origin)
    {
        _waiting.Add(new Waiting
        {
            Context = context,
            Index = state.CommitIndex,
            Sequence = state.Out.Sequence + 1,
            Term = state.Hard.Term,
            Origin = origin,
        });
        leadership.IsRoundDue = true;
    }

    private void Confirm()
    {
        // Before the first commit of its term a leader does not know what is committed (thesis 6.4, step 1).
        if (_waiting.Count == 0 || !leadership.HasCommittedInTerm)
        {
            return;
        }

        var confirmed = state.Members.Quorum(ulong.MaxValue, PeerValue.Echo);
        var done = 0;
        while (done < _waiting.Count && _waiting[done].Sequence <= confirmed)
        {
            Serve(in _waiting[done++]);
        }

        _waiting.RemoveFirst(done);
    }

    private void Serve(in Waiting waiting)
    {
        var index = Math.Max(waiting.Index, leadership.TermStart);
        if (waiting.Origin.IsNone)
        {
            var refusal = state.Has(RaftFaults.Disputed) ? Refusal.Disputed : Refusal.None;
            state.Ready.ReadBatch.Add(new ReadState(waiting.Context, index, refusal, IsLease: false));
            return;
        }

        var answer = state.Out.Make(PeerMessageKind.ReadIndexAnswer, waiting.Origin);
        answer.ReadContext = waiting.Context;
        answer.Index = index;
        state.Out.Send(in answer, default);
    }

    private void Forward()
    {
        if (_forwarded.Count == 0 || state.Leader.IsNone)
        {
            return;
        }

        var isNew = _forwarded[_forwarded.Count - 1].Sequence == 0;
        if (!isNew && state.Now < _forwardAt)
        {
            return;
        }

        // One question for all that wait: an index asked for later is good for those who asked earlier.
        var sequence = state.Out.Sequence + 1;
        for (var i = 0; i < _forwarded.Count; i++)
        {
            ref var waiting = ref _forwarded[i];
            waiting.Sequence = waiting.Sequence == 0 ? sequence : waiting.Sequence;
        }

        _forwardAt = state.Now + state.Options.HeartbeatNanos;
        var message = state.Out.Make(PeerMessageKind.ReadIndex, state.Leader);
        message.ReadContext = sequence;
        state.Out.SendDurably(in message);
    }

    private void RefusePassed(Batch<Waiting> reads, bool isLeader)
    {
        var place = 0;
        while (place < reads.Count)
        {
            var waiting = reads[place];
            if (waiting.Term == state.Hard.Term && state.IsLeader == isLeader && !state.Leader.IsNone)
            {
                place++;
                continue;
            }

            reads.RemoveAt(place);
            if (waiting.Origin.IsNone)
            {
                state.Ready.ReadBatch.Add(new ReadState(waiting.Context, 0, Refusal.LeadershipLost, IsLease: false));
            }
        }
    }
}
