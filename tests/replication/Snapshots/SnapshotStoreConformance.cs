using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

/// <summary>
/// What every store must hold, run over each of them through the pipeline: contract and duties stand on
/// <see cref="ISnapshotStore"/>.
/// </summary>
public abstract class SnapshotStoreConformance : IDisposable
{
    private readonly List<Lone> _members = [];

    protected SnapshotStoreConformance() => Member = null!;

    private protected Lone Member { get; private set; }

    [Fact]
    [Trait("Covers", "DUR-05")]
    [Trait("Covers", "DUR-15")]
    [Trait("Covers", "H-30")]
    public void A_member_comes_back_from_its_snapshot_and_the_log_after_it()
    {
        Open();
        Fill(40);
        Member.Snapshot();
        Fill(15);
        var (stream, hash) = (Member.Machine.Stream(), Member.Machine.StateHash);
        Restart();
        var load = Member.Start();
        Assert.Equal(40UL, load.Manifest!.Index);
        Assert.Empty(load.Refused);
        Assert.Equal(hash, Member.Machine.StateHash);
        Assert.Equal(stream, Member.Machine.Stream());
    }

    [Fact]
    public void Manifest_says_what_was_cut()
    {
        Open();
        Fill(40);
        var manifest = Member.Snapshot();
        Assert.Equal(40UL, manifest.Index);
        Assert.Equal(3UL, manifest.Header.Term);
        Assert.Equal((ulong)2, manifest.Header.Epoch);
        Assert.Equal(1UL, manifest.Header.BehaviourVersion);
        Assert.Equal(Lone.Cluster, manifest.Header.ClusterId);
        Assert.Equal(Member.Log[^1].Header.ChainHash, manifest.Header.ChainHash);
        Assert.Equal(Member.Log[^1].Header.Timestamp, manifest.Header.Timestamp);
        Assert.Equal(Member.Machine.StateHash, manifest.Header.StateHash);
        Assert.Equal(Member.Machine.EventChainHash, manifest.Header.EventChainHash);
        Assert.Equal((ulong)Member.Machine.Stream().Length, manifest.Header.Length);
        Assert.Equal([1, 2, 3], manifest.Configuration.ToArray());
    }

