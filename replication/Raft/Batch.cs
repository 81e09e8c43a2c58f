namespace Exchange.Rsm.Replication.Raft;

/// <summary>A list that is filled, handed out as a span and emptied, and allocates only while it grows.</summary>
internal sealed class Batch<T>(int capacity)
    where T : struct
{
    private T[] _items = new T[capacity];
    private int _count;

    public ReadOnlySpan<T> Items => _items.AsSpan(0, _count);

    public int Count => _count;

    public ref T this[int place] => ref _items[place];

    /// <summary>A cleared place at the end.</summary>
    public ref T Add()
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        ref var item = ref _items[_count++];
        item = default;
        return ref item;
    }

    public void Add(T item) => Add() = item;

    public void RemoveAt(int place)
    {
        _count--;
        for (var i = place; i < _count; i++)
        {
            _items[i] = _items[i + 1];
        }
    }

    /// <summary>Removes the first ones.</summary>
    public void RemoveFirst(int count)
    {
        _items.AsSpan(count, _count - count).CopyTo(_items);
        _count -= count;
    }

    public void Clear() => _count = 0;
}
