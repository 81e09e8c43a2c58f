using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Open addressing with linear probing from a 32-bit tag to a slot; the caller compares the record, so tags may clash.
/// Deletion shifts back, so there are no tombstones and no clean-up pauses. Its layout is never observed.
/// </summary>
internal sealed class HashIndex(int capacity)
{
    private struct Entry
    {
        public uint Tag;
        public int SlotPlusOne;
    }

    private NativeArray<Entry> _entries = new(capacity);
    private int _mask = capacity - 1;
    private int _count;

    /// <summary>Asks for the line where a search starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask(ulong hash) => Prefetch.Line(ref _entries[Home(hash)]);

    /// <summary>Starts a search. Follow with <see cref="Next"/> while the record at the slot is not the one.</summary>
    /// <returns>A slot with this tag, or −1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int First(ulong hash, out int position)
    {
        position = Home(hash);
        return Search(TagOf(hash), ref position);
    }

    public int Next(ulong hash, ref int position)
    {
        position = (position + 1) & _mask;
        return Search(TagOf(hash), ref position);
    }

    public void Add(ulong hash, int slot)
    {
        if (_count * 2 >= _mask)
        {
            Grow();
        }

        Insert(TagOf(hash), slot);
        _count++;
    }

    public void Remove(ulong hash, int slot)
    {
        var position = Home(hash);
        while (_entries[position].SlotPlusOne != slot + 1)
        {
            Invariant.Check(_entries[position].SlotPlusOne != 0);
            position = (position + 1) & _mask;
        }

        var hole = position;
        while (true)
        {
            position = (position + 1) & _mask;
            var entry = _entries[position];
            if (entry.SlotPlusOne == 0)
            {
                break;
            }

            // The entry may move into the hole only if the hole lies on its way from home to here.
            var distanceToHole = (position - hole) & _mask;
            var distanceToHome = (position - (int)(entry.Tag & (uint)_mask)) & _mask;
            if (distanceToHome >= distanceToHole)
            {
                _entries[hole] = entry;
                hole = position;
            }
        }

        _entries[hole] = default;
        _count--;
    }

    public void Clear()
    {
        _entries.Clear();
        _count = 0;
    }

    private static uint TagOf(ulong hash) => unchecked((uint)hash);

    private int Home(ulong hash) => unchecked((int)hash) & _mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Search(uint tag, ref int position)
    {
        // Unchecked: positions stay below the mask.
        unchecked
        {
            while (true)
            {
                ref var entry = ref _entries[position];
                if (entry.SlotPlusOne == 0 || entry.Tag == tag)
                {
                    return entry.SlotPlusOne - 1;
                }

                position = (position + 1) & _mask;
            }
        }
    }

    private void Insert(uint tag, int slot)
    {
        var position = (int)(tag & (uint)_mask);
        while (_entries[position].SlotPlusOne != 0)
        {
            position = (position + 1) & _mask;
        }

        _entries[position] = new Entry { Tag = tag, SlotPlusOne = slot + 1 };
    }

    private void Grow()
    {
        var old = _entries;
        var size = _mask + 1;
        _entries = new NativeArray<Entry>(size * 2);
        _mask = (size * 2) - 1;
        for (var i = 0; i < size; i++)
        {
            if (old[i].SlotPlusOne != 0)
            {
                Insert(old[i].Tag, old[i].SlotPlusOne - 1);
            }
        }
    }
}
