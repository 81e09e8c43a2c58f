using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>Looks at who speaks and in which term, before what is said reaches the part that it concerns.</summary>
internal sealed class Dispatch(
    NodeState state,
    Election election,
    Leadership leadership,
    Following following,
    SnapshotSender sender,
    SnapshotReceiver receiver,
    Reads reads,
    Recall recall,
    Repair repair,
    HashAgreement hashes)
{
    /// <summary>Messages that were not for this node.</summary>
    public ulong Dropped { get; private set; }

    public void Step(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        Invariant.Check((uint)body.Length == message.BodyLength);
        LearnEpoch(in message);
        if (!IsForThis(in message) || state.Has(RaftFaults.DiskFailed | RaftFaults.Amnesiac))
        {
            Dropped++;
            return;
        }

        var peer = state.Members.Known(message.From);
        peer.LastSentAt = message.SentAt;
        See(peer, in message);
        if (IsOutsideTerms(peer, in message, body) || !EntersTerm(in message))
        {
            return;
        }

        switch (message.Kind)
        {
            case PeerMessageKind.AppendEntries:
            case PeerMessageKind.InstallSnapshot:
            case PeerMessageKind.TimeoutNow:
            case PeerMessageKind.Quarantine:
                FromLeader(peer, in message, body);
                break;
            default:
                FromFollower(peer, in message);
                break;
        }
    }

    private static bool IsLeaders(PeerMessageKind kind) => kind is PeerMessageKind.AppendEntries
        or PeerMessageKind.InstallSnapshot
        or PeerMessageKind.TimeoutNow
        or PeerMessageKind.Quarantine;

    /// <summary>What is remembered for a node that may one day ask what it said.</summary>
    private static void See(Peer peer, in PeerMessage message)
    {
        // These carry a term that the sender has not entered, or not yet confirmed.
        if (message.Kind is PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer
            or PeerMessageKind.RecallQuery or PeerMessageKind.RecallAnswer
            or PeerMessageKind.RepairQuery or PeerMessageKind.RepairAnswer)
        {
            return;
        }

        peer.See(message.Term);
        if (message.Term != peer.SeenTerm)
        {
            return;
        }

        if (message.Kind == PeerMessageKind.AppendAnswer && message.Reason == AnswerReason.None)
        {
            peer.SeenIndex = Math.Max(peer.SeenIndex, message.Index);
        }

        peer.SeenVoteForMe |= message.Kind == PeerMessageKind.VoteAnswer
            && (message.Flags & MessageFlags.Granted) != 0;
    }

    /// <summary>Whether a message is meant for this node, and comes from one that may speak to it.</summary>
    public bool IsForThis(in PeerMessage message) =>
        message.ClusterId == state.ClusterId
        && message.Epoch == state.Epoch
        && message.To == state.Self
        && message.From.Number != state.Self.Number
        && !message.From.IsNone
        && !state.Members.IsRetired(message.From);

    /// <summary>
    /// One that is to be added and has nothing yet learns from whoever adds it that the cluster was recovered or
    /// restored meanwhile.
    /// </summary>
    private void LearnEpoch(in PeerMessage message)
    {
        var isBlank = state.Members.Current.Members.IsEmpty && state.Log.Last.Index == 0;
        if (isBlank
            && IsLeaders(message.Kind)
            && message.ClusterId == state.ClusterId
            && message.To == state.Self
            && message.Epoch > state.Epoch)
        {
            state.Epoch = message.Epoch;
        }
    }

    /// <summary>Kinds that mean the same in any term.</summary>
    private bool IsOutsideTerms(Peer peer, in PeerMessage message, ReadOnlySpan<byte> body)
    {
        switch (message.Kind)
        {
            case PeerMessageKind.PreVote:
                if (!state.Has(RaftFaults.Recalling))
                {
                    election.OnPreVote(in message);
                }

                return true;
            case PeerMessageKind.PreVoteAnswer when (message.Flags & MessageFlags.Granted) != 0:
                leadership.SampleClock(peer, in message);
                election.OnPreVoteAnswer(in message);
                return true;
            case PeerMessageKind.RequestVote:
                if (!state.Has(RaftFaults.Recalling))
                {
                    election.OnRequestVote(in message);
                }

                return true;
            case PeerMessageKind.RecallQuery:
                recall.OnQuery(peer, in message);
                return true;
            case PeerMessageKind.RecallAnswer:
                recall.OnAnswer(in message);
                return true;
            case PeerMessageKind.RepairQuery:
                repair.OnQuery(in message);
                return true;
            case PeerMessageKind.RepairAnswer:
                repair.OnAnswer(in message, body);
                return true;
            case PeerMessageKind.EventQuery:
            case PeerMessageKind.EventAnswer:
                // Not about the log: the driver looks at them before.
                return true;
            default:
                return false;
        }
    }

    /// <summary>Follows a higher term, answers or drops a lower one (thesis 3.3).</summary>
    /// <returns>Whether the message is of the present term.</returns>
    private bool EntersTerm(in PeerMessage message)
    {
        if (message.Term == state.Hard.Term)
        {
            return true;
        }

        if (message.Term < state.Hard.Term)
        {
            AnswerStale(in message);
            return false;
        }

        // One that is no member, with a term of its own making, deposes nobody; one that leads was elected by members.
        if (!IsLeaders(message.Kind) && state.Members.Current.RolesOf(message.From) == MemberRoles.None)
        {
            Dropped++;
            return false;
        }

        if (state.Has(RaftFaults.Recalling) && !IsLeaders(message.Kind))
        {
            return false;
        }

        election.Follow(message.Term);
        return true;
    }

    /// <summary>
    /// A leader that was deposed is told, or it would go on for nothing (etcd: checkquorum with pre-vote).
    /// </summary>
    private void AnswerStale(in PeerMessage message)
    {
        if (message.Kind is PeerMessageKind.AppendEntries or PeerMessageKind.InstallSnapshot
            && !state.Has(RaftFaults.Recalling))
        {
            var answer = state.Out.Answer(PeerMessageKind.AppendAnswer, in message);
            answer.Reason = AnswerReason.StaleTerm;
            state.Out.SendDurably(in answer);
        }
    }

    private void FromLeader(Peer peer, in PeerMessage message, ReadOnlySpan<byte> body)
    {
        // Two leaders of one term: the votes of one of them were counted wrong, here or there.
        Invariant.Check(!state.IsLeader);
        if (state.Leader != message.From)
        {
            following.Restart();
        }

        election.HearLeader(message.From);
        if (state.Has(RaftFaults.Recalling))
        {
            recall.OnLeader(message.From);
            return;
        }

        switch (message.Kind)
        {
            case PeerMessageKind.AppendEntries:
                following.OnAppend(peer, in message, body);
                break;
            case PeerMessageKind.InstallSnapshot:
                receiver.OnPart(in message, body);
                break;
            case PeerMessageKind.TimeoutNow:
                election.CampaignNow();
                break;
            default:
                hashes.OnQuarantine(in message);
                break;
        }
    }

    private void FromFollower(Peer peer, in PeerMessage message)
    {
        switch (message.Kind)
        {
            case PeerMessageKind.AppendAnswer when state.IsLeader:
                leadership.OnAnswer(peer, in message);
                break;
            case PeerMessageKind.SnapshotAnswer when state.IsLeader:
                sender.OnAnswer(peer, in message);
                break;
            case PeerMessageKind.VoteAnswer:
                election.OnVoteAnswer(in message);
                break;
            case PeerMessageKind.ReadIndex:
                reads.OnReadIndex(in message);
                break;
            case PeerMessageKind.ReadIndexAnswer:
                reads.OnReadIndexAnswer(in message);
                break;
            default:
                break;
        }
    }
}
