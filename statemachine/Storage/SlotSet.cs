using System.Numerics;
using System.Runtime.CompilerServices;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// A set of slot numbers that always hands out the lowest free one. Which slot comes next is therefore a function of
/// the
/// occupied slots alone: no free list has to be replicated. Low slots are reused first, which keeps the hot ones dense.
/// </summary>
internal sealed class SlotSet
{
    // Bit set = occupied. Every word below _firstOpen is full.
    private readonly NativeArray<ulong> _occupied = new(4);
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
            AdvanceFirstOpen();
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
        _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        _firstOpen = Math.Min(_firstOpen, slot >> 6);
        Count--;
    }

    public bool Contains(int slot) =>
        slot >= 0 && slot >> 6 < _occupied.Capacity && (_occupied[slot >> 6] >> (slot & 63) & 1) != 0;

    /// <summary>Occupies a given slot: for restoring a snapshot.</summary>
    public void Occupy(int slot)
    {
        _occupied.EnsureIndex((slot >> 6) + 1);
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        Count++;
        Limit = Math.Max(Limit, slot + 1);
        if (slot >> 6 == _firstOpen)
        {
            AdvanceFirstOpen();
        }
    }

    public void Clear()
    {
        _occupied.Clear();
        _firstOpen = 0;
        Count = 0;
        Limit = 0;
    }

    private void AdvanceFirstOpen()
    {
        while (_occupied[_firstOpen] == ulong.MaxValue)
        {
            _firstOpen++;
            _occupied.EnsureIndex(_firstOpen);
        }
    }
}
