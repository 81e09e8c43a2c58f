using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>The groups of a log that are not durable yet: as many as there are buffers. There is no other queue.
/// </summary>
internal sealed class GroupQueue
{
    private readonly Stack<GroupBuffer> _free = new();
    private readonly Queue<GroupBuffer> _waiting = new();
    private int _waitingBytes;

    public GroupQueue(IDisk disk, WalOptions options, ulong seed)
    {
        for (var i = 0; i < options.Groups; i++)
        {
            _free.Push(new GroupBuffer(disk.Allocate(options.GroupBytesMax), seed));
        }

        Filling = _free.Pop();
        Blank = new GroupBuffer(disk.Allocate(IDisk.Sector), seed);
    }

    public GroupBuffer Filling { get; private set; }

    /// <summary>A group of no records: it says that those before it are whole.</summary>
    public GroupBuffer Blank { get; }

    public int Waiting => _waiting.Count;

    public bool IsEmpty => _waiting.Count == 0 && Filling.IsEmpty;

    /// <summary>Whether a record finds a buffer. The last free one is for what is not an entry.</summary>
    public bool HasRoom(RecordKind kind, int length) =>
        !IsNewNeeded(kind, length) || _free.Count >= (kind is RecordKind.Entry or RecordKind.Repair ? 2 : 1);

    /// <summary>Bytes on disk of all that waits, with one more record.</summary>
    public int BytesWith(RecordKind kind, int length) => _waitingBytes + (IsNewNeeded(kind, length)
        ? Filling.Footprint + GroupHeader.FootprintOf(RecordHeader.Footprint(length))
        : Filling.FootprintWith(length));

    /// <summary>The buffer that takes the record; the one before it is closed if need be.</summary>
    /// <param name="kind">What record.</param>
    /// <param name="length">Bytes of its content.</param>
    /// <param name="given">The state before the record.</param>
    public GroupBuffer For(RecordKind kind, int length, in LogState given)
    {
        if (IsNewNeeded(kind, length))
        {
            Close(in given);
        }

        return Filling;
    }

    /// <summary>The oldest group, which stays in the queue.</summary>
    public bool TryPeek(in LogState given, out GroupBuffer? group)
    {
        if (_waiting.Count == 0 && !Filling.IsEmpty)
        {
            Close(in given);
        }

        return _waiting.TryPeek(out group);
    }

    public void Take()
    {
        _waitingBytes -= _waiting.Peek().Footprint;
        _waiting.Dequeue();
    }

    public void Return(GroupBuffer group)
    {
        if (!ReferenceEquals(group, Blank))
        {
            group.Clear();
            _free.Push(group);
        }
    }

    private bool IsNewNeeded(RecordKind kind, int length) => !Filling.Takes(kind) || !Filling.Fits(length);

    private void Close(in LogState given)
    {
        Invariant.Check(!Filling.IsEmpty);
        Filling.After = given;
        _waitingBytes += Filling.Footprint;
        _waiting.Enqueue(Filling);
        Filling = _free.Pop();
    }
}
