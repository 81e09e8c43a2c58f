using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// Looks at all nodes at once, from outside, at every step: what must never be the case is found where it begins, not
/// where it hurts. Each check costs a constant.
/// <para>Not verified here: what clients see (that is <see cref="Clients"/>), and whether anything moves (that is
/// <see cref="Liveness"/>).</para>
/// </summary>
internal sealed class ProtocolChecks(ProtocolContext context, Triggers triggers) : IWorldChecks
{
    private const int TermsMax = 4096;

    // By term and node: for whom it voted, whether it said so, one above the number; zero for nobody.
    private readonly byte[] _votes = new byte[TermsMax * ProtocolContext.NodesMax];
    private readonly byte[] _leaders = new byte[TermsMax];
    private ulong _highestTerm;
    private bool _isAnyDiskLost;

    public Canon Canon { get; } = new();

    public ulong Applied => Canon.Applied;

    /// <summary>By client and sequence: the index at which the command took effect.</summary>
    public ulong[] Executed { get; } = new ulong[TinyMachine.ClientsMax * Clients.SequencesMax];

    public ulong HighestTerm => _highestTerm;

    public void Begin()
    {
        var terms = (int)Math.Min(_highestTerm + 1, TermsMax);
        Array.Clear(_votes, 0, terms * ProtocolContext.NodesMax);
        Array.Clear(_leaders, 0, terms);
        Array.Clear(Executed);
        _highestTerm = 0;
        _isAnyDiskLost = false;
        Canon.Clear();
    }

    /// <summary>
    /// A disk is to be lost: what its node held, no majority can be asked to hold from here on. One in a run: more is
    /// the loss of a majority in the smallest clusters.
    /// </summary>
    /// <returns>False where one is lost already.</returns>
    public bool TryLoseDisk(ProtocolNode node)
    {
        if (_isAnyDiskLost)
        {
            return false;
        }

        _isAnyDiskLost = true;
        return true;
    }

    /// <summary>A node gives out a write.</summary>
    public void OnWrite(ProtocolNode node, in LogWrite write)
    {
        switch (write.Kind)
        {
            case LogWriteKind.HardState:
                OnHardState(node, in write);
                break;
            case LogWriteKind.Truncate when write.First <= node.Commit:
                context.Fail(
                    "no truncation of committed entries", node.Number, write.First,
                    $"entries from {write.First} go, {node.Commit} is committed");
                break;
            case LogWriteKind.Truncate:
                CheckTruncation(node, write.First);
                break;
            default:
                break;
        }
    }

    /// <summary>A message leaves a node: what it says must be durable.</summary>
    public void OnSend(ProtocolNode node, in PeerMessage message)
    {
        var durable = node.Log.Durable;
        if (message.Kind is not (PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer
            or PeerMessageKind.RecallQuery or PeerMessageKind.RecallAnswer
            or PeerMessageKind.RepairQuery or PeerMessageKind.RepairAnswer)
            && message.Term > durable.HardState.Term)
        {
            context.Fail(
                "no message of a term that could be forgotten", node.Number, message.Index,
                $"{message.Kind} of term {message.Term}, durable is term {durable.HardState.Term}");
        }

        context.Report.Marks.Set((int)Mark.SentAppendEntries + (int)message.Kind - 1);
        if (message.Reason != AnswerReason.None)
        {
            context.Report.Marks.Set((int)Mark.ReasonStaleTerm + (int)message.Reason - 1);
        }

        switch (message.Kind)
        {
            case PeerMessageKind.VoteAnswer when message.Flags.HasFlag(MessageFlags.Granted):
                OnVoteSaid(node, in message);
                break;
            case PeerMessageKind.AppendAnswer when message.Reason == AnswerReason.None:
                OnAcknowledged(node, in message);
                break;
            default:
                break;
        }
    }

