using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft.Driving;

/// <summary>What a node has written, and what of it survives a loss of power.</summary>
internal sealed class TestDisk
{
    private readonly List<Write> _pending = [];

    private sealed record Write(
        LogWriteKind Kind,
        ulong Ticket,
        ulong First,
        HardState Hard,
        LogPoint Point,
        byte[][] Entries);

    public HardState Hard { get; private set; }

    public SnapshotPoint Snapshot { get; set; } = new(default, Configuration.Empty, 0, 0);

    public byte[] SnapshotBytes { get; set; } = [];

    /// <summary>Durable entries; the first is the one behind <see cref="FloorIndex"/>.</summary>
    public List<byte[]> Entries { get; } = [];

    public ulong FloorIndex { get; private set; }

    /// <summary>Entries that cannot be read.</summary>
    public SortedSet<ulong> Damaged { get; } = [];

    public ulong LastIndex => FloorIndex + (ulong)Entries.Count;

    public int PendingCount => _pending.Count;

    public ulong LastTicket { get; private set; }

    public static LogPoint PointOf(byte[] entry)
    {
        Assert.True(EntryCodec.TryRead(entry, out var header, out _, out var error), error.ToString());
        return LogPoint.Of(in header);
    }

    public void Take(RaftNode node, in LogWrite write)
    {
        List<byte[]> entries = [];
        if (write.Kind == LogWriteKind.Append)
        {
            for (var index = write.First; index <= write.Last;)
            {
                entries.AddRange(Split(node.EntryBytes(index, write.Last, out var end).Span));
                index = end + 1;
            }
        }
        else if (write.Kind == LogWriteKind.Repair)
        {
            entries.AddRange(Split(node.RepairedBytes.Span));
        }

        LastTicket = write.Ticket;
        _pending.Add(new Write(write.Kind, write.Ticket, write.First, write.HardState, write.Point, [.. entries]));
    }

    /// <summary>Makes the oldest writes durable.</summary>
    /// <returns>The last ticket; zero where there was none.</returns>
    public ulong Sync(int count = int.MaxValue)
    {
        ulong ticket = 0;
        while (_pending.Count > 0 && count-- > 0)
        {
            Do(_pending[0]);
            ticket = _pending[0].Ticket;
            _pending.RemoveAt(0);
        }

        return ticket;
    }

    /// <summary>The power fails: what was not yet durable is gone.</summary>
    public void Lose() => _pending.Clear();

    /// <summary>Entries decay, both ends included.</summary>
    public void Damage(ulong first, ulong last)
    {
        for (var index = first; index <= last; index++)
        {
            Damaged.Add(index);
        }
    }

    /// <summary>The damage that begins at an index.</summary>
    public LogDamage DamageAt(ulong first)
    {
        var last = first;
        while (Damaged.Contains(last + 1))
        {
            last++;
        }

        var chain = PointOf(Entries[(int)(last - FloorIndex - 1)]).ChainHash;
        return new LogDamage(first, last, chain, LastIndex, PointOf(Entries[^1]).Term);
    }

    public ReadOnlySpan<byte> Entry(ulong index) => Entries[(int)(index - FloorIndex - 1)];

    public byte[] Read(ulong first, ulong last, int bytesMax)
    {
        List<byte> bytes = [];
        for (var index = first; index <= Math.Min(last, LastIndex) && index > FloorIndex; index++)
        {
            if (Damaged.Contains(index))
            {
                break;
            }

            var entry = Entry(index);
            if (bytes.Count > 0 && bytes.Count + entry.Length > bytesMax)
            {
                break;
            }

            bytes.AddRange(entry);
        }

        return [.. bytes];
    }

    /// <summary>
    /// After a crash between a snapshot and the log that follows it: a log that does not hold the snapshot's last
    /// entry, as it is, goes away.
    /// </summary>
    public void Align()
    {
        var index = Snapshot.Point.Index;
        if (index == FloorIndex)
        {
            return;
        }

        if (index < FloorIndex || index > LastIndex || PointOf(Entry(index).ToArray()) != Snapshot.Point)
        {
            Entries.Clear();
            Damaged.Clear();
            FloorIndex = index;
        }
    }

    public void Trim(ulong first)
    {
        Entries.RemoveRange(0, (int)(first - 1 - FloorIndex));
        FloorIndex = first - 1;
        Damaged.RemoveWhere(index => index < first);
    }

    /// <summary>An older state comes back, as from a backup.</summary>
    public void Restore(HardState hard, IEnumerable<byte[]> entries)
    {
        Hard = hard;
        List<byte[]> copy = [.. entries];
        Entries.Clear();
        Entries.AddRange(copy);
    }

    private static IEnumerable<byte[]> Split(ReadOnlySpan<byte> bytes)
    {
        List<byte[]> entries = [];
        while (!bytes.IsEmpty)
        {
            Assert.True(EntryCodec.TryRead(bytes, out _, out var payload, out var error), error.ToString());
            entries.Add(bytes[..(EntryCodec.HeaderSize + payload.Length)].ToArray());
            bytes = bytes[entries[^1].Length..];
        }

        return entries;
    }

    private void Do(Write write)
    {
        switch (write.Kind)
        {
            case LogWriteKind.HardState:
                Hard = write.Hard;
                break;
            case LogWriteKind.Truncate:
                Entries.RemoveRange((int)(write.First - FloorIndex - 1), (int)(LastIndex - write.First + 1));
                Damaged.RemoveWhere(index => index >= write.First);
                break;
            case LogWriteKind.Append:
                Assert.Equal(LastIndex + 1, write.First);
                Entries.AddRange(write.Entries);
                break;
            case LogWriteKind.Reset:
                Entries.Clear();
                Damaged.Clear();
                FloorIndex = write.Point.Index;
                break;
            default:
                for (var i = 0; i < write.Entries.Length; i++)
                {
                    // The very bytes that were lost, or the log would not hang together.
                    Assert.Equal(Entries[(int)(write.First - FloorIndex - 1) + i], write.Entries[i]);
                    Damaged.Remove(write.First + (ulong)i);
                }

                break;
        }
    }
}
