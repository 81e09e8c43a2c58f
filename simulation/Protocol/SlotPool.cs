namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>Places for things that wait in the queue of events, used again and again.</summary>
/// <typeparam name="T">The thing.</typeparam>
internal sealed class SlotPool<T>
    where T : new()
{
    private T[] _items = new T[64];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _made;

    /// <summary>How many are in use.</summary>
    public int Used => _made - _freeCount;

    public T this[int slot] => _items[slot];

    public void Clear()
    {
        for (var slot = 0; slot < _made; slot++)
        {
            _free[slot] = _made - 1 - slot;
        }

        _freeCount = _made;
    }

    public int Rent()
    {
        if (_freeCount > 0)
        {
            return _free[--_freeCount];
        }

        if (_made == _items.Length)
        {
            Array.Resize(ref _items, _made * 2);
            Array.Resize(ref _free, _made * 2);
        }

        _items[_made] = new T();
        return _made++;
    }

    public void Return(int slot) => _free[_freeCount++] = slot;
}