    /// <summary>A node has done a turn: what changed, and may it?</summary>
    public void OnState(ProtocolNode node)
    {
        var status = node.Raft!.Status;

        // A leader that takes itself out commits that as its last deed, and leads no more when it is looked at.
        var hasLed = status.Role == RaftRole.Leader || (node.Role == RaftRole.Leader && node.Term == status.Term);
        if (status.Term != node.Term || status.Role != node.Role)
        {
            OnRoleOrTerm(node, in status);
        }

        if (status.CommitIndex != node.Commit)
        {
            OnCommit(node, in status, hasLed);
        }

        if (status.Faults != node.Faults)
        {
            OnFaults(node, status.Faults);
        }

        if (status.Leader != node.Leader)
        {
            node.Leader = status.Leader;
            context.MeetIf(!status.Leader.IsNone && node.Role != RaftRole.Leader, Mark.LeaderHeard);
        }
    }

    /// <summary>A node has applied an entry.</summary>
    public void OnApplied(ProtocolNode node, in EntryHeader header, List<TinyResult> results)
    {
        context.Note(TraceKind.Applied, (byte)header.Kind, node.Number, 0, header.Index, node.Machine.StateHash);
        if (Canon.TryExtend(in header, node.Machine.StateHash, node.Machine.EventChainHash))
        {
            context.Report.Committed++;
            if (header.Index > 1 && header.Timestamp <= Canon[header.Index - 1].Timestamp)
            {
                context.Fail("log time rises", node.Number, header.Index, "a stamp is not above the one before");
            }
        }
        else if (header.Index >= Canon.EntriesMax)
        {
            context.Fail("message storm", node.Number, header.Index, "more entries than a run may have");
            return;
        }

        ref var canon = ref Canon[header.Index];
        if (canon.Chain != header.ChainHash)
        {
            context.Fail(
                "one entry at an index", node.Number, header.Index,
                $"term {header.Term} applied here, term {canon.Term} applied elsewhere");
        }
        else if (canon.StateHash != node.Machine.StateHash || canon.EventChainHash != node.Machine.EventChainHash)
        {
            context.Fail(
                "one state at an index", node.Number, header.Index, "the entries are equal, the states are not");
        }

        foreach (var result in results)
        {
            OnResult(node, header.Index, in result);
        }
    }

    /// <summary>A node has taken a snapshot for its state.</summary>
    public void OnInstalled(ProtocolNode node, SnapshotPoint point)
    {
        var index = point.Point.Index;
        if (index > Canon.Applied)
        {
            context.Fail("one state at an index", node.Number, index, "a snapshot of what nobody has applied");
            return;
        }

        ref var canon = ref Canon[index];
        if (canon.Chain != point.Point.ChainHash || canon.StateHash != node.Machine.StateHash
            || canon.StateHash != point.StateHash)
        {
            context.Fail("one state at an index", node.Number, index, "a snapshot is not the state at its index");
        }
    }

    private void OnHardState(ProtocolNode node, in LogWrite write)
    {
        var term = write.HardState.Term;
        if (term < node.Log.Issued.HardState.Term)
        {
            context.Fail("a term never falls", node.Number, 0, $"{term} after {node.Log.Issued.HardState.Term}");
        }

        if (!write.HardState.VotedFor.IsNone)
        {
            OnVote(node, term, write.HardState.VotedFor);
            context.MeetIf(write.HardState.VotedFor == node.Id, Mark.VotedForSelf);
        }
    }

    // A vote that was not yet durable may be forgotten and given again; one that was said or is durable may not.
    private void OnVoteSaid(ProtocolNode node, in PeerMessage message)
    {
        var durable = node.Log.Durable.HardState;
        if (durable.Term == message.Term && durable.VotedFor != message.To)
        {
            context.Fail(
                "no vote before it is durable", node.Number, 0,
                $"vote of term {message.Term} for {message.To}, durable is {durable.VotedFor}");
        }

        ref var vote = ref VoteAt(message.Term, node.Number);
        if (vote != 0 && vote != message.To.Number)
        {
            context.Fail(
                "one vote a term", node.Number, 0, $"term {message.Term}: for {vote} before, now for {message.To}");
        }

        vote = (byte)message.To.Number;
        context.Meet(Mark.VoteGranted);
        triggers.Fire(TriggerEvent.GrantedVote, node);
    }

