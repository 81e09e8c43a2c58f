using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Kernel;

/// <summary>
/// What is due, in order of time, and at one time in order of scheduling. Virtual time: it stands at the event taken
/// last. A heap of four children a node over an array that only grows: no allocation once it has its size.
/// </summary>
public sealed class EventQueue
{
    private const int Children = 4;

    private WorldEvent[] _heap = new WorldEvent[256];
    private int _count;
    private long _order;

    /// <summary>The time of the event taken last.</summary>
    public long Now { get; private set; }

    /// <summary>How many are due.</summary>
    public int Count => _count;

    /// <summary>Empties it and sets the clock to zero.</summary>
    public void Clear()
    {
        _count = 0;
        _order = 0;
        Now = 0;
    }

    /// <summary>Adds an event; its order is set here.</summary>
    public void Schedule(in WorldEvent due)
    {
        Invariant.Check(due.At >= Now);
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
        }

        var place = _count++;
        var added = due;
        added.Order = _order++;
        while (place > 0)
        {
            var parent = (place - 1) / Children;
            if (!IsBefore(in added, in _heap[parent]))
            {
                break;
            }

            _heap[place] = _heap[parent];
            place = parent;
        }

        _heap[place] = added;
    }

    /// <summary>Takes the next event; the clock then stands at its time.</summary>
    public bool TryTake(out WorldEvent next)
    {
        if (_count == 0)
        {
            next = default;
            return false;
        }

        next = _heap[0];
        Now = next.At;
        _count--;
        if (_count > 0)
        {
            SiftDown(in _heap[_count]);
        }

        return true;
    }

    private void SiftDown(in WorldEvent last)
    {
        var sinking = last;
        var place = 0;
        while (true)
        {
            var child = place * Children + 1;
            if (child >= _count)
            {
                break;
            }

            var least = child;
            var end = Math.Min(child + Children, _count);
            for (var other = child + 1; other < end; other++)
            {
                if (IsBefore(in _heap[other], in _heap[least]))
                {
                    least = other;
                }
            }

            if (!IsBefore(in _heap[least], in sinking))
            {
                break;
            }

            _heap[place] = _heap[least];
            place = least;
        }

        _heap[place] = sinking;
    }

    private static bool IsBefore(in WorldEvent left, in WorldEvent right) =>
        left.At < right.At || (left.At == right.At && left.Order < right.Order);
}
