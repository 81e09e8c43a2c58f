using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>A record of replicated state: a fixed layout, all zero where it does not exist.</summary>
internal interface IRecord<T>
    where T : unmanaged, IRecord<T>
{
    /// <summary>Number of the record's kind in snapshots and hashes. Frozen.</summary>
    static abstract ushort Kind { get; }

    /// <summary>Whether the slot holds nothing.</summary>
    static abstract bool IsEmpty(in T record);

    /// <summary>
    /// Zeroes what is derived from other state (links, positions): it is neither hashed nor stored. Such fields stand
    /// in
    /// the record's last 32 bytes.
    /// </summary>
    static abstract void ClearDerived(ref T record);
}

/// <summary>A table, seen by what treats all of them alike.</summary>
internal abstract class Table
{
    public abstract ushort RecordKind { get; }

    public abstract ulong Hash { get; }

    /// <summary>Records at the last cut.</summary>
    public abstract ulong CutCount { get; }

    /// <summary>Bytes of a record in a snapshot's stream, its header included.</summary>
    public abstract uint StreamSize { get; }

    /// <summary>Brings <see cref="Hash"/> up to date with the records written since the last call.</summary>
    public abstract void EndEntry();

    public abstract ulong RecomputeHash();

    /// <summary>
    /// Fixes the records now present (or changed since the last cut) as the snapshot to be read. Costs a few operations
    /// for every 64 slots, whatever the number of records in it. Between entries only.
    /// </summary>
    public abstract void BeginCut(SnapshotScope scope);

    /// <summary>Appends cut records in order of slot until enough bytes stand in the output.</summary>
    /// <returns>True where the cut is read to its end.</returns>
    public abstract bool ReadCut(OutputBuffer output, int bytesMax);

    /// <summary>Ends the cut. Where the snapshot was not read to its end, nothing counts as read.</summary>
    public abstract void EndCut(bool isWhole);

    public abstract bool TryRestore(int slot, ReadOnlySpan<byte> content);

    public abstract void Clear();
}