    private void OnVote(ProtocolNode node, ulong term, MemberId candidate)
    {
        var known = VoteAt(term, node.Number);
        if (known != 0 && known != candidate.Number)
        {
            context.Fail("one vote a term", node.Number, 0, $"term {term}: for {known} before, now for {candidate}");
        }
    }

    private ref byte VoteAt(ulong term, int node) =>
        ref _votes[((int)(term % TermsMax) * ProtocolContext.NodesMax) + node];

    private void OnAcknowledged(ProtocolNode node, in PeerMessage message)
    {
        var durable = node.Log.Durable;
        var index = message.Index;
        if (index > Math.Max(durable.Last, node.Snapshots.Newest?.Point!.Point.Index ?? 0))
        {
            context.Fail(
                "nothing is acknowledged before it is durable", node.Number, index,
                $"acknowledged {index}, durable is {durable.Last}");
            return;
        }

        var leader = context.NodeOf(message.To);
        if (leader is { IsUp: true, Role: RaftRole.Leader }
            && leader.Term == message.Term
            && index > leader.Log.Issued.Base.Index
            && durable.Has(index)
            && !leader.Log.Issued.Holds(index, in durable[index].Header.ChainHash))
        {
            context.Fail(
                "what is acknowledged is the leader's", node.Number, index,
                $"term {durable.TermAt(index)} here, term {leader.Log.Issued.TermAt(index)} at the leader");
        }

        triggers.Fire(TriggerEvent.Acknowledged, node);
    }

    private void CheckTruncation(ProtocolNode node, ulong first)
    {
        // A committed entry may go where it is not known to be committed, but only if a majority keeps it.
        var committed = Canon.Committed;
        if (first <= committed && node.Log.Issued.Has(first) && Canon[first].Chain != default
            && node.Log.Issued.Holds(first, in Canon[first].Chain))
        {
            context.Fail(
                "no truncation of committed entries", node.Number, first,
                $"entry {first} is the committed one, up to {committed} is committed by a leader");
        }
    }

    private void OnRoleOrTerm(ProtocolNode node, in RaftStatus status)
    {
        if (status.Term < node.Term)
        {
            context.Fail("a term never falls", node.Number, 0, $"{status.Term} after {node.Term}");
        }

        if (status.Term > node.Term && node.Term > 0)
        {
            triggers.Fire(TriggerEvent.TermRose, node);
        }

        if (status.Term > _highestTerm)
        {
            _highestTerm = status.Term;
            if (_highestTerm >= TermsMax)
            {
                context.Fail("message storm", node.Number, 0, "more terms than a run may have");
            }
        }

        var wasLeader = node.Role == RaftRole.Leader;
        var isOther = status.Role != node.Role;
        node.Term = status.Term;
        node.Role = status.Role;
        context.Note(TraceKind.StateChanged, (byte)status.Role, node.Number, 0, status.Term, status.LastIndex);
        if (!isOther)
        {
            return;
        }

        switch (status.Role)
        {
            case RaftRole.Leader:
                OnElected(node, in status);
                triggers.Fire(TriggerEvent.BecameLeader, node);
                break;
            case RaftRole.Candidate:
                context.Meet(Mark.Campaigned);
                triggers.Fire(TriggerEvent.BecameCandidate, node);
                break;
            case RaftRole.PreCandidate:
                context.Meet(Mark.PreCampaigned);
                break;
            default:
                if (wasLeader)
                {
                    context.Meet(Mark.SteppedDown);
                    triggers.Fire(TriggerEvent.SteppedDown, node);
                }

                break;
        }
    }

