using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Linearizability;

/// <summary>
/// The pairs (operations put in order, state) that the search has seen. Two ways to the same pair continue alike, so
/// the second is not followed. Compared in full: a collision of hashes must not cost a verdict.
/// </summary>
internal sealed class SeenStates
{
    private int[] _slots = new int[64];
    private ulong[] _words = new ulong[256];
    private int _count;
    private int _stride;
    private int _used;

    public void Clear(int wordsPerSet)
    {
        _stride = wordsPerSet + 1;
        _used = 0;
        _count = 0;
        Array.Clear(_slots);
    }

    /// <summary>Adds a pair; false where it is there already.</summary>
    public bool Add(ReadOnlySpan<ulong> set, long state)
    {
        if (_count * 2 >= _slots.Length)
        {
            Grow();
        }

        var last = unchecked((ulong)state);
        var mask = _slots.Length - 1;
        for (var slot = (int)HashOf(set, last) & mask; ; slot = (slot + 1) & mask)
        {
            var place = _slots[slot];
            if (place == 0)
            {
                _slots[slot] = Store(set, last);
                _count++;
                return true;
            }

            var known = _words.AsSpan(place - 1, _stride);
            if (known[^1] == last && known[..^1].SequenceEqual(set))
            {
                return false;
            }
        }
    }

    // Places are one-based: zero marks an empty slot.
    private int Store(ReadOnlySpan<ulong> set, ulong state)
    {
        if (_used + _stride > _words.Length)
        {
            Array.Resize(ref _words, _words.Length * 2 + _stride);
        }

        set.CopyTo(_words.AsSpan(_used));
        _words[_used + _stride - 1] = state;
        _used += _stride;
        return _used - _stride + 1;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new int[old.Length * 2];
        var mask = _slots.Length - 1;
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i] == 0)
            {
                continue;
            }

            var known = _words.AsSpan(old[i] - 1, _stride);
            var slot = (int)HashOf(known[..^1], known[^1]) & mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = old[i];
        }
    }

    private static uint HashOf(ReadOnlySpan<ulong> set, ulong state)
    {
        var hash = state;
        for (var i = 0; i < set.Length; i++)
        {
            hash = StableHash.Mix(hash, set[i]);
        }

        return (uint)(hash >> 33);
    }
}
