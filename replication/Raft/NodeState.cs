using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>What the parts of a node share: who it is, where it stands, and the way out.</summary>
internal sealed class NodeState
{
    public NodeState(RaftOptions options, RaftStart start, ChainHasher hasher)
    {
        Options = options;
        Self = start.Self;
        ClusterId = start.ClusterId;
        Epoch = start.Epoch;
        Hard = start.HardState;
        IsNew = start.IsNew;
        Hasher = hasher;
        Marks = new DurableMarks(Ready);
        Out = new Outbox(this, start.StartNumber);
        Clock = new LogClock(options);
        var point = start.Snapshot.Point;
        Log = new RaftLog(options, hasher, in point);
        Marks.Restart(point.Index, point.Index);
        Members = new Members(Self, start.Snapshot.Configuration, point.Index);
        Snapshot = start.Snapshot;
        Applied = point;
        CommitIndex = point.Index;
    }

    public RaftOptions Options { get; }

    public MemberId Self { get; }

    public UInt128 ClusterId { get; }

    public ushort Epoch { get; set; }

    public bool IsNew { get; }

    public ChainHasher Hasher { get; }

    public RaftReady Ready { get; } = new();

    public Outbox Out { get; }

    public RaftLog Log { get; }

    public DurableMarks Marks { get; }

    public Members Members { get; }

    public LogClock Clock { get; }

    /// <summary>The newest snapshot of this node.</summary>
    public SnapshotPoint Snapshot { get; set; }

    public HardState Hard { get; private set; }

    public RaftRole Role { get; private set; }

    public MemberId Leader { get; private set; }

    public RaftFaults Faults { get; set; }

    public bool IsHeadroomLow { get; set; }

    /// <summary>The state is bad and a snapshot was asked for to build it anew; the log is whole.</summary>
    public bool IsRebuilding { get; set; }

    public long Now { get; set; }

    /// <summary>
    /// When the leader of a term was last heard of. It outlives the knowledge who that was: a lease that rests on it
    /// does, too.
    /// </summary>
    public long LeaderHeardAt { get; set; } = long.MinValue / 2;

    public ulong CommitIndex { get; private set; }

    public LogPoint Applied { get; set; }

    /// <summary>Everything up to here is the leader's log as well: proven in this term, by this leader.</summary>
    public ulong VerifiedIndex { get; set; }

    /// <summary>
    /// Where the log on disk ends, if it goes on behind the last entry here: what comes next there is damaged. Zero
    /// where it does not. See <see cref="Repair"/>.
    /// </summary>
    public ulong RestLast { get; private set; }

    public ulong RestTerm { get; private set; }

    public bool HasRest => RestLast != 0;

    public bool IsLeader => Role == RaftRole.Leader;

    /// <summary>Entries up to here may leave the memory.</summary>
    public ulong Dispensable => Math.Min(Math.Min(CommitIndex, Applied.Index), Marks.Index);

    public bool Has(RaftFaults any) => (Faults & any) != 0;

    public void Set(RaftFaults fault, bool isOn) => Faults = isOn ? Faults | fault : Faults & ~fault;

    /// <summary>Raises the term, with nobody voted for.</summary>
    public void RaiseTerm(ulong term)
    {
        Invariant.Check(term > Hard.Term);
        Store(Hard with { Term = term, VotedFor = MemberId.None });
    }

    /// <summary>Votes, once in a term.</summary>
    public void Vote(MemberId candidate)
    {
        Invariant.Check(Hard.VotedFor.IsNone || Hard.VotedFor == candidate);
        if (Hard.VotedFor != candidate)
        {
            Store(Hard with { VotedFor = candidate });
        }
    }

    public void Become(RaftRole role, MemberId leader)
    {
        Role = role;
        Leader = leader;
    }

    public void Commit(ulong index)
    {
        if (index > CommitIndex)
        {
            Invariant.Check(index <= Log.Last.Index);
            CommitIndex = index;
        }
    }

    /// <summary>The log was read back: all of it is durable, and committed as far as that was written down.</summary>
    public void Restored()
    {
        Marks.Restart(Log.Last.Index, Math.Max(Log.Last.Index, RestLast));
        Commit(Math.Min(Hard.CommitIndex, Log.Last.Index));
        CheckLoss();
    }

