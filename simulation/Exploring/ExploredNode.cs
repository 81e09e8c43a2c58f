using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>
/// One replica that is explored: the production consensus, what its disk holds, and what was seen of it since the
/// beginning, crashes or not. Its state is a function of its inputs alone, so it can be made anew from them.
/// </summary>
internal sealed class ExploredNode
{
    private const long Shortest = 1_000_000;
    private const long Longest = 1_000_000_000_000;
    private const long Wall = 1_700_000_000_000_000_000;
    private const long Hour = 3_600_000_000_000;
    private const int RoundsMax = 50;

    // What passes for others when somebody's time runs out is the shortest timeout: their own, drawn far above it, does
    // not run out by that. No clock is wrong here; what clocks do to leases is the random world's business.
    private static readonly RaftOptions _options = new()
    {
        Seed = 1,
        HeartbeatNanos = Shortest / 2,
        ElectionTimeoutMinNanos = Shortest,
        ElectionTimeoutMaxNanos = Longest,
        ClockErrorMaxNanos = Hour,
        StampAheadMaxNanos = 2 * Hour,
        ClockStepMaxNanos = 24 * Hour,
        DiskStallNanos = long.MaxValue / 4,
        RingBytes = 4096,
        RingEntries = 16,
        UncommittedEntriesMax = 12,
        MessageBytesMax = 4096,
        InflightMessagesMax = 8,
        InflightBytesMax = 1 << 14,
        SnapshotPartBytes = 1024,
        ReadsMax = 4,
        HashHistory = 2,
        PromotionLagEntries = 4,
    };

    private readonly Configuration _founders;
    private readonly MemberId _self;
    private readonly ChainHasher _hasher;
    private readonly ExploredDisk _disk = new();
    private readonly Dictionary<ulong, uint> _votesSaid = [];
    private RaftNode _raft;
    private long _now;
    private uint _starts;

    public ExploredNode(int number, int nodes, ChainHasher hasher)
    {
        _hasher = hasher;
        _self = new MemberId((uint)number + 1, 1);
        _founders = Configuration.OfVoters([.. Enumerable.Range(1, nodes).Select(i => new MemberId((uint)i, 1))]);
        _raft = Make(isNew: true);
        _raft.Start(_now, Wall);
    }

    /// <summary>What must never be and was; null where all is well.</summary>
    public string? Wrong { get; private set; }

    /// <summary>The terms it led, a bit each, whether or not it crashed since.</summary>
    public ulong Led { get; private set; }

    /// <summary>By index: the chain hash of what it took for committed, crashed since or not.</summary>
    public List<ChainHash> Committed { get; } = [];

    /// <summary>By index: the term in which it committed that as the leader; zero where it did not.</summary>
    public List<ulong> CommittedIn { get; } = [];

    public RaftStatus Status => _raft.Status;

    /// <summary>By index from 1: the chain hashes of its log.</summary>
    public IReadOnlyList<ChainHash> Log
    {
        get
        {
            List<ChainHash> log = [];
            for (var index = 1UL; index <= _raft.Last.Index; index++)
            {
                log.Add(HeaderAt(index, out _).ChainHash);
            }

            return log;
        }
    }

    /// <summary>Does what happens to it, and all that comes of it.</summary>
    /// <param name="input">What happens.</param>
    /// <param name="message">The message that arrives, where one does.</param>
    /// <param name="sent">Gets what it sends.</param>
    /// <returns>False where it was to crash and wants fewer writes than that.</returns>
    public bool Take(in NodeInput input, ExploredMessage? message, List<ExploredMessage> sent)
    {
        try
        {
            return TakeOrThrow(in input, message, sent);
        }
        catch (InvariantViolationException exception)
        {
            // The product stops itself: that is a finding like any other.
            Wrong ??= "invariant: " + exception.Message;
            return true;
        }
    }

    private bool TakeOrThrow(in NodeInput input, ExploredMessage? message, List<ExploredMessage> sent)
    {
        switch (input.Kind)
        {
            case NodeInputKind.TimePasses:
                _now += Shortest;
                return true;
            case NodeInputKind.Crash:
                Restart(sent);
                return true;
            case NodeInputKind.Timeout:
                _now += Longest + 1;
                _raft.Tick(_now, Wall);
                break;
            case NodeInputKind.Propose:
                _raft.Tick(_now, Wall);
                _raft.Propose([7], 1, out _);
                break;
            default:
                var header = message!.Header;
                _raft.Tick(_now, Wall);
                _raft.Step(in header, message.Body);
                break;
        }

        return Settle(input.Kept, sent);
    }