    [Fact]
    public void Incremental_snapshots_add_up_through_changes_removals_and_restarts()
    {
        Open();
        for (var round = 0; round < 12; round++)
        {
            Fill(1 + (round * 7 % 11));
            Member.Apply(((UInt128)(uint)(round * 3), ""), (1000, new string('z', 10 * round)));
            Member.Snapshot();
            if (round % 4 == 3)
            {
                var stream = Member.Machine.Stream();
                Restart();
                Assert.Equal((ulong)Member.Log.Count, Member.Start().Manifest!.Index);
                Assert.Equal(stream, Member.Machine.Stream());
                Assert.Equal(SnapshotScope.Changed, Member.Store.Wants);
            }
        }

        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    [Fact]
    public void Entries_go_on_while_a_snapshot_is_taken_and_are_not_in_it()
    {
        Open();
        Fill(40);
        var stream = Member.Machine.Stream();
        Assert.True(Member.Begin());
        for (var i = 0; Member.Pipeline.IsReading; i++)
        {
            Member.Apply(((UInt128)(uint)i, "later"));
            Turn();
        }

        Settle();
        Assert.Equal(stream, StreamOf(Member.Pipeline.List[0]));
        Member.Apply((7, "last"));
        Member.Snapshot();
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    [Fact]
    public void The_canonical_stream_is_the_same_bytes_on_every_member()
    {
        Open();
        Fill(10);
        Member.Snapshot();
        Fill(30);
        Member.Snapshot();
        var (stream, manifest) = (StreamOf(Member.Pipeline.List[0]), Member.Pipeline.List[0]);
        Open();
        Fill(10);
        Fill(30);
        Member.Snapshot();
        Assert.Equal(stream, StreamOf(Member.Pipeline.List[0]));
        Assert.True(manifest.IsSameSnapshot(Member.Pipeline.List[0]));
    }

    [Fact]
    public void The_newest_two_are_kept_and_either_can_be_read()
    {
        Open();
        var streams = new List<byte[]>();
        for (var i = 0; i < 5; i++)
        {
            Fill(8);
            Member.Snapshot();
            streams.Add(Member.Machine.Stream());
        }

        Assert.Equal([40UL, 32], Member.Pipeline.List.Select(manifest => manifest.Index));
        Assert.Equal(32UL, Member.Pipeline.LogFloor);
        Assert.Equal(streams[4], StreamOf(Member.Pipeline.List[0]));
        Assert.Equal(streams[3], StreamOf(Member.Pipeline.List[1]));
    }

    [Fact]
    public void A_snapshot_that_is_due_while_one_is_written_is_skipped_and_counted()
    {
        Open();
        Fill(40);
        Assert.True(Member.Begin());
        Member.Apply((1, "more"));
        Assert.False(Member.Begin());
        Assert.Equal(1UL, Member.Pipeline.SkippedCount);
        Settle();
        Assert.Equal(40UL, Member.Pipeline.Newest!.Index);
    }

    [Fact]
    [Trait("Covers", "DUR-04")]
    public void A_snapshot_counts_only_once_its_events_are_durable()
    {
        Open();
        Fill(40);
        Member.Pipeline.EventsDurable = 39;
        Assert.True(Member.Begin());
        Settle();
        Assert.True(Member.Pipeline.IsBusy);
        Assert.False(Member.Pipeline.IsReading);
        Assert.Empty(Member.Pipeline.List);
        Member.Pipeline.EventsDurable = 40;
        Settle();
        Assert.Equal(40UL, Member.Pipeline.Newest!.Index);
    }

    [Fact]
    [Trait("Covers", "DUR-06")]
    public void A_snapshot_of_another_cluster_or_another_log_is_refused()
    {
        Open();
        Fill(40);
        Member.Snapshot();
        Restart();
        var load = Member.Pipeline.Load(0xC2, Member.ChainAt);
        Assert.Null(load.Manifest);
        Assert.True(load.IsMachineUsable);
        Assert.Equal([new SnapshotRefusal(40, SnapshotFault.OtherCluster)], load.Refused);
        Restart();
        load = Member.Pipeline.Load(Lone.Cluster, _ => ChainHash.Genesis);
        Assert.Equal([new SnapshotRefusal(40, SnapshotFault.ChainHash)], load.Refused);
    }

    [Fact]
    [Trait("Covers", "H-28")]
    public void Records_that_do_not_add_up_to_the_state_hash_are_refused_and_the_one_before_is_loaded()
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(20);
        CommitWith(header => header with { StateHash = header.StateHash + 1 });
        Restart();
        var load = Member.Start();
        Assert.Equal(20UL, load.Manifest!.Index);
        Assert.Equal([new SnapshotRefusal(40, SnapshotFault.StateHash)], load.Refused);
        Assert.Equal(40UL, Member.Machine.AppliedIndex);
        Member.Apply((3, "on"));
        Assert.Equal(41UL, Member.Snapshot().Index);
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    [Fact]
    [Trait("Covers", "DUR-06")]
    public void A_restored_machine_must_stand_where_the_manifest_says()
    {
        Open();
        Fill(20);
        CommitWith(header => header with { EventChainHash = header.EventChainHash + 1 });
        Restart();
        var load = Member.Start();
        Assert.Null(load.Manifest);
        Assert.False(load.IsMachineUsable);
        Assert.Equal([new SnapshotRefusal(20, SnapshotFault.Position)], load.Refused);
        Assert.Equal(20UL, Member.Machine.AppliedIndex);
    }

    [Fact]
    public void After_an_abandoned_snapshot_the_next_is_whole()
    {
        Open();
        Fill(20);
        Member.Snapshot();
        Fill(5);
        Assert.True(Member.Begin());
        Turn();
        Member.Pipeline.OnInstalled();
        Member.Apply((4, "after"));
        Member.Snapshot();
        Assert.Equal(Member.Machine.Stream(), StreamOf(Member.Pipeline.List[0]));
    }

    public void Dispose()
    {
        foreach (var member in _members)
        {
            member.Dispose();
        }

        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a store: a new one, or what the last left behind.</summary>
    private protected abstract Lone OpenMember(bool isNew, List<(EntryHeader, byte[])> log);

    /// <summary>Lets the store finish what it has, so that nothing is waited for.</summary>
    private protected abstract void LetFinish();

    private protected abstract void Close();

    private protected void Open()
    {
        Member = OpenMember(isNew: true, []);
        Member.Start();
        _members.Add(Member);
        Member.LetFinish = LetFinish;
    }

    private protected void Restart()
    {
        Member = OpenMember(isNew: false, Member.Log);
        _members.Add(Member);
        Member.LetFinish = LetFinish;
    }

    private protected void Turn() => Member.Turn();

    private protected void Settle() => Member.Settle();

    private protected void Fill(int entries)
    {
        for (var i = 0; i < entries; i++)
        {
            var n = Member.Log.Count;
            Member.Apply(((UInt128)(uint)(n * 7 % 40), new string((char)('a' + (n % 26)), 1 + (n * 37 % 90))));
        }
    }

    private protected byte[] StreamOf(SnapshotManifest manifest)
    {
        var (bytes, piece) = (new List<byte>(), new byte[Lone.Small.PieceBytes]);
        Member.Store.OpenStream(manifest);
        for (var reading = SnapshotReading.Later; reading != SnapshotReading.End;)
        {
            reading = Member.Store.ReadStream(piece, out var count);
            Assert.NotEqual(SnapshotReading.Failed, reading);
            bytes.AddRange(piece[..count]);
            LetFinish();
            while (Member.Disk.Next() is { } request)
            {
                Member.Pipeline.Complete(request);
            }
        }

        Member.Store.CloseStream();
        return [.. bytes];
    }

    // A snapshot whose manifest is well formed and wrong.
    private void CommitWith(Func<SnapshotHeader, SnapshotHeader> change)
    {
        var reader = Member.Machine.BeginSnapshot(SnapshotScope.All);
        var last = Member.Log[^1].Header;
        var header = new SnapshotHeader
        {
            ClusterId = Lone.Cluster,
            Index = last.Index,
            ChainHash = last.ChainHash,
            StateHash = Member.Machine.StateHash,
            EventChainHash = Member.Machine.EventChainHash,
            RecordCount = reader.RecordCount,
            Length = reader.StreamLength,
        };
        Member.Store.Begin(SnapshotScope.All);
        var isMore = true;
        while (isMore)
        {
            LetFinish();
            var buffer = Member.Store.Rent()!;
            reader.Read(buffer, 300);
            isMore = buffer.Length > 0;
            Member.Store.Put(buffer);
        }

        Member.Store.Commit(SnapshotManifest.Create(change(header), []));
        var writing = SnapshotWriting.UnderWay;
        while (writing == SnapshotWriting.UnderWay)
        {
            LetFinish();
            while (Member.Disk.Next() is { } request)
            {
                Member.Pipeline.Complete(request);
            }

            writing = Member.Store.Poll();
        }

        Assert.Equal(SnapshotWriting.Durable, writing);
    }
}
