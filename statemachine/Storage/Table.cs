using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    /// <summary>Zeroes what is derived from other state (links, positions): it is neither hashed nor stored.</summary>
    static abstract void ClearDerived(ref T record);
}

/// <summary>A table, seen by what treats all of them alike.</summary>
internal abstract class Table
{
    public abstract ushort RecordKind { get; }

    public abstract ulong Hash { get; }

    /// <summary>Brings <see cref="Hash"/> up to date with the records written since the last call.</summary>
    public abstract void EndEntry();

    public abstract ulong RecomputeHash();

    /// <summary>Fixes the records now present (or changed since the last cut) as the snapshot to be read.</summary>
    public abstract void BeginCut(SnapshotScope scope);

    /// <summary>Appends cut records in order of slot until enough bytes stand in the output.</summary>
    /// <returns>True where the cut is read to its end.</returns>
    public abstract bool ReadCut(OutputBuffer output, int bytesMax);

    public abstract void EndCut();

    public abstract bool TryRestore(int slot, ReadOnlySpan<byte> content);

    public abstract void Clear();
}

/// <summary>
/// Records addressed by slot. Every change goes through <see cref="Write"/>, and that is all a writer has to do: the
/// first write to a record in an entry takes its old hash out of the set hash, keeps its image for a snapshot under way
/// and marks it changed. <see cref="EndEntry"/> puts the new hash in.
/// </summary>
internal sealed unsafe class Table<T> : Table
    where T : unmanaged, IRecord<T>
{
    private readonly NativeArray<T> _records;

    // Written in this entry: its old hash is out, its new one not yet in.
    private readonly NativeArray<ulong> _touched;
    private readonly NativeArray<int> _touchedSlots = new(16);
    private int _touchedCount;

    // Changed since the last cut; and: in the present cut, not yet read.
    private readonly NativeArray<ulong> _changed;
    private readonly NativeArray<ulong> _cut;
    private readonly SortedDictionary<int, T> _images = [];
    private bool _isCutting;
    private int _cutWord;
    private int _limit;
    private ulong _hash;

    // Where the arrays stand now, so that a hot access is one load away from its record.
    private T* _recordsNow;
    private ulong* _touchedNow;

    public Table(int capacity)
    {
        _records = new NativeArray<T>(capacity);
        _touched = new NativeArray<ulong>(WordsOf(capacity));
        _changed = new NativeArray<ulong>(WordsOf(capacity));
        _cut = new NativeArray<ulong>(WordsOf(capacity));
        _recordsNow = _records.Pointer;
        _touchedNow = _touched.Pointer;
    }

    public override ushort RecordKind => T.Kind;

    public override ulong Hash => _hash;

    /// <summary>One more than the highest slot ever written.</summary>
    public int Limit => _limit;

    public int Capacity => _records.Capacity;

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
            _touched[slot >> 6] &= ~(1UL << (slot & 63));
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
        var words = WordsOf(_limit);
        for (var word = 0; word < words; word++)
        {
            _cut[word] = scope == SnapshotScope.Changed ? _changed[word] : Occupied(word);
            _changed[word] = 0;
        }

        _isCutting = true;
        _cutWord = 0;
    }

    public override bool ReadCut(OutputBuffer output, int bytesMax)
    {
        if (!_isCutting)
        {
            return true;
        }

        for (; _cutWord < WordsOf(_limit); _cutWord++)
        {
            while (_cut[_cutWord] != 0 || HasImageIn(_cutWord))
            {
                if (output.Length >= bytesMax)
                {
                    return false;
                }

                ReadOne(output);
            }
        }

        EndCut();
        return true;
    }

    public override void EndCut()
    {
        // What was cut but not read has changed since the last snapshot that was kept.
        for (var word = 0; _isCutting && word < WordsOf(_limit); word++)
        {
            _changed[word] |= _cut[word];
            _cut[word] = 0;
        }

        foreach (var slot in _images.Keys)
        {
            _changed[slot >> 6] |= 1UL << (slot & 63);
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

        Reserve(slot);
        if (!T.IsEmpty(_records[slot]))
        {
            return false;
        }

        Write(slot) = MemoryMarshal.Read<T>(content);
        return true;
    }

    public override void Clear()
    {
        EndCut();
        _records.Clear();
        _touched.Clear();
        _changed.Clear();
        _cut.Clear();
        _touchedCount = 0;
        _limit = 0;
        _hash = 0;
    }

    private static int WordsOf(int slots) => (slots + 63) >> 6;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Extend(int slot)
    {
        _records.EnsureIndex(slot);
        _touched.EnsureIndex(slot >> 6);
        _changed.EnsureIndex(slot >> 6);
        _cut.EnsureIndex(slot >> 6);
        _recordsNow = _records.Pointer;
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
            _images[slot] = _records[slot];
        }
    }

    private ulong HashOf(int slot)
    {
        ref var record = ref _records[slot];
        if (T.IsEmpty(record))
        {
            return 0;
        }

        var copy = record;
        T.ClearDerived(ref copy);
        return RecordHash.Of(in copy, T.Kind, slot);
    }

    private ulong Occupied(int word)
    {
        var bits = 0UL;
        var last = Math.Min(_limit, (word << 6) + 64);
        for (var slot = word << 6; slot < last; slot++)
        {
            bits |= T.IsEmpty(_records[slot]) ? 0 : 1UL << (slot & 63);
        }

        return bits;
    }

    private bool HasImageIn(int word)
    {
        foreach (var slot in _images.Keys)
        {
            return slot >> 6 == word;
        }

        return false;
    }

    private void ReadOne(OutputBuffer output)
    {
        var fresh = _cut[_cutWord] == 0
            ? int.MaxValue
            : (_cutWord << 6) | BitOperations.TrailingZeroCount(_cut[_cutWord]);
        var slot = fresh;
        foreach (var imageSlot in _images.Keys)
        {
            slot = Math.Min(slot, imageSlot);
            break;
        }

        var record = slot == fresh ? _records[slot] : _images[slot];
        if (slot == fresh)
        {
            _cut[slot >> 6] &= ~(1UL << (slot & 63));
        }
        else
        {
            _images.Remove(slot);
        }

        T.ClearDerived(ref record);
        SnapshotRecord.Append(output, T.Kind, slot, in record, T.IsEmpty(record));
    }
}
