namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Changes of the members by joint consensus (thesis 4.3): into both majorities, out of the old one, each step an
/// entry. Also one voter more or less goes this way: one mechanism, whatever the change.
/// </summary>
internal sealed class Reconfiguration(NodeState state, Leadership leadership)
{
    /// <summary>The leader is no voter any more and that is committed: it has to go, when all was sent.</summary>
    public bool IsLeaving =>
        state.IsLeader && !state.Members.IsSelfVoter && IsSettled && !state.Members.Current.IsJoint;

    private bool IsSettled => leadership.HasCommittedInTerm && state.Members.CurrentIndex <= state.CommitIndex;

    public Refusal Propose(Configuration target)
    {
        // Ongaro 2015: before the first commit of the own term, a change of an earlier leader may still become
        // committed beside this one, and two majorities that share nobody exist.
        if (!leadership.HasCommittedInTerm)
        {
            return Refusal.NoCommitInTerm;
        }

        if (!IsSettled || state.Members.Current.IsJoint)
        {
            return Refusal.ChangeUnderWay;
        }

        if (!state.Members.Current.CanChangeTo(target))
        {
            return Refusal.BadConfiguration;
        }

        return leadership.TryAppend(state.Members.Current.ToJoint(target)) ? Refusal.None : Refusal.BackPressure;
    }

    /// <summary>
    /// Goes on with what is under way: leaves a committed joint configuration, makes voters of learners.
    /// </summary>
    public void Proceed()
    {
        if (!state.IsLeader || !IsSettled)
        {
            return;
        }

        var current = state.Members.Current;
        if (current.IsJoint)
        {
            leadership.TryAppend(current.LeaveJoint());
            return;
        }

        if (state.Members.IsSelfVoter)
        {
            Promote(current);
        }
    }

    private void Promote(Configuration current)
    {
        var lag = (ulong)state.Options.PromotionLagEntries;
        foreach (var peer in state.Members.Peers)
        {
            var isAlive = state.Now - peer.AnsweredAt <= state.Options.ElectionTimeoutMinNanos;
            var hasCaughtUp = peer.MatchIndex > 0 && peer.MatchIndex + lag >= state.Log.Last.Index;
            if (Configuration.Has(peer.Roles, MemberRoles.Promotable) && isAlive && hasCaughtUp)
            {
                leadership.TryAppend(current.ToJoint(current.With(peer.Id, MemberRoles.Voter)));
                return;
            }
        }
    }
}
