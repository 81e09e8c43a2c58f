namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Hands leadership over (thesis 3.10): no proposals, bring the target up to date, let it campaign at once.
/// </summary>
internal sealed class Transfer(NodeState state, Reads reads)
{
    private long _deadline;
    private long _sendAt;

    public MemberId Target { get; private set; }

    public bool IsUnderWay => !Target.IsNone;

    public Refusal Begin(MemberId target)
    {
        var peer = state.Members.Find(target);
        if (peer is null || !Configuration.Has(peer.Roles, MemberRoles.Voter))
        {
            return Refusal.BadTarget;
        }

        // Before anybody can be elected without having been held back.
        reads.DropLease();
        Target = target;
        _deadline = state.Now + state.Options.ElectionTimeoutMaxNanos;
        _sendAt = state.Now;
        return Refusal.None;
    }

    /// <summary>A target that does not take over in time keeps nobody waiting: the leader goes on.</summary>
    public void Tick()
    {
        if (IsUnderWay && (!state.IsLeader || state.Now >= _deadline))
        {
            Target = MemberId.None;
        }
    }

    public void Flush()
    {
        if (!IsUnderWay)
        {
            return;
        }

        var peer = state.Members.Find(Target);
        if (!state.IsLeader || peer is null || !Configuration.Has(peer.Roles, MemberRoles.Voter))
        {
            Target = MemberId.None;
            return;
        }

        if (peer.MatchIndex == state.Log.Last.Index && state.Now >= _sendAt)
        {
            _sendAt = state.Now + state.Options.HeartbeatNanos;
            Send(peer.Id);
        }
    }

    /// <summary>A leader that leaves the cluster asks the one that has most to go on.</summary>
    public void Bequeath()
    {
        Peer? best = null;
        foreach (var peer in state.Members.Peers)
        {
            if (Configuration.Has(peer.Roles, MemberRoles.Voter) && (best is null || peer.MatchIndex > best.MatchIndex))
            {
                best = peer;
            }
        }

        if (best is not null)
        {
            reads.DropLease();
            Send(best.Id);
        }
    }

    private void Send(MemberId to)
    {
        var message = state.Out.Make(PeerMessageKind.TimeoutNow, to);
        message.Index = state.Log.Last.Index;
        message.LogTerm = state.Log.Last.Term;
        state.Out.Send(in message, default);
    }
}
