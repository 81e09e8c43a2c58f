using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft.Driving;

/// <summary>
/// One node of a <see cref="TestCluster"/> with its disk, and a state machine that only adds up what it saw.
/// </summary>
internal sealed class TestMember(TestCluster cluster, MemberId id)
{
    private readonly List<byte> _received = [];
    private RaftNode? _node;

    public MemberId Id { get; set; } = id;

    public uint Number => Id.Number;

    public TestDisk Disk { get; set; } = new();

    public RaftNode Node => _node ?? throw new InvalidOperationException($"{Id} is down");

    public bool IsUp => _node is not null;

    public RaftStatus Status => Node.Status;

    public bool IsLeader => IsUp && Node.Status.Role == RaftRole.Leader;

    public uint StartNumber { get; set; }

    public bool IsNew { get; set; } = true;

    /// <summary>Writes are taken and never end, until this is off again.</summary>
    public bool IsDiskHeld { get; set; }

    public bool IsApplyHeld { get; set; }

    /// <summary>The state machine's memory is damaged from the next entry on.</summary>
    public bool IsCorrupt { get; set; }

    /// <summary>Added to the cluster's wall clock.</summary>
    public long ClockOffset { get; set; }

    public long NextDeadline { get; set; } = long.MaxValue;

    public ulong StateHash { get; private set; }

    /// <summary>What was applied, as text.</summary>
    public List<string> Applied { get; } = [];

    public ulong AppliedIndex { get; private set; }

    public List<ReadState> Reads { get; } = [];

    /// <summary>Highest commit index that the node ever told.</summary>
    public ulong CommitIndex { get; private set; }

    public List<string> Log => [.. Disk.Entries.Select(entry => TextOf(entry))];

    public ushort ForcedEpoch { get; set; }

    public void Start(ushort epoch)
    {
        StartNumber++;
        var start = new RaftStart
        {
            ClusterId = TestCluster.ClusterId,
            Epoch = epoch,
            Self = Id,
            HardState = Disk.Hard,
            Snapshot = Disk.Snapshot,
            StartNumber = StartNumber,
            IsNew = IsNew,
        };
        IsNew = false;
        _node = new RaftNode(cluster.Options, start, cluster.Hasher);
        AppliedIndex = Disk.Snapshot.Point.Index;
        StateHash = Disk.Snapshot.StateHash;
        Applied.Clear();
        if (Disk.SnapshotBytes.Length > 0)
        {
            Applied.AddRange(System.Text.Encoding.UTF8.GetString(Disk.SnapshotBytes).Split('\n'));
        }

        Disk.Align();
        Restore();
        if (ForcedEpoch != 0)
        {
            _node.ForceRecovery(ForcedEpoch);
            ForcedEpoch = 0;
        }

        _node.Start(cluster.Now, cluster.Now + TestCluster.ClockStart + ClockOffset);
        Pump();
    }

    public void Stop()
    {
        _node = null;
        Disk.Lose();
    }

    public void Tick()
    {
        Node.Tick(cluster.Now, cluster.Now + TestCluster.ClockStart + ClockOffset);
        Pump();
    }

    public void Step(Letter letter)
    {
        Node.Step(letter.Message, letter.Body);
        Pump();
    }

    /// <summary>Ends the oldest writes of a held disk.</summary>
    public void Sync(int count)
    {
        var ticket = Disk.Sync(count);
        if (ticket != 0)
        {
            Node.Persisted(ticket);
        }

        Pump();
    }

    public Refusal Propose(string text, out ulong index)
    {
        var refusal = Node.Propose(System.Text.Encoding.ASCII.GetBytes(text), 1, out index);
        Pump();
        return refusal;
    }

    /// <summary>Does what the node says, until it says nothing more.</summary>
    public void Pump()
    {
        for (var turn = 0; turn < 64; turn++)
        {
            var ready = Node.Ready();
            var isQuiet = ready.Messages.IsEmpty && ready.Writes.IsEmpty;
            foreach (ref readonly var write in ready.Writes)
            {
                Disk.Take(Node, in write);
            }

            foreach (ref readonly var message in ready.Messages)
            {
                cluster.Post(message.Header, message.Body.ToArray());
            }

            Reads.AddRange(ready.Reads);
            CommitIndex = Math.Max(CommitIndex, ready.CommitIndex);
            EntryRead[] entryReads = [.. ready.EntryReads];
            SnapshotRead[] snapshotReads = [.. ready.SnapshotReads];
            (SnapshotPart Part, byte[] Bytes)[] parts =
                [.. ready.SnapshotParts.ToArray().Select(part => (part, Node.ReceivedPart.ToArray()))];
            var commit = ready.CommitIndex;
            Node.Advance();
            isQuiet &= !Serve(entryReads, snapshotReads, parts) & !Persist() & !ReadOn() & !Apply(commit);
            if (isQuiet)
            {
                return;
            }
        }

        Assert.Fail($"{Id} never comes to rest");
    }