/// <summary>
/// Records addressed by slot. Every change goes through <see cref="Write"/>, and that is all a writer has to do: the
/// first write to a record in an entry takes its old hash out of the set hash, keeps its image for a snapshot under way
/// and marks it changed. <see cref="EndEntry"/> puts the new hash in and notes whether the slot is in use.
/// </summary>
internal sealed unsafe class Table<T> : Table
    where T : unmanaged, IRecord<T>
{
    private readonly NativeArray<T> _records;

    // Written in this entry: its old hash is out, its new one not yet in.
    private readonly NativeArray<ulong> _touched;
    private readonly NativeArray<int> _touchedSlots = new(16);
    private int _touchedCount;

    // In use, as of the end of the last entry; changed since the last cut.
    private readonly NativeArray<ulong> _occupied;
    private readonly NativeArray<ulong> _changed;

    // In the present cut and not yet read: as it stands in the table, or as its image. No slot is in both. And what
    // had changed before the cut, for a snapshot that is ended early.
    private readonly NativeArray<ulong> _cut;
    private readonly NativeArray<ulong> _imaged;
    private readonly NativeArray<ulong> _changedBefore;
    private readonly CutImages<T> _images;
    private bool _isCutting;
    private int _cutWord;
    private int _cutWords;
    private int _limit;
    private ulong _hash;
    private ulong _cutCount;

    private readonly Vector256<byte> _mask = RecordHash.MaskOf<T>();

    // Where the arrays stand now, so that a hot access is one load away from its record. Slot −1 is in the array: it
    // takes
    // the writes of code that links without asking whether there is a neighbour, and is never read.
    private T* _recordsNow;
    private ulong* _touchedNow;

    public Table(int capacity)
    {
        _records = new NativeArray<T>(capacity + 1);
        _touched = new NativeArray<ulong>(WordsOf(capacity));
        _occupied = new NativeArray<ulong>(WordsOf(capacity));
        _changed = new NativeArray<ulong>(WordsOf(capacity));
        _cut = new NativeArray<ulong>(WordsOf(capacity));
        _imaged = new NativeArray<ulong>(WordsOf(capacity));
        _changedBefore = new NativeArray<ulong>(WordsOf(capacity));
        _images = new CutImages<T>(capacity);
        _recordsNow = _records.Pointer + 1;
        _touchedNow = _touched.Pointer;
    }

    public override ushort RecordKind => T.Kind;

    public override ulong Hash => _hash;

    public override ulong CutCount => _cutCount;

    public override uint StreamSize => (uint)(Unsafe.SizeOf<SnapshotRecordHeader>() + Unsafe.SizeOf<T>());

    /// <summary>One more than the highest slot ever written.</summary>
    public int Limit => _limit;

    public int Capacity => _records.Capacity - 1;

    /// <summary>A record, to read. Not valid after <see cref="Reserve"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At(int slot) => ref _recordsNow[slot];

    /// <summary>A record, to change. Not valid after <see cref="Reserve"/> or the end of the entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Write(int slot)
    {
        Touch(slot);
        return ref _recordsNow[slot];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(int slot)
    {
        ref var word = ref _touchedNow[slot >> 6];
        var bit = 1UL << (slot & 63);
        if ((word & bit) == 0)
        {
            word |= bit;
            FirstTouch(slot, bit);
        }
    }

    /// <summary>Makes room for a slot that is about to be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Reserve(int slot)
    {
        if (slot >= _limit)
        {
            Extend(slot);
        }
    }

    public override void EndEntry()
    {
        for (var i = 0; i < _touchedCount; i++)
        {
            var slot = _touchedSlots[i];
            var bit = 1UL << (slot & 63);
            _touched[slot >> 6] &= ~bit;
            if (T.IsEmpty(_recordsNow[slot]))
            {
                _occupied[slot >> 6] &= ~bit;
                continue;
            }

            _occupied[slot >> 6] |= bit;
            _hash = unchecked(_hash + HashOf(slot));
        }

        _touchedCount = 0;
    }

    public override ulong RecomputeHash()
    {
        var hash = 0UL;
        for (var slot = 0; slot < _limit; slot++)
        {
            hash = unchecked(hash + HashOf(slot));
        }

        return hash;
    }

    public override void BeginCut(SnapshotScope scope)
    {
        Invariant.Check(!_isCutting);
        Invariant.Check(_touchedCount == 0);
        _isCutting = true;
        _cutWord = 0;
        _cutWords = WordsOf(_limit);
        _cutCount = 0;
        for (var word = 0; word < _cutWords; word++)
        {
            _cut[word] = scope == SnapshotScope.Changed ? _changed[word] : _occupied[word];
            _changedBefore[word] = _changed[word];
            _changed[word] = 0;
            _cutCount += (ulong)BitOperations.PopCount(_occupied[word]);
        }
    }

    public override bool ReadCut(OutputBuffer output, int bytesMax)
    {
        for (; _isCutting && _cutWord < _cutWords; _cutWord++)
        {
            for (var left = _cut[_cutWord] | _imaged[_cutWord]; left != 0; left &= left - 1)
            {
                if (output.Length >= bytesMax)
                {
                    return false;
                }

                ReadOne((_cutWord << 6) | BitOperations.TrailingZeroCount(left), output);
            }
        }

        return true;
    }

    public override void EndCut(bool isWhole)
    {
        for (var word = 0; _isCutting && word < _cutWords; word++)
        {
            _changed[word] |= isWhole ? 0 : _changedBefore[word];
            _cut[word] = 0;
            _imaged[word] = 0;
        }

        _images.Clear();
        _isCutting = false;
    }

    public override bool TryRestore(int slot, ReadOnlySpan<byte> content)
    {
        if (slot < 0 || content.Length != Unsafe.SizeOf<T>())
        {
            return false;
        }

        var record = MemoryMarshal.Read<T>(content);
        if (T.IsEmpty(record) || !IsCanonical(in record))
        {
            return false;
        }

        Reserve(slot);
        if (!T.IsEmpty(_recordsNow[slot]))
        {
            return false;
        }

        Write(slot) = record;
        return true;
    }

    public override void Clear()
    {
        EndCut(isWhole: false);
        _records.Clear();
        _touched.Clear();
        _occupied.Clear();
        _changed.Clear();
        _touchedCount = 0;
        _limit = 0;
        _hash = 0;
    }

    private static int WordsOf(int slots) => (slots + 63) >> 6;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Extend(int slot)
    {
        _records.EnsureIndex(slot + 1);
        _touched.EnsureIndex(slot >> 6);
        _occupied.EnsureIndex(slot >> 6);
        _changed.EnsureIndex(slot >> 6);
        _cut.EnsureIndex(slot >> 6);
        _imaged.EnsureIndex(slot >> 6);
        _changedBefore.EnsureIndex(slot >> 6);
        _images.EnsureSlot(slot);
        _recordsNow = _records.Pointer + 1;
        _touchedNow = _touched.Pointer;
        _limit = slot + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FirstTouch(int slot, ulong bit)
    {
        _touchedSlots.EnsureIndex(_touchedCount);
        _touchedSlots[_touchedCount++] = slot;
        _hash = unchecked(_hash - HashOf(slot));
        _changed[slot >> 6] |= bit;
        if ((_cut[slot >> 6] & bit) != 0)
        {
            _cut[slot >> 6] &= ~bit;
            _imaged[slot >> 6] |= bit;
            _images.Keep(slot, in _recordsNow[slot]);
        }
    }

    private ulong HashOf(int slot)
    {
        ref var record = ref _recordsNow[slot];
        if (T.IsEmpty(record))
        {
            return 0;
        }

        return RecordHash.Of(ref record, slot, in _mask);
    }

    // Whether what is derived is zero, as in every stream: it would not be hashed, and restoring may build upon it.
    private static bool IsCanonical(in T record)
    {
        var copy = record;
        T.ClearDerived(ref copy);
        return MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in copy))
            .SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record)));
    }

    private void ReadOne(int slot, OutputBuffer output)
    {
        var bit = 1UL << (slot & 63);
        var record = (_imaged[slot >> 6] & bit) != 0 ? _images.Take(slot) : _recordsNow[slot];
        _cut[slot >> 6] &= ~bit;
        _imaged[slot >> 6] &= ~bit;
        T.ClearDerived(ref record);
        SnapshotRecord.Append(output, T.Kind, slot, in record, T.IsEmpty(record));
    }
}