    // Does what the node wants until it wants nothing more. A disk is as fast as can be, or is overtaken by a crash.
    private bool Settle(int kept, List<ExploredMessage> sent)
    {
        var written = 0;
        for (var round = 0; round < RoundsMax; round++)
        {
            var isMore = Turn(sent);
            if (_disk.IsBusy)
            {
                var ticket = 0UL;
                while (_disk.IsBusy)
                {
                    if (written == kept)
                    {
                        Restart(sent);
                        return true;
                    }

                    written++;
                    ticket = _disk.WriteNext();
                }

                _raft.Persisted(ticket);
            }
            else if (!isMore)
            {
                return kept < 0;
            }
        }

        Wrong ??= "no rest: a node wants more and more without an input";
        return true;
    }

    private bool Turn(List<ExploredMessage> sent)
    {
        var ready = _raft.Ready();
        foreach (ref readonly var write in ready.Writes)
        {
            CheckWrite(in write);
            _disk.Take(_raft, in write);
        }

        foreach (ref readonly var message in ready.Messages)
        {
            CheckMessage(in message.Header);
            sent.Add(new ExploredMessage(message.Header, message.Body.ToArray()));
        }

        var isMore = !ready.Writes.IsEmpty || !ready.Messages.IsEmpty;
        var commit = ready.CommitIndex;
        Watch(commit);
        _raft.Advance();
        for (var index = _raft.Status.AppliedIndex + 1; index <= commit; index++)
        {
            var header = HeaderAt(index, out var payload);
            _raft.Applied(in header, payload, index, index, long.MaxValue);
            isMore = true;
        }

        return isMore;
    }

    private void Restart(List<ExploredMessage> sent)
    {
        _disk.Crash();
        _starts++;
        _raft = Make(isNew: false);
        foreach (var entry in _disk.Entries)
        {
            _raft.Restore(entry);
        }

        _raft.Start(_now, Wall);
        _raft.Tick(_now, Wall);
        Settle(kept: -1, sent);
    }

    private RaftNode Make(bool isNew) => new(
        _options,
        new RaftStart
        {
            ClusterId = new UInt128(1, 1),
            Epoch = 1,
            Self = _self,
            HardState = _disk.HardState,
            Snapshot = RaftStart.Founded(_founders),
            StartNumber = _starts,
            IsNew = isNew,
        },
        _hasher);

    private EntryHeader HeaderAt(ulong index, out ReadOnlySpan<byte> payload)
    {
        var isHere = _raft.TryGetEntry(index, out var bytes);
        Invariant.Check(isHere);
        var isEntry = EntryCodec.TryRead(bytes, out var header, out payload, out _);
        Invariant.Check(isEntry);
        return header;
    }

    // What has to hold of one node by itself, whatever the others do.
    private void Watch(ulong commit)
    {
        var status = _raft.Status;
        var leads = status.Role == RaftRole.Leader;
        Led |= leads ? 1UL << (int)status.Term : 0;
        var before = (ulong)Committed.Count;
        for (var index = 1UL; index <= commit; index++)
        {
            var header = HeaderAt(index, out _);
            if (index > before)
            {
                Committed.Add(header.ChainHash);
                CommittedIn.Add(leads ? status.Term : 0);
            }
            else if (Committed[(int)index - 1] != header.ChainHash)
            {
                Wrong ??= $"one entry at an index: {index} was committed as another";
            }
        }

        if (leads && commit > before && HeaderAt(commit, out _).Term != status.Term)
        {
            Wrong ??= $"a leader counts only entries of its own term: {commit} in term {status.Term}";
        }
    }

    private void CheckWrite(in LogWrite write)
    {
        if (write.Kind == LogWriteKind.Truncate && write.First <= (ulong)Committed.Count)
        {
            Wrong ??= $"no truncation of committed entries: from {write.First}, {Committed.Count} are committed";
        }
        else if (write.Kind == LogWriteKind.HardState && write.HardState.Term < _disk.HardState.Term)
        {
            Wrong ??= $"a term never falls: {write.HardState.Term} after {_disk.HardState.Term}";
        }
    }

    private void CheckMessage(in PeerMessage message)
    {
        if (message.Kind == PeerMessageKind.VoteAnswer && message.Flags.HasFlag(MessageFlags.Granted))
        {
            if (_votesSaid.TryGetValue(message.Term, out var other) && other != message.To.Number)
            {
                Wrong ??= $"one vote a term: term {message.Term}, for {other} before, now for {message.To.Number}";
            }

            _votesSaid[message.Term] = message.To.Number;
            if (_disk.HardState.Term < message.Term
                || (_disk.HardState.Term == message.Term && _disk.HardState.VotedFor != message.To))
            {
                Wrong ??= $"no vote before it is durable: term {message.Term}";
            }
        }
        else if (message.Kind == PeerMessageKind.AppendAnswer && message.Reason == AnswerReason.None
            && message.Index > (ulong)_disk.Entries.Count)
        {
            Wrong ??= $"nothing is acknowledged before it is durable: {message.Index} of {_disk.Entries.Count}";
        }
    }
}