    private void OnElected(ProtocolNode node, in RaftStatus status)
    {
        context.Report.Elections++;
        context.Meet(Mark.Elected);
        context.MeetIf(node.Id == context.TransferTarget, Mark.TransferDone);
        context.TransferTarget = MemberId.None;
        ref var known = ref _leaders[status.Term % TermsMax];
        if (known != 0 && known != node.Number + 1)
        {
            context.Fail(
                "one leader a term", node.Number, 0, $"term {status.Term}: node {known - 1} leads it as well");
        }

        known = (byte)(node.Number + 1);
        CheckVotesOf(node, status.Term);
        var log = node.Log.Issued;
        for (var index = Canon.Applied; index > 0 && index + 4 > Canon.Applied; index--)
        {
            // Committed in an earlier term: it must be there. What a later term committed is not this leader's duty.
            if (Canon[index].CommittedIn == 0 || Canon[index].CommittedIn >= status.Term)
            {
                continue;
            }

            if (index > log.Base.Index && !log.Holds(index, in Canon[index].Chain))
            {
                context.Fail(
                    "a leader has all that is committed", node.Number, index,
                    $"leader of term {status.Term} ends at {log.Last}; {index} was committed in "
                    + $"{Canon[index].CommittedIn}");
            }

            break;
        }
    }

    // Elected means: a majority cannot help anybody else in this term, not even after a crash.
    private void CheckVotesOf(ProtocolNode node, ulong term)
    {
        if (_isAnyDiskLost)
        {
            return;
        }

        var (voters, outgoing, forIt, outgoingForIt) = (0, 0, 0, 0);
        foreach (var member in node.Raft!.Configuration.Members)
        {
            var voter = context.NodeOf(member.Id);
            var isFor = voter is not null
                && (voter.Log.Durable.HardState.Term > term
                    || (voter.Log.Durable.HardState.Term == term && voter.Log.Durable.HardState.VotedFor == node.Id));
            if (member.Roles.HasFlag(MemberRoles.Voter))
            {
                voters++;
                forIt += isFor ? 1 : 0;
            }

            if (member.Roles.HasFlag(MemberRoles.OutgoingVoter))
            {
                outgoing++;
                outgoingForIt += isFor ? 1 : 0;
            }
        }

        if (forIt <= voters / 2 || (outgoing > 0 && outgoingForIt <= outgoing / 2))
        {
            context.Fail(
                "elected by votes that last", node.Number, 0,
                $"term {term}: {forIt} of {voters} votes are durable");
        }
    }

    private void OnCommit(ProtocolNode node, in RaftStatus status, bool hasLed)
    {
        var commit = status.CommitIndex;
        if (commit < node.Commit)
        {
            context.Fail("a commit index never falls", node.Number, commit, $"{commit} after {node.Commit}");
        }

        node.Commit = commit;
        context.Note(TraceKind.Committed, 0, node.Number, 0, commit, status.Term);
        if (hasLed)
        {
            OnLeaderCommit(node, commit, status.Term);
        }
        else if (commit > Canon.Committed)
        {
            context.Fail(
                "nobody commits ahead of the leaders", node.Number, commit,
                $"commits {commit}, no leader committed more than {Canon.Committed}");
        }

        triggers.Fire(TriggerEvent.Committed, node);
    }

    private void OnLeaderCommit(ProtocolNode node, ulong commit, ulong term)
    {
        var log = node.Log.Issued;
        if (commit > Canon.Committed && log.Has(commit))
        {
            if (log.TermAt(commit) != term)
            {
                context.Fail(
                    "a leader counts only entries of its own term", node.Number, commit,
                    $"leader of term {term} commits an entry of term {log.TermAt(commit)}");
            }

            CheckMajority(node, commit);
            for (var index = Math.Max(Canon.Committed + 1, log.First); index <= commit; index++)
            {
                if (index >= Canon.EntriesMax)
                {
                    break;
                }

                Canon[index].CommittedIn = term;
                if (Canon[index].Chain == default)
                {
                    Canon[index].Chain = log[index].Header.ChainHash;
                }
            }

            context.MeetIf(commit > Canon.Committed + 1, Mark.CommittedSeveralAtOnce);
            context.MeetIf(log.TermAt(Math.Max(commit - 1, log.First)) < term, Mark.CommittedOldTermIndirectly);
            Canon.Committed = commit;
        }

        CheckLeases(node, term);
    }

