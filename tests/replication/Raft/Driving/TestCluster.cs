using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft.Driving;

/// <summary>
/// A few nodes whose messages wait until the script delivers them. Time moves when the script says so. What holds in
/// any run is checked as it goes: one leader a term, one content an index.
/// </summary>
internal sealed class TestCluster : IDisposable
{
    public const long Millisecond = 1_000_000;
    public const long ClockStart = 1_700_000_000_000 * Millisecond;

    private readonly Dictionary<uint, TestMember> _members = [];
    private readonly Dictionary<ulong, uint> _leaders = [];
    private readonly Dictionary<ulong, ChainHash> _committed = [];
    private readonly HashSet<(uint From, uint To)> _cuts = [];

    public TestCluster(int voters, Func<RaftOptions, RaftOptions>? options = null)
    {
        Options = (options ?? (same => same))(Options);
        Founders = Configuration.OfVoters([.. Enumerable.Range(1, voters).Select(number => Id((uint)number))]);
        foreach (var member in Founders.Members)
        {
            var added = new TestMember(this, member.Id);
            added.Disk.Snapshot = RaftStart.Founded(Founders);
            _members.Add(member.Id.Number, added);
            added.Start(Epoch);
        }
    }

    public static UInt128 ClusterId { get; } = new(0x1122334455667788, 0x99AABBCCDDEEFF00);

    public static ushort Epoch => 1;

    public RaftOptions Options { get; } = new()
    {
        Seed = 7,
        RingBytes = 1 << 16,
        RingEntries = 1 << 8,
        UncommittedEntriesMax = 128,
        HashIntervalEntries = 1,
        MessageBytesMax = 4096,
        SnapshotPartBytes = 16,
        InflightMessagesMax = 4,
        PromotionLagEntries = 2,
    };

    public ChainHasher Hasher { get; } = new();

    public Configuration Founders { get; }

    public long Now { get; private set; } = 1_000 * Millisecond;

    /// <summary>Under way, in the order sent.</summary>
    public List<Letter> Letters { get; } = [];

    public IEnumerable<TestMember> Members => _members.OrderBy(pair => pair.Key).Select(pair => pair.Value);

    public TestMember this[uint number] => _members[number];

    public TestMember Leader => Members.Where(member => member.IsLeader).MaxBy(member => member.Status.Term)
        ?? throw new InvalidOperationException("nobody leads");

    public static MemberId Id(uint number, uint incarnation = 1) => new(number, incarnation);

    /// <summary>A node that knows of nobody yet.</summary>
    public TestMember Add(uint number, uint incarnation = 1)
    {
        var added = new TestMember(this, Id(number, incarnation));
        _members[number] = added;
        added.Start(Epoch);
        return added;
    }

    public void Post(in PeerMessage message, byte[] body)
    {
        Assert.Equal(PeerMessageError.None, PeerMessageCodec.Check(in message));
        Assert.Equal(PeerMessageError.None, PeerMessageCodec.CheckBody(in message, body));
        if (message.Kind == PeerMessageKind.AppendEntries)
        {
            _leaders.TryAdd(message.Term, message.From.Number);
            Assert.Equal(_leaders[message.Term], message.From.Number);
        }

        Letters.Add(new Letter(message, body));
    }

    /// <summary>Every index has one content, whoever applies it (state machine safety, thesis figure 3.2).</summary>
    public void OnApplied(TestMember member, in EntryHeader header)
    {
        _committed.TryAdd(header.Index, header.ChainHash);
        Assert.True(_committed[header.Index] == header.ChainHash, $"{member.Id} applied another entry {header.Index}");
    }

    public TestMember? SnapshotAt(ulong index, byte[] bytes) => Members.FirstOrDefault(member =>
        member.Disk.Snapshot.Point.Index == index && member.Disk.SnapshotBytes.AsSpan().SequenceEqual(bytes));

    /// <summary>Nothing goes from one to the other any more.</summary>
    public void Cut(uint from, uint to) => _cuts.Add((from, to));

    /// <summary>Nothing goes between a node and the rest any more.</summary>
    public void Isolate(uint number)
    {
        foreach (var other in _members.Keys.Where(other => other != number))
        {
            Cut(number, other);
            Cut(other, number);
        }
    }

    public void Heal() => _cuts.Clear();

    /// <summary>Loses what is under way and meets the condition.</summary>
    public void Drop(Func<Letter, bool> which) => Letters.RemoveAll(letter => which(letter));

    public void DropAll() => Letters.Clear();

    /// <summary>Takes letters off the way, to deliver them later or never.</summary>
    public List<Letter> Hold(Func<Letter, bool> which)
    {
        List<Letter> held = [.. Letters.Where(which)];
        Letters.RemoveAll(held.Contains);
        return held;
    }

    /// <summary>Delivers one letter, whether or not it is still listed as under way.</summary>
    public void Deliver(Letter letter)
    {
        Letters.Remove(letter);
        if (!_cuts.Contains((letter.From, letter.To)) && _members.TryGetValue(letter.To, out var to) && to.IsUp)
        {
            to.Step(letter);
        }
    }

    public void Deliver(IEnumerable<Letter> letters)
    {
        foreach (var letter in letters.ToArray())
        {
            Deliver(letter);
        }
    }

    /// <summary>Delivers what meets the condition, and what comes of it, in order.</summary>
    public void DeliverOnly(Func<Letter, bool> which)
    {
        for (var count = 0; Letters.Find(letter => which(letter)) is { } letter; count++)
        {
            Assert.True(count < 20_000, "the messages never end");
            Deliver(letter);
        }
    }

    public void DeliverAll() => DeliverOnly(_ => true);

    /// <summary>Time passes for all of the nodes; messages stay where they are.</summary>
    public void Elapse(long nanos, params uint[] onlyTicks)
    {
        Now += nanos;
        foreach (var member in Members.Where(member => member.IsUp))
        {
            if (onlyTicks.Length == 0 || onlyTicks.Contains(member.Number))
            {
                member.Tick();
            }
        }
    }

    /// <summary>Time passes in steps of a heartbeat and everything is delivered.</summary>
    public void Run(int heartbeats)
    {
        for (var beat = 0; beat < heartbeats; beat++)
        {
            Elapse(Options.HeartbeatNanos);
            DeliverAll();
        }
    }

    /// <summary>Lets one node lose patience; its messages are under way.</summary>
    public void Campaign(uint number)
    {
        DropAll();
        Elapse(Options.ElectionTimeoutMaxNanos);
        Drop(letter => letter.From != number);
    }

    /// <summary>Lets one node lose patience and win, where it can.</summary>
    public void Elect(uint number)
    {
        Campaign(number);
        DeliverAll();
        Assert.True(this[number].IsLeader, $"{number} does not lead: {this[number].Status}");
        Run(1);
    }

    public ulong Propose(uint number, string text)
    {
        Assert.Equal(Refusal.None, this[number].Propose(text, out var index));
        return index;
    }

    public void Crash(uint number) => this[number].Stop();

    public void Restart(uint number, ushort? epoch = null) => this[number].Start(epoch ?? Epoch);

    public void Dispose() => Hasher.Dispose();
}
