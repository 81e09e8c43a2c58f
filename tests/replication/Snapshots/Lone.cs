using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

/// <summary>
/// A member without peers: a machine, its log in memory, and the pipeline over a store and a disk. Entries and steps
/// happen when the test says so.
/// </summary>
internal sealed class Lone : IDisposable
{
    public static readonly UInt128 Cluster = 0xC1;
    public static readonly SnapshotOptions Small = new()
    {
        IntervalEntries = 0,
        SliceBytes = 256,
        PieceBytes = 4096,
        ChunkBytes = 1000,
    };

    private readonly List<(EntryHeader Header, byte[] Payload)> _log;
    private readonly ChainHasher _hasher = new();
    private readonly OutputBuffer _output = new();

    public Lone(MemoryDisk disk, ISnapshotStore store, List<(EntryHeader, byte[])>? log = null)
    {
        (Disk, Store, _log) = (disk, store, log ?? []);
        Pipeline = new SnapshotPipeline(Machine, store, disk, Small);
    }

    public MemoryDisk Disk { get; }

    public ISnapshotStore Store { get; }

    public RecordMachine Machine { get; private set; } = new();

    public SnapshotPipeline Pipeline { get; }

    /// <summary>Lets a store with a thread of its own finish what it has.</summary>
    public Action LetFinish { get; set; } = () => { };

    public List<(EntryHeader Header, byte[] Payload)> Log => _log;

    /// <summary>Loads the newest good snapshot and replays the log after it.</summary>
    public SnapshotLoad Start()
    {
        var load = Pipeline.Load(Cluster, ChainAt);
        if (!load.IsMachineUsable)
        {
            Machine = new RecordMachine();
            Pipeline.Replace(Machine);
        }

        while (Machine.AppliedIndex < (ulong)_log.Count)
        {
            var (header, payload) = _log[(int)Machine.AppliedIndex];
            Machine.Apply(in header, payload, _output, _output);
        }

        return load;
    }

    public void Apply(params (UInt128 Key, string Value)[] changes)
    {
        var last = _log.Count == 0 ? ChainHash.Genesis : _log[^1].Header.ChainHash;
        var payload = RecordMachine.Payload(changes);
        var header = new EntryHeader
        {
            ClusterId = Cluster,
            Term = 3,
            Index = (ulong)_log.Count + 1,
            Timestamp = 1_000 + _log.Count,
            Kind = EntryKind.Commands,
            Epoch = 2,
            CommandCount = 1,
        };
        EntryCodec.Seal(ref header, payload, in last, _hasher);
        _log.Add((header, payload));
        Machine.Apply(in header, payload, _output, _output);
    }

    public bool Begin() => Pipeline.Begin(new SnapshotCut(_log[^1].Header, 1, 0, new byte[] { 1, 2, 3 }));

    /// <summary>One disk completion, or a step of the pipeline where there is none.</summary>
    public bool Turn()
    {
        if (Disk.Next() is { } request)
        {
            Pipeline.Complete(request);
            return true;
        }

        LetFinish();
        return Pipeline.Step() || Disk.Waiting > 0;
    }

    /// <summary>Until nothing moves any more.</summary>
    public void Settle()
    {
        while (Turn())
        {
        }
    }

    public SnapshotManifest Snapshot()
    {
        Assert.True(Begin());
        Settle();
        Assert.Equal(SnapshotFault.None, Pipeline.LastFault);
        Assert.False(Pipeline.IsBusy);
        return Pipeline.List[0];
    }

    public ChainHash? ChainAt(ulong index) =>
        index <= (ulong)_log.Count ? _log[(int)index - 1].Header.ChainHash : null;

    public void Dispose()
    {
        Pipeline.Dispose();
        _hasher.Dispose();
    }
}