    /// <summary>Takes a snapshot of what was applied; the log lets go of all but a few entries before it.</summary>
    public void TakeSnapshot(int kept = 0)
    {
        var point = Node.PointOfApplied(StateHash, StateHash);
        Disk.Snapshot = point;
        Disk.SnapshotBytes = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Applied));
        Node.SnapshotTaken(point);
        var first = point.Point.Index + 1 - (ulong)kept;
        Disk.Trim(first);
        Node.LogTrimmed(first);
        Pump();
    }

    private static string TextOf(ReadOnlySpan<byte> entry)
    {
        Assert.True(EntryCodec.TryRead(entry, out var header, out var payload, out var error), error.ToString());
        return header.Kind == EntryKind.Commands
            ? System.Text.Encoding.ASCII.GetString(payload)
            : $"{header.Kind}@{header.Term}";
    }

    // From where the node's log ends, up to the next damage.
    private bool Restore()
    {
        for (var index = Node.Last.Index + 1; index <= Disk.LastIndex; index++)
        {
            if (Disk.Damaged.Contains(index))
            {
                Node.RestoreDamaged(Disk.DamageAt(index));
                return false;
            }

            Node.Restore(Disk.Entry(index));
        }

        return true;
    }

    private bool ReadOn()
    {
        var canRestore = Node.CanRestore;
        if (canRestore && Restore())
        {
            Node.RestoreEnded();
        }

        return canRestore;
    }

    private bool Persist()
    {
        if (IsDiskHeld || Disk.PendingCount == 0)
        {
            return false;
        }

        Node.Persisted(Disk.Sync());
        return true;
    }

    private bool Apply(ulong commit)
    {
        var isApplied = false;
        while (!IsApplyHeld && AppliedIndex < commit)
        {
            if (!Node.TryGetEntry(AppliedIndex + 1, out var entry))
            {
                entry = Disk.Entry(AppliedIndex + 1);
            }

            Assert.True(EntryCodec.TryRead(entry, out var header, out var payload, out var error), error.ToString());
            Assert.Equal(AppliedIndex + 1, header.Index);
            StateHash = StableHash.Mix(StateHash, header.Index) ^ StableHash.Of(payload, IsCorrupt ? 1UL : 0);
            Applied.Add(TextOf(entry));
            AppliedIndex++;
            cluster.OnApplied(this, in header);
            Node.Applied(in header, payload, StateHash, StateHash, NextDeadline);
            isApplied = true;
        }

        return isApplied;
    }

    private bool Serve(
        EntryRead[] entryReads,
        SnapshotRead[] snapshotReads,
        (SnapshotPart Part, byte[] Bytes)[] parts)
    {
        foreach (var read in entryReads)
        {
            Node.EntriesRead(in read, Disk.Read(read.First, read.Last, read.BytesMax));
        }

        foreach (var read in snapshotReads)
        {
            var isSame = read.Index == 0 || read.Index == Disk.Snapshot.Point.Index;
            var offset = isSame ? (int)read.Offset : 0;
            var bytes = Disk.SnapshotBytes.AsSpan(offset, Math.Min(read.BytesMax, Disk.SnapshotBytes.Length - offset));
            var length = (ulong)Disk.SnapshotBytes.Length;
            Node.SnapshotPartRead(read with { Offset = (ulong)offset }, Disk.Snapshot.Point, length, bytes);
        }

        foreach (var (part, bytes) in parts)
        {
            Store(part, bytes);
        }

        return entryReads.Length + snapshotReads.Length + parts.Length > 0;
    }

    private void Store(SnapshotPart part, byte[] bytes)
    {
        _received.RemoveRange((int)part.Offset, _received.Count - (int)part.Offset);
        _received.AddRange(bytes);
        if ((ulong)_received.Count < part.Length)
        {
            Node.SnapshotPartStored(part.Index, (ulong)_received.Count);
            return;
        }

        var source = cluster.SnapshotAt(part.Index, [.. _received]);
        _received.Clear();
        if (source is null)
        {
            Node.SnapshotRefused(part.Index);
            return;
        }

        Disk.Snapshot = source.Disk.Snapshot;
        Disk.SnapshotBytes = source.Disk.SnapshotBytes;
        Applied.Clear();
        Applied.AddRange(System.Text.Encoding.UTF8.GetString(Disk.SnapshotBytes).Split('\n'));
        AppliedIndex = part.Index;
        StateHash = Disk.Snapshot.StateHash;
        Node.SnapshotInstalled(Disk.Snapshot);
    }
}
