using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>
/// Looks at all replicas at once, from outside: what they say, what they commit and what they apply.
/// <para>Not verified here: whether what a node says is durable at that moment, which a replica does not show. It is
/// held against what the node knows after its next start. What clients see is <see cref="Calls"/>; whether anything
/// moves is <see cref="Liveness"/>.</para>
/// </summary>
internal sealed class ReplicaChecks(ProtocolContext context, Triggers triggers) : IWorldChecks
{
    private const int TermsMax = 4096;

    private readonly byte[] _votes = new byte[TermsMax * ProtocolContext.NodesMax];
    private readonly byte[] _leaders = new byte[TermsMax];
    private ulong _highestTerm;
    private ulong _committed;
    private int _victim;
    private bool _isAnyDiskLost;

    public CanonLog Canon { get; } = new();

    /// <inheritdoc/>
    public ulong Applied => Canon.Applied;

    /// <summary>Hears of each entry once, when the first node applies it; may be set once.</summary>
    public Action<ulong>? Extended { get; set; }

    public void Begin()
    {
        var terms = (int)Math.Min(_highestTerm + 1, TermsMax);
        Array.Clear(_votes, 0, terms * ProtocolContext.NodesMax);
        Array.Clear(_leaders, 0, terms);
        _highestTerm = 0;
        _committed = 0;
        _victim = -1;
        _isAnyDiskLost = false;
        Canon.Clear();
    }

    /// <summary>
    /// All that happens to bytes happens to one disk of a run: of two bad copies no group of three recovers. Where
    /// members are taken out as well, the others may be too few without it.
    /// </summary>
    public bool TryLoseDisk(ProtocolNode node)
    {
        var isTooSmall = context.NodeCount < 3;
        if (isTooSmall || (_victim >= 0 && _victim != node.Number)
            || context.Plan.Items.Any(item => item.Kind == PlanItemKind.RemoveMember))
        {
            return false;
        }

        _victim = node.Number;
        return true;
    }

    /// <summary>A disk is gone: what its node said cannot be asked of it any more.</summary>
    public void OnReplaced() => _isAnyDiskLost = true;

    /// <summary>A node's disk holds nothing that it can go on with.</summary>
    public void OnUnusable(ReplicaNode node, string why)
    {
        if (_victim != node.Number)
        {
            context.Fail("a disk that nobody damaged is usable", node.Number, 0, why);
        }
    }

    /// <summary>A message leaves a node.</summary>
    public void OnSend(ReplicaNode node, in PeerMessage message)
    {
        context.Report.Marks.Set((int)Mark.SentAppendEntries + (int)message.Kind - 1);
        if (message.Reason != AnswerReason.None)
        {
            context.Report.Marks.Set((int)Mark.ReasonStaleTerm + (int)message.Reason - 1);
        }

        if (message.Kind is not (PeerMessageKind.PreVote or PeerMessageKind.PreVoteAnswer
            or PeerMessageKind.RecallQuery or PeerMessageKind.RecallAnswer
            or PeerMessageKind.RepairQuery or PeerMessageKind.RepairAnswer))
        {
            node.Word.Term = Math.Max(node.Word.Term, message.Term);
        }

        switch (message.Kind)
        {
            case PeerMessageKind.VoteAnswer when message.Flags.HasFlag(MessageFlags.Granted):
                OnVote(node, message.Term, message.To);
                break;
            case PeerMessageKind.RequestVote:
                OnVote(node, message.Term, node.Id);
                break;
            case PeerMessageKind.AppendAnswer when message.Reason == AnswerReason.None:
                OnAcknowledged(node, message.Term, message.Index);
                break;
            default:
                break;
        }
    }

    /// <summary>A node has done a turn: what changed, and may it?</summary>
    public void OnState(ReplicaNode node)
    {
        var replica = node.Replica!;
        if (replica.Phase == ReplicaPhase.Recovering)
        {
            return;
        }

        if (node.Phase == ReplicaPhase.Recovering)
        {
            node.Phase = ReplicaPhase.Running;
            OnRecovered(node);
        }

        var status = replica.Node.Status;
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

        var snapshot = replica.Snapshots.Newest?.Index ?? 0;
        if (snapshot > node.SnapshotIndex)
        {
            node.SnapshotIndex = snapshot;
            context.Report.Snapshots++;
            triggers.Fire(TriggerEvent.SnapshotTaken, node);
        }
    }