    /// <summary>The log on disk goes on behind damage, up to here: the node answers for all of it in elections.
    /// </summary>
    public void BeginRest(ulong last, ulong term)
    {
        (RestLast, RestTerm) = (last, term);
        if (IsBelow(Hard.VoteFloorTerm, Hard.VoteFloorIndex, term, last))
        {
            Hard = Hard with { VoteFloorTerm = term, VoteFloorIndex = last };
        }

        Set(RaftFaults.LogDamaged, true);
    }

    /// <summary>All of the rest was read back.</summary>
    public void EndRest()
    {
        (RestLast, RestTerm) = (0, 0);
        Commit(Math.Min(Hard.CommitIndex, Log.Last.Index));
        CheckLoss();
    }

    /// <summary>The rest goes. From then on only the hard state knows how far the log once went: it is written first.
    /// </summary>
    public void DropRest()
    {
        if (HasRest)
        {
            (RestLast, RestTerm) = (0, 0);
            Store(Hard);
        }
    }

    /// <summary>
    /// Whether the durable log is as good as the one that was lost; the next change of the hard state says so on disk,
    /// too.
    /// </summary>
    public void CheckLoss()
    {
        if (!HasRest
            && Hard.VoteFloorIndex != 0
            && Log.TryTermAt(Marks.Index, out var term)
            && !IsBelow(term, Marks.Index, Hard.VoteFloorTerm, Hard.VoteFloorIndex))
        {
            Hard = Hard with { VoteFloorTerm = 0, VoteFloorIndex = 0 };
        }

        Set(RaftFaults.LogDamaged, HasRest || Hard.VoteFloorIndex != 0);
    }

    /// <summary>
    /// Whether a log that ends there may win this node's vote (thesis 3.6.1): it has all that this one has or had.
    /// </summary>
    public bool IsGoodEnough(ulong term, ulong index) =>
        !IsBelow(term, index, Log.Last.Term, Log.Last.Index)
        && !IsBelow(term, index, Hard.VoteFloorTerm, Hard.VoteFloorIndex);

    /// <summary>Operators gave up what was lost.</summary>
    public void ForgetLoss() => Hard = Hard with { VoteFloorTerm = 0, VoteFloorIndex = 0 };

    /// <summary>A snapshot stands in for the log: what it holds was committed.</summary>
    public void Install(SnapshotPoint snapshot)
    {
        var point = snapshot.Point;
        Invariant.Check(point.Index > Applied.Index);
        var isSame = Log.TryPointAt(point.Index, out var own) && own.ChainHash == point.ChainHash;

        // What matches is kept, with all behind it (thesis 5.1); what is committed matches.
        var isKept = isSame || point.Index <= CommitIndex;
        if (!isKept)
        {
            DropRest();
            Marks.Reset(in point, Now);
            Log.Reset(in point);
            Members.Restart(snapshot.Configuration, point.Index);
            VerifiedIndex = Math.Min(VerifiedIndex, point.Index);
        }

        CommitIndex = isKept ? Math.Max(CommitIndex, point.Index) : point.Index;
        VerifiedIndex = Math.Max(VerifiedIndex, point.Index);
        Applied = point;
        Snapshot = snapshot;
    }

    /// <summary>A snapshot took the place of the state, of a whole one or of a bad one.</summary>
    public void Replace(SnapshotPoint snapshot)
    {
        if (snapshot.Point.Index > Applied.Index)
        {
            Install(snapshot);
        }
        else
        {
            Rewind(snapshot);
        }

        IsRebuilding = false;
    }

    public bool TryAskForRebuild() => IsRebuilding |= Has(RaftFaults.Quarantined);

    /// <summary>
    /// A snapshot took the place of a bad state: what lies behind it is applied again, from a log that stays as it is.
    /// </summary>
    private void Rewind(SnapshotPoint snapshot)
    {
        Invariant.Check(snapshot.Point.Index <= Applied.Index);
        Invariant.Check(snapshot.Point.Index >= Log.FloorIndex);
        Applied = snapshot.Point;
        Snapshot = snapshot;
    }

    private static bool IsBelow(ulong term, ulong index, ulong otherTerm, ulong otherIndex) =>
        term < otherTerm || (term == otherTerm && index < otherIndex);

    // A damaged log knows less of what is committed than the disk did before: that must not fall.
    private void Store(HardState hardState)
    {
        hardState.CommitIndex = Math.Max(Hard.CommitIndex, CommitIndex);
        Hard = hardState;
        Marks.WriteTerm(in hardState, Now);
    }
}
