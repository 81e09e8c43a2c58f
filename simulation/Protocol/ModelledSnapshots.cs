using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>A snapshot of the tiny machine with what consensus has to know of it.</summary>
internal sealed class StoredSnapshot
{
    public SnapshotPoint? Point { get; set; }

    public byte[] Image { get; } = new byte[TinyMachine.ImageBytes];
}

/// <summary>
/// The snapshots of one node: the newest two that are durable, and one that is being received. What is being received
/// does not survive a crash, so that an installation often starts anew.
/// </summary>
internal sealed class ModelledSnapshots
{
    // Bytes on the wire: the point's own fields, the members, the image.
    private const int PointBytes = 8 + 8 + 8 + 8 + 32 + 8 + 8 + 8;

    private readonly byte[] _incoming = new byte[4096];
    private StoredSnapshot _newest = new();
    private StoredSnapshot _older = new();

    /// <summary>The newest; null where there is none.</summary>
    public StoredSnapshot? Newest => _newest.Point is null ? null : _newest;

    public ulong IncomingIndex { get; private set; }

    public void Clear()
    {
        _newest.Point = null;
        _older.Point = null;
        IncomingIndex = 0;
    }

    public void Crash() => IncomingIndex = 0;

    /// <summary>Stores one that was taken here or received whole.</summary>
    public void Store(SnapshotPoint point, ReadOnlySpan<byte> image)
    {
        if (_newest.Point?.Point.Index >= point.Point.Index)
        {
            return;
        }

        (_newest, _older) = (_older, _newest);
        _newest.Point = point;
        image.CopyTo(_newest.Image);
    }

    public StoredSnapshot? Find(ulong index) =>
        index == 0 || _newest.Point?.Point.Index == index ? Newest
        : _older.Point?.Point.Index == index ? _older : null;

    /// <summary>Writes a snapshot as it travels.</summary>
    public static int Write(StoredSnapshot snapshot, Span<byte> bytes)
    {
        var point = snapshot.Point!;
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes);
        words[0] = point.Point.Index;
        words[1] = point.Point.Term;
        words[2] = (ulong)point.Point.Timestamp;
        words[3] = point.Point.Epoch;
        System.Runtime.InteropServices.MemoryMarshal.Write(bytes[32..], point.Point.ChainHash);
        words[8] = point.StateHash;
        words[9] = point.EventChainHash;
        words[10] = (ulong)point.Configuration.EncodedLength;
        point.Configuration.Encode(bytes[PointBytes..]);
        var at = PointBytes + point.Configuration.EncodedLength;
        snapshot.Image.CopyTo(bytes[at..]);
        return at + TinyMachine.ImageBytes;
    }

    /// <summary>Stores a part that came; parts come in order.</summary>
    public void Receive(ulong index, ulong offset, ReadOnlySpan<byte> part)
    {
        IncomingIndex = index;
        part.CopyTo(_incoming.AsSpan((int)offset));
    }

    /// <summary>All parts are here: stores the whole; null where it is damaged.</summary>
    public SnapshotPoint? Finish(TinyMachine scratch)
    {
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(_incoming.AsSpan());
        var index = IncomingIndex;
        IncomingIndex = 0;
        var length = (int)words[10];
        var image = _incoming.AsSpan(PointBytes + length, TinyMachine.ImageBytes);
        if (words[0] != index
            || !Configuration.TryDecode(_incoming.AsSpan(PointBytes, length), out var members)
            || !scratch.TryReadFrom(image))
        {
            return null;
        }

        var point = new LogPoint
        {
            Index = words[0],
            Term = words[1],
            Timestamp = (long)words[2],
            Epoch = (ushort)words[3],
            ChainHash = ChainHash.From(_incoming.AsSpan(32)),
        };
        var known = new SnapshotPoint(point, members, words[8], words[9]);
        Store(known, image);
        return known;
    }
}
