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

    /// <summary>
    /// Zeroes what is derived from other state (links, positions): it is neither hashed nor stored. Such fields stand
    /// in the record's first or last 64 bytes.
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

    /// <summary>Compares records with what they add to the hash, from a slot on. Between entries only.</summary>
    /// <param name="slot">Moved to where to go on; zero where the table was gone through.</param>
    /// <param name="bytesMax">Lowered by what was compared.</param>
    public abstract bool TryScrub(ref int slot, ref int bytesMax);

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
/// first write to a record in an entry notes its slot and keeps its image for a snapshot under way. What each record
/// adds to the set hash is kept, so <see cref="EndEntry"/> hashes each record written once, whatever happened to it,
/// and all of them side by side; it marks them changed and notes whether the slots are in use.
/// </summary>
internal sealed unsafe class Table<T> : Table
    where T : unmanaged, IRecord<T>
{
    private const ulong TouchedBit = 1;
    private const ulong FixedBit = 2;

    private readonly NativeArray<T> _records;

    // What each record adds to the hash as of the end of the last entry; its lowest bit: written in this entry.
    private readonly NativeArray<ulong> _shares;
    private readonly NativeArray<int> _touchedSlots = new(16);
    private int* _touchedNow;
    private int _touchedCount;

    // From this count on, noting a slot takes the long way.
    private int _touchedLimit;

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

    private readonly RecordMask _mask = RecordMask.Of<T>();

    // Where the arrays stand now, so that a hot access is one load away from its record. Slot −1 is in the array: it
    // takes
    // the writes of code that links without asking whether there is a neighbour, and is never read.
    private T* _recordsNow;
    private ulong* _sharesNow;

    public Table(int capacity)
    {
        _records = new NativeArray<T>(capacity + 1);
        _shares = new NativeArray<ulong>(capacity);
        _occupied = new NativeArray<ulong>(WordsOf(capacity));
        _changed = new NativeArray<ulong>(WordsOf(capacity));
        _cut = new NativeArray<ulong>(WordsOf(capacity));
        _imaged = new NativeArray<ulong>(WordsOf(capacity));
        _changedBefore = new NativeArray<ulong>(WordsOf(capacity));
        _images = new CutImages<T>(capacity);
        _recordsNow = _records.Pointer + 1;
        _sharesNow = _shares.Pointer;
        FollowTouched();
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
    public ref T At(int slot)
    {
        // Unchecked: every slot fits, and checked pointer arithmetic multiplies and branches.
        unchecked
        {
            return ref _recordsNow[slot];
        }
    }

    /// <summary>A record, to change. Not valid after <see cref="Reserve"/> or the end of the entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Write(int slot)
    {
        Touch(slot);
        return ref At(slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(int slot)
    {
        ref var share = ref ShareAt(slot);
        if ((share & TouchedBit) == 0)
        {
            share |= TouchedBit;
            NoteTouched(slot);
        }
    }

    /// <summary>Asks for the lines of a record that is about to be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask(int slot)
    {
        Prefetch.Line(ref At(slot));
        Prefetch.Line(ref ShareAt(slot));
    }

    /// <summary>Asks for every line of a record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AskAll(int slot)
    {
        Ask(slot);
        for (var line = 64; line < Unsafe.SizeOf<T>(); line += 64)
        {
            Prefetch.Behind(ref Unsafe.As<T, byte>(ref At(slot)), line);
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
        if (_touchedCount != 0)
        {
            HashTouched();
        }
    }

    public override ulong RecomputeHash()
    {
        var hash = 0UL;
        for (var slot = 0; slot < _limit; slot++)
        {
            hash = unchecked(hash + ShareOf(slot, in _mask));
        }

        return hash;
    }

    public override bool TryScrub(ref int slot, ref int bytesMax)
    {
        Invariant.Check(_touchedCount == 0);
        var count = Math.Min(_limit - slot, (bytesMax / Unsafe.SizeOf<T>()) + 1);
        var end = slot + count;
        for (var at = slot; at < end; at++)
        {
            if (ShareOf(at, in _mask) != ShareAt(at))
            {
                return false;
            }
        }

        bytesMax -= count * Unsafe.SizeOf<T>();
        slot = end == _limit ? 0 : end;
        return true;
    }

    public override void BeginCut(SnapshotScope scope)
    {
        Invariant.Check(!_isCutting);
        Invariant.Check(_touchedCount == 0);
        _isCutting = true;
        FollowTouched();
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
        FollowTouched();
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
        _shares.Clear();
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
        _shares.EnsureIndex(slot);
        _occupied.EnsureIndex(slot >> 6);
        _changed.EnsureIndex(slot >> 6);
        _cut.EnsureIndex(slot >> 6);
        _imaged.EnsureIndex(slot >> 6);
        _changedBefore.EnsureIndex(slot >> 6);
        _images.EnsureSlot(slot);
        _recordsNow = _records.Pointer + 1;
        _sharesNow = _shares.Pointer;
        _limit = slot + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong ShareAt(int slot)
    {
        unchecked
        {
            return ref _sharesNow[slot];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteTouched(int slot)
    {
        unchecked
        {
            var count = _touchedCount;
            _touchedNow[count] = slot;
            _touchedCount = count + 1;
            if (count >= _touchedLimit)
            {
                AfterNote(slot);
            }
        }
    }

    // Rare: room for one more must stand ready, and a snapshot under way wants to see every slot.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AfterNote(int slot)
    {
        _touchedSlots.EnsureIndex(_touchedCount);
        if (_isCutting)
        {
            KeepImage(slot);
        }

        FollowTouched();
    }

    private void FollowTouched()
    {
        _touchedNow = _touchedSlots.Pointer;
        _touchedLimit = _isCutting ? 0 : _touchedSlots.Capacity - 1;
    }

    private void KeepImage(int slot)
    {
        var bit = 1UL << (slot & 63);
        if ((_cut[slot >> 6] & bit) != 0)
        {
            _cut[slot >> 6] &= ~bit;
            _imaged[slot >> 6] |= bit;
            _images.Keep(slot, in _recordsNow[slot]);
        }
    }

    // Unchecked: sums wrap, and a check in the loop would keep its vectors on the stack.
    private void HashTouched()
    {
        unchecked
        {
            var mask = _mask;
            var slots = _touchedNow;
            var changedNow = _changed.Pointer;
            var sum = _hash;
            var count = _touchedCount;
            for (var i = 0; i < count; i++)
            {
                var slot = slots[i];
                var share = ShareOf(slot, in mask);
                ref var kept = ref ShareAt(slot);
                var old = kept & ~TouchedBit;
                kept = share;
                sum += share - old;
                var bit = 1UL << slot;
                ref var changed = ref changedNow[slot >> 6];
                if ((changed & bit) == 0)
                {
                    changed |= bit;
                }

                if (((share ^ old) & FixedBit) != 0)
                {
                    _occupied[slot >> 6] ^= bit;
                }
            }

            _hash = sum;
            _touchedCount = 0;
        }
    }

    // Zero where there is no record, and only there; the lowest bit, which marks what is written, is always zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ShareOf(int slot, in RecordMask mask)
    {
        ref var record = ref At(slot);
        return T.IsEmpty(record) ? 0 : (RecordHash.Of(ref record, slot, in mask) & ~TouchedBit) | FixedBit;
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