    /// <summary>A node has applied an entry.</summary>
    public void OnApplied(
        ReplicaNode node, in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        var machine = node.Exchange!;
        context.Note(TraceKind.Applied, (byte)header.Kind, node.Number, 0, header.Index, machine.StateHash);
        if (header.Index == Canon.Applied + 1)
        {
            if (header.Index >= CanonLog.EntriesMax)
            {
                context.Fail("message storm", node.Number, header.Index, "more entries than a run may have");
                return;
            }

            Extend(node, in header, payload, events, results);
            return;
        }

        if (header.Index > Canon.Applied)
        {
            context.Fail("one entry at an index", node.Number, header.Index, $"applied before {Canon.Applied + 1}");
            return;
        }

        ref var canon = ref Canon[header.Index];
        if (canon.Header.ChainHash != header.ChainHash)
        {
            context.Fail(
                "one entry at an index", node.Number, header.Index,
                $"term {header.Term} applied here, term {canon.Header.Term} applied elsewhere");
        }
        else if (canon.StateHash != machine.StateHash || canon.EventChainHash != machine.EventChainHash
            || canon.ResultsHash != StableHash.Of(results.Written, header.Index))
        {
            context.Fail(
                "one state at an index", node.Number, header.Index,
                "the entries are equal, the states or what they answer are not");
        }
    }

    /// <summary>A node answers a read from its state.</summary>
    public void OnReadServed(ReplicaNode node) => CheckState(node, node.AppliedIndex, "a read sees another state");

    /// <summary>A node has taken a snapshot for its state.</summary>
    public void OnInstalled(ReplicaNode node, ulong index)
    {
        if (index > Canon.Applied)
        {
            context.Fail("one state at an index", node.Number, index, "a snapshot of what nobody has applied");
            return;
        }

        CheckState(node, index, "a snapshot is not the state at its index");
    }

    private void CheckState(ReplicaNode node, ulong index, string text)
    {
        if (index > 0 && (node.Exchange!.AppliedIndex != index || Canon[index].StateHash != node.Exchange.StateHash))
        {
            context.Fail("one state at an index", node.Number, index, text);
        }
    }

    private void Extend(
        ReplicaNode node, in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        var machine = node.Exchange!;
        context.Report.Committed++;
        if (header.Index > 1 && header.Timestamp <= Canon[header.Index - 1].Header.Timestamp)
        {
            context.Fail("log time rises", node.Number, header.Index, "a stamp is not above the one before");
        }

        var wrong = Canon.Extend(
            in header, payload, events.Written, results.Written, machine.StateHash, machine.EventChainHash);
        if (wrong is not null)
        {
            context.Fail("a history that can be", node.Number, header.Index, wrong);
        }

        Extended?.Invoke(header.Index);
    }

    // What it said before it went down, it knows when it comes back.
    private void OnRecovered(ReplicaNode node)
    {
        if (node.Number == _victim)
        {
            return;
        }

        var log = node.Replica!.Log;
        if (log.HardState.Term < node.Word.Term)
        {
            context.Fail(
                "what was said is known after a restart", node.Number, 0,
                $"term {log.HardState.Term}, and it spoke in {node.Word.Term}");
        }

        var last = Math.Max(log.LastIndex, node.Replica.Snapshots.Newest?.Index ?? 0);
        if (log.HardState.Term == node.Word.AcknowledgedTerm && last < node.Word.AcknowledgedIndex)
        {
            context.Fail(
                "what was acknowledged is there after a restart", node.Number, node.Word.AcknowledgedIndex,
                $"the log ends at {last}");
        }
    }

    private void OnVote(ReplicaNode node, ulong term, MemberId candidate)
    {
        ref var vote = ref _votes[((int)(term % TermsMax) * ProtocolContext.NodesMax) + node.Number];
        if (vote != 0 && vote != candidate.Number && node.Number != _victim)
        {
            context.Fail("one vote a term", node.Number, 0, $"term {term}: for {vote} before, now for {candidate}");
        }

        vote = (byte)candidate.Number;
        context.Meet(Mark.VoteGranted);
        if (candidate != node.Id)
        {
            triggers.Fire(TriggerEvent.GrantedVote, node);
        }
    }

    private void OnAcknowledged(ReplicaNode node, ulong term, ulong index)
    {
        ref var word = ref node.Word;
        if (term > word.AcknowledgedTerm)
        {
            word.AcknowledgedTerm = term;
            word.AcknowledgedIndex = 0;
        }

        word.AcknowledgedIndex = Math.Max(word.AcknowledgedIndex, index);
        triggers.Fire(TriggerEvent.Acknowledged, node);
    }

