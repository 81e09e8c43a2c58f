using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Tests.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Replica;

/// <summary>
/// Whole replicas over disks whose power can be cut, in virtual time: messages and writes take a step each. The machine
/// is no exchange.
/// </summary>
internal sealed class ReplicaCluster : IDisposable
{
    public const long Step = 1_000_000;
    private const long ClockStart = 1_700_000_000_000_000_000;

    public static readonly ReplicaOptions Options = new()
    {
        Raft = new RaftOptions
        {
            RingBytes = 1 << 16,
            RingEntries = 64,
            UncommittedEntriesMax = 32,
            MessageBytesMax = 1 << 14,
            SnapshotPartBytes = 4096,
            HashIntervalEntries = 4,
        },
        Wal = new WalOptions
        {
            SegmentBytes = 256 << 10,
            GroupBytesMax = 32 << 10,
            ReserveBytes = 16 << 10,
            ReaderBytes = 64 << 10,
        },
        Snapshots = new SnapshotOptions { IntervalEntries = 0, SliceBytes = 512, PieceBytes = 4096, ChunkBytes = 1024 },
        Journal = new JournalOptions
        {
            RecentBytes = 4096,
            PieceBytes = 4096,
            SegmentBytes = 16 << 10,
            QuotaBytes = 64 << 10,
        },
    };

    private readonly List<(MemberId To, PeerMessage Header, byte[] Body)> _mail = [];

    public ReplicaCluster(int count, ReplicaOptions? options = null)
    {
        Tunables = options ?? Options;
        MemberId[] ids = [.. Enumerable.Range(1, count).Select(number => new MemberId((uint)number, 1))];
        Founders = Configuration.OfVoters(ids);
        Members = [.. ids.Select(id => new TestReplica(this, id))];
        foreach (var member in Members)
        {
            member.Start();
        }
    }

    public ReplicaOptions Tunables { get; }

    public Configuration Founders { get; }

    public List<TestReplica> Members { get; }

    public long Now { get; private set; }

    public long Clock => ClockStart + Now;

    public TestReplica Leader => Members.Single(member => member.IsLeader);

    /// <summary>Members that hear nothing and are not heard.</summary>
    public HashSet<uint> Isolated { get; } = [];

    /// <summary>Messages that the network loses.</summary>
    public Func<PeerMessage, bool>? IsLost { get; set; }

    public void Post(in PeerMessage header, ReadOnlySpan<byte> body)
    {
        if (!Isolated.Contains(header.From.Number)
            && !Isolated.Contains(header.To.Number)
            && IsLost?.Invoke(header) != true)
        {
            _mail.Add((header.To, header, body.ToArray()));
        }
    }

    /// <summary>Lets time pass until something is true.</summary>
    public void Until(Func<bool> condition, string what, int stepsMax = 20_000)
    {
        for (var step = 0; step < stepsMax; step++)
        {
            if (condition())
            {
                return;
            }

            Pass();
        }

        Assert.Fail($"never came: {what}\n{string.Join('\n', Members.Select(member => member.ToString()))}");
    }

    public void Pass()
    {
        Now += Step;
        var mail = _mail.ToArray();
        _mail.Clear();
        foreach (var member in Members.Where(member => member.IsUp))
        {
            member.Turn(mail.Where(letter => letter.To == member.Id));
        }
    }

    public void Elect() => Until(() => Members.Count(member => member.IsLeader) == 1, "a leader");

    /// <summary>Proposes through the leader and waits until everybody who is up has applied it.</summary>
    public void Write(params (UInt128 Key, string Value)[] changes)
    {
        var index = Leader.Propose(RecordMachine.Payload(changes));
        Until(
            () => Members.Where(member => member.IsUp && !Isolated.Contains(member.Id.Number))
                .All(member => member.AppliedIndex >= index),
            $"entry {index} everywhere");
    }

    public void AssertEqual()
    {
        var first = Members.First(member => member.IsUp).Machine;
        foreach (var member in Members.Where(member => member.IsUp))
        {
            Assert.Equal(first.AppliedIndex, member.Machine.AppliedIndex);
            Assert.Equal(first.StateHash, member.Machine.StateHash);
            Assert.Equal(first.Stream(), member.Machine.Stream());
        }
    }

    public void Dispose()
    {
        foreach (var member in Members)
        {
            member.Dispose();
        }
    }
}

/// <summary>A replica and its disk.</summary>
internal sealed class TestReplica(ReplicaCluster cluster, MemberId id) : IReplicaOutput, IDisposable
{
    private DiskSnapshotStore? _store;
    private Replication.Replica.Replica? _replica;

    public MemberId Id { get; set; } = id;

    public PowerCutDisk Disk { get; private set; } = new();

    public RecordMachine Machine { get; private set; } = new();

    public bool IsUp => _replica is not null;

    public bool IsLeader => IsUp && Replica.Node.Status.Role == RaftRole.Leader;