    private void CheckMajority(ProtocolNode node, ulong index)
    {
        if (_isAnyDiskLost)
        {
            return;
        }

        var chain = node.Log.Issued[index].Header.ChainHash;
        var (voters, outgoing, held, outgoingHeld) = (0, 0, 0, 0);
        foreach (var member in node.Raft!.Configuration.Members)
        {
            var voter = context.NodeOf(member.Id);
            var isHeld = voter is not null
                && (voter.Log.Durable.Holds(index, in chain) || index < voter.Log.Durable.Base.Index
                    || voter.Snapshots.Newest?.Point!.Point.Index >= index);
            if (member.Roles.HasFlag(MemberRoles.Voter))
            {
                voters++;
                held += isHeld ? 1 : 0;
            }

            if (member.Roles.HasFlag(MemberRoles.OutgoingVoter))
            {
                outgoing++;
                outgoingHeld += isHeld ? 1 : 0;
            }
        }

        context.MeetIf(outgoing > 0, Mark.CommittedUnderJoint);
        context.MeetIf(held < voters, Mark.CommittedWithoutAll);
        if (held <= voters / 2 || (outgoing > 0 && outgoingHeld <= outgoing / 2))
        {
            context.Fail(
                "committed is what a majority holds", node.Number, index, $"{held} of {voters} voters have it durably");
        }
    }

    private void CheckLeases(ProtocolNode node, ulong term)
    {
        if (!context.Options.LeaseReads)
        {
            return;
        }

        foreach (var other in context.Nodes)
        {
            if (other != node && other.IsUp && other.Role == RaftRole.Leader && other.Term < term
                && other.PausedUntil <= context.Now
                && other.Raft!.Status.LeaseUntil > other.Clock.Monotonic(context.Now))
            {
                context.Fail(
                    "one lease at a time", other.Number, 0,
                    $"holds a lease of term {other.Term} while node {node.Number} commits in term {term}");
            }
        }
    }

    private void OnFaults(ProtocolNode node, RaftFaults faults)
    {
        var added = faults & ~node.Faults;
        var gone = node.Faults & ~faults;
        node.Faults = faults;
        for (var bit = 0; bit < 11; bit++)
        {
            if (((int)added & (1 << bit)) != 0)
            {
                context.Report.Marks.Set((int)Mark.FaultDiskStalled + bit);
            }
        }

        if (gone.HasFlag(RaftFaults.Recalling))
        {
            triggers.Fire(TriggerEvent.Recalled, node);
        }

        if ((added & (RaftFaults.Quarantined | RaftFaults.Disputed)) != 0)
        {
            context.Fail(
                "no divergence is reported where there is none", node.Number, node.Machine.AppliedIndex, $"{faults}");
        }

        if (added.HasFlag(RaftFaults.ChainForked))
        {
            context.Fail("no fork is reported where there is none", node.Number, node.Log.Issued.Last, $"{faults}");
        }

        if (added.HasFlag(RaftFaults.Amnesiac) && !_isAnyDiskLost)
        {
            context.Fail("no amnesia is reported where there is none", node.Number, node.Log.Issued.Last, $"{faults}");
        }
    }

    private void OnResult(ProtocolNode node, ulong index, in TinyResult result)
    {
        if (!result.IsFresh || result.Sequence >= Clients.SequencesMax)
        {
            context.MeetIf(!result.IsFresh, Mark.RepeatFound);
            return;
        }

        ref var executed = ref Executed[((int)result.Client * Clients.SequencesMax) + (int)result.Sequence];
        if (executed != 0 && executed != index)
        {
            context.Fail(
                "a command takes effect once", node.Number, index,
                $"client {result.Client}, command {result.Sequence}: at {executed} and at {index}");
        }

        executed = index;
    }
}
