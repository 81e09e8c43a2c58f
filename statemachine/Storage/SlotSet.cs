using System.Numerics;
using System.Runtime.CompilerServices;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// A set of slot numbers that always hands out the lowest free one. Which slot comes next is therefore a function of
/// the occupied slots alone: no free list has to be replicated. Low slots are reused first, which keeps the hot ones
/// dense. Full words are marked in words of their own, and those again: after a slot far below was freed and taken, the
/// next free one is found in a few loads. Scanning over full words was half of matching with 100,000 resting orders
/// (bench "matching", mix100).
/// </summary>
internal sealed class SlotSet
{
    // Bit set = occupied. Every word below _firstOpen is full; that one is not.
    private readonly NativeArray<ulong> _occupied = new(4);

    // Bit set = the word of _occupied is full; and: the word of _full is full.
    private readonly NativeArray<ulong> _full = new(1);
    private readonly NativeArray<ulong> _allFull = new(1);
    private int _firstOpen;

    public int Count { get; private set; }

    /// <summary>One more than the highest slot ever occupied.</summary>
    public int Limit { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Allocate()
    {
        var word = _firstOpen;
        ref var bits = ref _occupied[word];
        var bit = BitOperations.TrailingZeroCount(~bits);
        bits |= 1UL << bit;
        if (bits == ulong.MaxValue)
        {
            LeaveFirstOpen();
        }

        Count++;
        var slot = (word << 6) | bit;
        Limit = Math.Max(Limit, slot + 1);
        return slot;
    }

    /// <summary>The slot that the next <see cref="Allocate"/> gives.</summary>
    public int Peek() => (_firstOpen << 6) | BitOperations.TrailingZeroCount(~_occupied[_firstOpen]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(int slot)
    {
        var word = slot >> 6;
        ref var bits = ref _occupied[word];
        if (bits == ulong.MaxValue)
        {
            Unmark(word);
        }

        bits &= ~(1UL << (slot & 63));
        Count--;
    }

    public bool Contains(int slot) =>
        slot >= 0 && slot >> 6 < _occupied.Capacity && (_occupied[slot >> 6] >> (slot & 63) & 1) != 0;

    /// <summary>Occupies a given slot: for restoring a snapshot.</summary>
    public void Occupy(int slot)
    {
        var word = slot >> 6;
        _occupied.EnsureIndex(word);
        _occupied[word] |= 1UL << (slot & 63);
        Count++;
        Limit = Math.Max(Limit, slot + 1);
        if (_occupied[word] != ulong.MaxValue)
        {
            return;
        }

        if (word == _firstOpen)
        {
            LeaveFirstOpen();
        }
        else
        {
            Mark(word);
        }
    }

    public void Clear()
    {
        _occupied.Clear();
        _full.Clear();
        _allFull.Clear();
        _firstOpen = 0;
        Count = 0;
        Limit = 0;
    }

    // The first open word has just become full: marks it and finds the next, which may not exist yet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LeaveFirstOpen()
    {
        Mark(_firstOpen);
        var word = _firstOpen >> 6;
        if (_full[word] == ulong.MaxValue)
        {
            var top = word >> 6;
            while (_allFull[top] == ulong.MaxValue)
            {
                top++;
                _allFull.EnsureIndex(top);
            }

            word = (top << 6) | BitOperations.TrailingZeroCount(~_allFull[top]);
            _full.EnsureIndex(word);
        }

        _firstOpen = (word << 6) | BitOperations.TrailingZeroCount(~_full[word]);
        _occupied.EnsureIndex(_firstOpen);
    }

    private void Mark(int word)
    {
        var (place, top) = (word >> 6, word >> 12);
        _full.EnsureIndex(place);
        _full[place] |= 1UL << (word & 63);
        if (_full[place] == ulong.MaxValue)
        {
            _allFull.EnsureIndex(top);
            _allFull[top] |= 1UL << (place & 63);
        }
    }

    // A full word is open from now on; it becomes the first such where it is lower.
    private void Unmark(int word)
    {
        var (place, top) = (word >> 6, word >> 12);
        if (_full[place] == ulong.MaxValue)
        {
            _allFull[top] &= ~(1UL << (place & 63));
        }

        _full[place] &= ~(1UL << (word & 63));
        _firstOpen = Math.Min(_firstOpen, word);
    }
}
