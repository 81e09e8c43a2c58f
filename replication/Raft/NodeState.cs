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
        Marks.Restart(point.Index);
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

    /// <summary>The first damaged entry; none where it is above the log.</summary>
    public ulong DamagedFirst { get; set; } = ulong.MaxValue;

    public ulong DamagedLast { get; set; }

    public bool IsLeader => Role == RaftRole.Leader;

    /// <summary>Entries up to here may leave the memory.</summary>
    public ulong Dispensable => Math.Min(Math.Min(CommitIndex, Applied.Index), Marks.Index);

    /// <summary>What the node can vouch for: durable, and whole.</summary>
    public ulong VouchedIndex => Math.Min(Marks.Index, DamagedFirst - 1);

    public bool Has(RaftFaults any) => (Faults & any) != 0;

    public void Set(RaftFaults fault, bool isOn) => Faults = isOn ? Faults | fault : Faults & ~fault;

    /// <summary>Raises the term, with nobody voted for.</summary>
    public void RaiseTerm(ulong term)
    {
        Invariant.Check(term > Hard.Term);
        Store(new HardState { Term = term, CommitIndex = CommitIndex });
    }

    /// <summary>Votes, once in a term.</summary>
    public void Vote(MemberId candidate)
    {
        Invariant.Check(Hard.VotedFor.IsNone || Hard.VotedFor == candidate);
        if (Hard.VotedFor != candidate)
        {
            Store(Hard with { VotedFor = candidate, CommitIndex = CommitIndex });
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
        Marks.Restart(Log.Last.Index);
        Commit(Math.Min(Hard.CommitIndex, Log.Last.Index));
    }

    /// <summary>A snapshot stands in for the log: what it holds was committed.</summary>
    public void Install(SnapshotPoint snapshot)
    {
        var point = snapshot.Point;
        Invariant.Check(point.Index > Applied.Index);
        var isWhole = DamagedFirst > Log.Last.Index;
        var isSame = Log.TryPointAt(point.Index, out var own) && own.ChainHash == point.ChainHash;

        // What matches is kept, with all behind it (thesis 5.1); what is committed matches.
        var isKept = isWhole && (isSame || point.Index <= CommitIndex);
        if (!isKept)
        {
            Marks.Reset(in point, Now);
            Log.Reset(in point);
            Members.Restart(snapshot.Configuration, point.Index);
            DamagedFirst = ulong.MaxValue;
            DamagedLast = 0;
            Set(RaftFaults.LogDamaged, false);
            VerifiedIndex = Math.Min(VerifiedIndex, point.Index);
        }

        CommitIndex = isKept ? Math.Max(CommitIndex, point.Index) : point.Index;
        VerifiedIndex = Math.Max(VerifiedIndex, point.Index);
        Applied = point;
        Snapshot = snapshot;
    }

    /// <summary>The first damaged entries are whole again.</summary>
    public void Mended(ulong upTo)
    {
        DamagedFirst = upTo + 1;
        if (DamagedFirst > DamagedLast)
        {
            DamagedFirst = ulong.MaxValue;
            DamagedLast = 0;
            Set(RaftFaults.LogDamaged, false);
        }
    }

    private void Store(HardState hardState)
    {
        Hard = hardState;
        Marks.WriteTerm(in hardState, Now);
    }
}
