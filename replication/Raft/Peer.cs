using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>How a leader feeds a follower (thesis 10.2.1; the three states are those of etcd's raft).</summary>
internal enum ProgressState : byte
{
    /// <summary>Where the logs agree is not known: one message at a time.</summary>
    Probe = 0,

    /// <summary>The logs agree up to the match: messages follow each other without waiting.</summary>
    Replicate = 1,

    /// <summary>The follower needs what the log no longer holds.</summary>
    Snapshot = 2,
}

/// <summary>What a node knows about another one.</summary>
internal sealed class Peer(MemberId id)
{
    private (ulong Last, int Bytes)[] _inflights = [];
    private int _inflightFirst;
    private int _inflightCount;

    public MemberId Id => id;

    public MemberRoles Roles { get; set; }

    // As leader: the log agrees and is durable there up to the match; what is behind the next one is on its way.
    public ulong MatchIndex { get; set; }

    public ulong NextIndex { get; set; } = 1;

    public ProgressState State { get; set; }

    /// <summary>A message without entries has to go out, whatever the window says.</summary>
    public bool IsContactDue { get; set; }

    /// <summary>While probing: nothing was sent that could still be answered.</summary>
    public bool IsProbeDue { get; set; }

    /// <summary>Answers to what was sent up to here say nothing about the present state.</summary>
    public ulong Barrier { get; set; }

    /// <summary>The commit index it was told last.</summary>
    public ulong CommitSent { get; set; }

    public int InflightBytes { get; private set; }

    public int InflightCount => _inflightCount;

    // When, and with what, it last answered in the leader's term.
    public long AnsweredAt { get; set; }

    public ulong EchoSequence { get; set; }

    public long EchoSentAt { get; set; }

    /// <summary>Its own time of sending, given back to it so that it can measure the leader's clock.</summary>
    public long LastSentAt { get; set; }

    // Older entries: being read, or read and not yet sent.
    public bool IsReading { get; set; }

    public ulong BufferedFirst { get; set; }

    public ulong BufferedLast { get; set; }

    public int BufferedBytes { get; set; }

    public byte[] Buffer { get; private set; } = [];

    // The snapshot it receives.
    public ulong SnapshotIndex { get; set; }

    public ulong SnapshotTerm { get; set; }

    public ulong SnapshotOffset { get; set; }

    public ulong SnapshotLength { get; set; }

    public ChainHash SnapshotChain { get; set; }

    // With what it last answered to a part.
    public ulong SnapshotEchoSequence { get; set; }

    public bool IsSnapshotReading { get; set; }

    public bool IsSnapshotPartBuffered { get; set; }

    public byte[] SnapshotPart { get; private set; } = [];

    public int SnapshotPartLength { get; set; }

    /// <summary>There was no part to be had: asked for anew with the next heartbeat.</summary>
    public bool IsSnapshotMissing { get; set; }

    /// <summary>
    /// Its state is bad and its log is not: it gets a snapshot beside the entries, and goes on to acknowledge them.
    /// </summary>
    public bool IsRebuilding { get; set; }

    public bool TakesSnapshot => State == ProgressState.Snapshot || IsRebuilding;

    // What it was seen to say, for its recollection (thesis 3.8 asks that it never forgets).
    public ulong SeenTerm { get; set; }

    public ulong SeenIndex { get; set; }

    public bool SeenVoteForMe { get; set; }

    // Its hashes.
    public HashReport Report { get; set; }

    public ulong EqualIndex { get; set; }

    public ulong DifferentIndex { get; set; }

    public bool IsQuarantined { get; set; }

    public ClockSample Clock { get; set; }

    public bool IsVoter => Configuration.Has(Roles, MemberRoles.Voter | MemberRoles.OutgoingVoter);

    /// <summary>A new leadership begins: nothing is known of it.</summary>
    public void Restart(ulong next, long now)
    {
        MatchIndex = 0;
        NextIndex = next;
        State = ProgressState.Probe;
        IsContactDue = true;
        IsProbeDue = true;
        CommitSent = 0;
        Barrier = 0;
        AnsweredAt = now;
        EchoSequence = 0;
        SnapshotEchoSequence = 0;
        EchoSentAt = 0;
        BufferedBytes = 0;
        SnapshotIndex = 0;
        IsSnapshotPartBuffered = false;
        IsSnapshotMissing = false;
        IsRebuilding = false;
        Return();
        ClearInflights();
    }

    /// <summary>Its state is another than the one that its hashes spoke of.</summary>
    public void Return()
    {
        Report = default;
        EqualIndex = 0;
        DifferentIndex = 0;
        IsQuarantined = false;
    }

    public void Probe(ulong next)
    {
        State = ProgressState.Probe;
        NextIndex = next;
        IsProbeDue = true;
        BufferedBytes = 0;
        ClearInflights();
    }

    public void Replicate()
    {
        State = ProgressState.Replicate;
        NextIndex = Math.Max(NextIndex, MatchIndex + 1);
        ClearInflights();
    }

    public void AddInflight(ulong last, int bytes, int most)
    {
        if (_inflights.Length == 0)
        {
            _inflights = new (ulong, int)[most];
        }

        Invariant.Check(_inflightCount < _inflights.Length);
        _inflights[(_inflightFirst + _inflightCount++) % _inflights.Length] = (last, bytes);
        InflightBytes += bytes;
    }

    public void FreeInflights(ulong upTo)
    {
        while (_inflightCount > 0 && _inflights[_inflightFirst].Last <= upTo)
        {
            InflightBytes -= _inflights[_inflightFirst].Bytes;
            _inflightFirst = (_inflightFirst + 1) % _inflights.Length;
            _inflightCount--;
        }
    }

    public Span<byte> Room(int bytes)
    {
        if (Buffer.Length < bytes)
        {
            Buffer = new byte[bytes];
        }

        return Buffer.AsSpan(0, bytes);
    }

    public Span<byte> SnapshotRoom(int bytes)
    {
        if (SnapshotPart.Length < bytes)
        {
            SnapshotPart = new byte[bytes];
        }

        SnapshotPartLength = bytes;
        return SnapshotPart.AsSpan(0, bytes);
    }

    public void See(ulong term)
    {
        if (term > SeenTerm)
        {
            SeenTerm = term;
            SeenIndex = 0;
            SeenVoteForMe = false;
        }
    }

    private void ClearInflights()
    {
        _inflightFirst = 0;
        _inflightCount = 0;
        InflightBytes = 0;
    }
}
