namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>
/// Hashes of states that were seen, 64 bits each: eight bytes a state. Of ten million states, two with one hash, of
/// which the second would be passed over, are to be expected once in some 370,000 explorations.
/// </summary>
internal sealed class StateSet
{
    private ulong[] _slots = new ulong[1 << 16];

    public long Count { get; private set; }

    /// <summary>Adds a hash; false where it is there.</summary>
    public bool Add(ulong hash)
    {
        if ((Count + 1) * 10 > _slots.LongLength * 7)
        {
            Grow();
        }

        // Zero marks an empty slot.
        if (!Place(_slots, hash == 0 ? 1 : hash))
        {
            return false;
        }

        Count++;
        return true;
    }

    private void Grow()
    {
        var larger = new ulong[_slots.Length * 2];
        foreach (var hash in _slots)
        {
            if (hash != 0)
            {
                Place(larger, hash);
            }
        }

        _slots = larger;
    }

    private static bool Place(ulong[] slots, ulong hash)
    {
        var mask = (ulong)slots.Length - 1;
        for (var slot = hash & mask; ; slot = (slot + 1) & mask)
        {
            if (slots[slot] == hash)
            {
                return false;
            }

            if (slots[slot] == 0)
            {
                slots[slot] = hash;
                return true;
            }
        }
    }
}
