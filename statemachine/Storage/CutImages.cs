namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Images of records that were changed after a cut and before they were read from it. Keeping one costs a copy,
/// whatever
/// their number: they stand in blocks that never move, and where a slot's image stands is a lookup by slot. A place is
/// used again once its image is taken, so there are never more than were waiting at once.
/// </summary>
internal sealed class CutImages<T>(int capacity)
    where T : unmanaged
{
    private const int BlockBits = 8;
    private const int BlockSize = 1 << BlockBits;

    private readonly List<NativeArray<T>> _blocks = [];
    private readonly SlotSet _places = new();

    // Place of a slot's image; meaningless where it has none.
    private readonly NativeArray<int> _placeOf = new(capacity);

    public int Count => _places.Count;

    public void EnsureSlot(int slot) => _placeOf.EnsureIndex(slot);

    /// <summary>Keeps a slot's image. It has none yet.</summary>
    public void Keep(int slot, in T record)
    {
        var place = _places.Allocate();
        if (place >> BlockBits == _blocks.Count)
        {
            _blocks.Add(new NativeArray<T>(BlockSize));
        }

        _blocks[place >> BlockBits][place & (BlockSize - 1)] = record;
        _placeOf[slot] = place;
    }

    /// <summary>Hands out a slot's image and forgets it.</summary>
    public T Take(int slot)
    {
        var place = _placeOf[slot];
        _places.Free(place);
        return _blocks[place >> BlockBits][place & (BlockSize - 1)];
    }

    public void Clear() => _places.Clear();
}
