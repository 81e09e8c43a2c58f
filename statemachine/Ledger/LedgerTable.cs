using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>A value of a <see cref="LedgerTable{TKey,TValue}"/> that knows its share of the state hash.</summary>
internal interface ILedgerRow<TKey>
{
    /// <summary>Hash of key and value; zero where the row says nothing that an absent one would not.</summary>
    ulong HashWith(TKey key);
}

/// <summary>
/// Rows by key, with an incremental hash and a way back to the last mark. Rows are walked by slot, never through the
/// hash table; where nothing is removed, slots stand in the order of first use.
/// </summary>
internal sealed class LedgerTable<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
    where TValue : struct, ILedgerRow<TKey>
{
    private readonly Dictionary<TKey, int> _slots = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<Change> _changes = [];
    private TKey[] _keys = new TKey[16];
    private TValue[] _values = new TValue[16];

    /// <summary>Slots in use or free. A free slot holds default values.</summary>
    public int SlotCount { get; private set; }

    /// <summary>Rows.</summary>
    public int Count => _slots.Count;

    /// <summary>Sum of the rows' hashes: whatever the order, equal rows give an equal hash.</summary>
    public ulong Hash { get; private set; }

    public TKey KeyAt(int slot) => _keys[slot];

    public ref readonly TValue ValueAt(int slot) => ref _values[slot];

    /// <summary>The row's value, or the default.</summary>
    public TValue Get(TKey key) => _slots.TryGetValue(key, out var slot) ? _values[slot] : default;

    public bool TryGet(TKey key, out TValue value)
    {
        var exists = _slots.TryGetValue(key, out var slot);
        value = exists ? _values[slot] : default;
        return exists;
    }

    public void Set(TKey key, in TValue value)
    {
        var exists = TryGet(key, out var before);
        _changes.Add(new Change(key, before, exists));
        Write(key, in value);
    }

    public void Remove(TKey key)
    {
        var exists = TryGet(key, out var before);
        Invariant.Check(exists);
        _changes.Add(new Change(key, before, Existed: true));
        Erase(key);
    }

    /// <summary>What was changed up to here stays.</summary>
    public void Mark() => _changes.Clear();

    /// <summary>Takes back every change since the last mark.</summary>
    public void Rollback()
    {
        for (var i = _changes.Count - 1; i >= 0; i--)
        {
            var change = _changes[i];
            if (change.Existed)
            {
                Write(change.Key, change.Before);
            }
            else
            {
                Erase(change.Key);
            }
        }

        _changes.Clear();
    }

    /// <summary>Computes <see cref="Hash"/> anew.</summary>
    public ulong RecomputeHash()
    {
        ulong hash = 0;
        for (var slot = 0; slot < SlotCount; slot++)
        {
            if (_slots.TryGetValue(_keys[slot], out var owner) && owner == slot)
            {
                // Unchecked: a sum of hashes wraps.
                hash = unchecked(hash + _values[slot].HashWith(_keys[slot]));
            }
        }

        return hash;
    }

    private void Write(TKey key, in TValue value)
    {
        if (!_slots.TryGetValue(key, out var slot))
        {
            slot = NewSlot();
            _slots.Add(key, slot);
            _keys[slot] = key;
        }
        else
        {
            Hash = unchecked(Hash - _values[slot].HashWith(key));
        }

        _values[slot] = value;
        Hash = unchecked(Hash + value.HashWith(key));
    }

    private void Erase(TKey key)
    {
        _slots.Remove(key, out var slot);
        Hash = unchecked(Hash - _values[slot].HashWith(key));
        _keys[slot] = default;
        _values[slot] = default;
        if (slot == SlotCount - 1 && _freeSlots.Count == 0)
        {
            // The youngest row gives its place back, so that a rollback leaves the order of first use as it was. Not
            // while places are free: one of them could then lie beyond the last slot.
            SlotCount--;
        }
        else
        {
            _freeSlots.Push(slot);
        }
    }

    private int NewSlot()
    {
        if (_freeSlots.TryPop(out var free))
        {
            return free;
        }

        if (SlotCount == _keys.Length)
        {
            Array.Resize(ref _keys, SlotCount * 2);
            Array.Resize(ref _values, SlotCount * 2);
        }

        return SlotCount++;
    }

    private readonly record struct Change(TKey Key, TValue Before, bool Existed);
}