    private void OnRoleOrTerm(ReplicaNode node, in RaftStatus status)
    {
        if (status.Term < node.Term)
        {
            context.Fail("a term never falls", node.Number, 0, $"{status.Term} after {node.Term}");
        }

        if (status.Term > node.Term && node.Term > 0)
        {
            triggers.Fire(TriggerEvent.TermRose, node);
        }

        _highestTerm = Math.Max(_highestTerm, status.Term);
        if (_highestTerm >= TermsMax)
        {
            context.Fail("message storm", node.Number, 0, "more terms than a run may have");
        }

        var (wasLeader, isOther) = (node.Role == RaftRole.Leader, status.Role != node.Role);
        node.Term = status.Term;
        node.Role = status.Role;
        context.Note(TraceKind.StateChanged, (byte)status.Role, node.Number, 0, status.Term, status.LastIndex);
        if (isOther)
        {
            OnRole(node, in status, wasLeader);
        }
    }

    private void OnRole(ReplicaNode node, in RaftStatus status, bool wasLeader)
    {
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
                context.MeetIf(wasLeader, Mark.SteppedDown);
                if (wasLeader)
                {
                    triggers.Fire(TriggerEvent.SteppedDown, node);
                }

                break;
        }
    }

    private void OnElected(ReplicaNode node, in RaftStatus status)
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
        var canon = Canon.Applied;
        if (canon > 0 && Canon[canon].Header.Term < status.Term && status.LastIndex < canon)
        {
            context.Fail(
                "a leader has all that is committed", node.Number, canon,
                $"leader of term {status.Term} ends at {status.LastIndex}");
        }
    }

    private void OnCommit(ReplicaNode node, in RaftStatus status, bool hasLed)
    {
        var commit = status.CommitIndex;
        if (commit < node.Commit)
        {
            context.Fail("a commit index never falls", node.Number, commit, $"{commit} after {node.Commit}");
        }

        node.Commit = commit;
        context.Note(TraceKind.Committed, 0, node.Number, 0, commit, status.Term);
        if (hasLed && commit > _committed)
        {
            CheckMajority(node, in status);
            context.MeetIf(commit > _committed + 1, Mark.CommittedSeveralAtOnce);
            _committed = commit;
        }
        else if (!hasLed && commit > Math.Max(_committed, Canon.Applied))
        {
            context.Fail(
                "nobody commits ahead of the leaders", node.Number, commit,
                $"commits {commit}, no leader committed more than {_committed}");
        }

        CheckLeases(node, status.Term);
        triggers.Fire(TriggerEvent.Committed, node);
    }

    private void CheckMajority(ReplicaNode node, in RaftStatus status)
    {
        var (voters, outgoing, held, outgoingHeld) = (0, 0, 0, 0);
        foreach (var member in node.Raft!.Configuration.Members)
        {
            var isHeld = member.Id == node.Id
                ? status.DurableIndex >= status.CommitIndex
                : context.NodeOf(member.Id) is ReplicaNode other
                    && other.Word.AcknowledgedTerm == status.Term
                    && other.Word.AcknowledgedIndex >= status.CommitIndex;
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
        if (_isAnyDiskLost)
        {
            return;
        }

        if (held <= voters / 2 || (outgoing > 0 && outgoingHeld <= outgoing / 2))
        {
            context.Fail(
                "committed is what a majority acknowledged", node.Number, status.CommitIndex,
                $"{held} of {voters} voters, {outgoingHeld} of {outgoing} that go");
        }
    }

    private void CheckLeases(ReplicaNode node, ulong term)
    {
        foreach (var other in context.Nodes)
        {
            if (other != node && other.IsUp && other.Role == RaftRole.Leader && other.Term < term
                && other.PausedUntil <= context.Now && node.Role == RaftRole.Leader
                && other.Raft!.Status.LeaseUntil > other.Clock.Monotonic(context.Now))
            {
                context.Fail(
                    "one lease at a time", other.Number, 0,
                    $"holds a lease of term {other.Term} while node {node.Number} commits in term {term}");
            }
        }
    }

    private void OnFaults(ReplicaNode node, RaftFaults faults)
    {
        var added = faults & ~node.Faults;
        var gone = node.Faults & ~faults;
        node.Faults = faults;
        for (var bit = 0; bit < 11; bit++)
        {
            context.MeetIf(((int)added & (1 << bit)) != 0, (Mark)((int)Mark.FaultDiskStalled + bit));
        }

        if (gone.HasFlag(RaftFaults.Recalling))
        {
            triggers.Fire(TriggerEvent.Recalled, node);
        }

        const RaftFaults Never = RaftFaults.Quarantined | RaftFaults.Disputed | RaftFaults.ChainForked;
        const RaftFaults OfVictims = RaftFaults.Amnesiac | RaftFaults.LogDamaged;
        if ((added & Never) != 0 || ((added & OfVictims) != 0 && node.Number != _victim))
        {
            context.Fail("no fault is reported where there is none", node.Number, node.AppliedIndex, $"{added}");
        }
    }
}