    public Replication.Replica.Replica Replica => _replica ?? throw new InvalidOperationException($"{Id} is down");

    /// <summary>Indexes that were told as applied since the start.</summary>
    public List<ulong> Told { get; } = [];

    public List<ReadState> Reads { get; } = [];

    public ulong InstalledIndex { get; private set; }

    public ulong AppliedIndex => Replica.AppliedIndex;

    /// <summary>Whether the disk takes requests and ends none.</summary>
    public bool IsDiskHeld { get; set; }

    /// <summary>How a request of the disk ends; none is well.</summary>
    public Func<DiskRequest, DiskError>? FaultOf { get; set; }

    /// <summary>Requests for files of this kind are taken and do not end.</summary>
    public FileKind Held { get; set; }

    public Configuration? Founders { get; set; }

    /// <summary>The next start goes on without a majority.</summary>
    public bool IsForced { get; set; }

    public void Start()
    {
        Told.Clear();
        Reads.Clear();
        _store = new DiskSnapshotStore(Disk, cluster.Tunables.Snapshots);
        var identity = new ReplicaIdentity
        {
            ClusterId = 0xC1,
            Self = Id,
            Founders = Founders ?? cluster.Founders,
            Salt = 7,
        };
        var machine = new ReplicaMachine
        {
            New = NewMachine,
            BehaviourVersion = static _ => 1,
            DrainFloor = static machine => ((RecordMachine)machine).DrainFloor,
            EventKeys = RecordMachine.TryTakeEvent,
        };
        _replica = Replication.Replica.Replica.Open(
            cluster.Tunables, identity, Disk, _store, machine, this, out var error);
        Assert.True(_replica is not null, error.ToString());
        if (IsForced)
        {
            _replica.ForceRecovery();
        }
    }

    /// <summary>The power fails: of what is under way nothing is kept.</summary>
    public void Kill() => Kill(static (_, _) => 0);

    /// <summary>The power fails: of what is under way some sectors are kept.</summary>
    public void Kill(Func<int, int, int> bytesKept)
    {
        var left = Disk.Cut(bytesKept);
        Dispose();
        Disk = left;
    }

    /// <summary>A bit of an entry rots on the disk, or of all that hold this text.</summary>
    public void Rot(string text)
    {
        var isFound = false;
        foreach (var listing in Disk.List().Where(static listing => listing.File.Kind == FileKind.Segment))
        {
            var offset = Disk.Bytes(listing.File).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(text));
            if (offset >= 0)
            {
                Disk.Flip(listing.File, offset);
                isFound = true;
            }
        }

        Assert.True(isFound, $"{text} is on the disk of {Id}");
    }

    /// <summary>The disk is as it was once.</summary>
    public void Restore(PowerCutDisk backup) => Disk = backup.Copy();

    /// <summary>The disk is lost; what comes back is another member.</summary>
    public void Wipe()
    {
        Disk = new PowerCutDisk();
        Id = Id with { Incarnation = Id.Incarnation + 1 };
    }

    public ulong Propose(byte[] payload)
    {
        Assert.Equal(Refusal.None, Replica.Propose(payload, 1, out var index));
        return index;
    }

    public void Turn(IEnumerable<(MemberId To, PeerMessage Header, byte[] Body)> mail)
    {
        Replica.Tick(cluster.Now, cluster.Clock);
        foreach (var (_, header, body) in mail)
        {
            Replica.Receive(in header, body);
        }

        foreach (var request in IsDiskHeld ? [] : Disk.UnderWay.Where(one => one.File.Kind != Held).ToArray())
        {
            Replica.Complete(Disk.Complete(request, FaultOf?.Invoke(request) ?? DiskError.None));
        }

        while (Replica.Run())
        {
        }
    }

    public void Send(in PeerMessage message, ReadOnlySpan<byte> body) => cluster.Post(in message, body);

    public void Applied(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        if (Told.Count > 0 && InstalledIndex < header.Index - 1)
        {
            Assert.Equal(Told[^1] + 1, header.Index);
        }

        Told.Add(header.Index);
    }

    public void Read(in ReadState read) => Reads.Add(read);

    public void Installed(ulong index) => InstalledIndex = index;

    public void Dispose()
    {
        _replica?.Dispose();
        _store?.Dispose();
        _replica = null;
        _store = null;
    }

    public override string ToString() => IsUp
        ? $"{Id}: {Replica.Phase} {Replica.Failure} {Replica.Node.Status} applied {AppliedIndex}, "
            + $"log {Replica.Log.FirstIndex}-{Replica.Log.LastIndex}, snapshot {Replica.Snapshots.Newest?.Index}, "
            + $"outbox {Replica.Snapshots.Outbox.State} {Replica.Snapshots.Outbox.Fault}, "
            + $"inbox {Replica.Snapshots.Inbox.NextOffset} {Replica.Snapshots.Inbox.Fault}"
        : $"{Id}: down";

    private RecordMachine NewMachine() => Machine = new RecordMachine();
}
