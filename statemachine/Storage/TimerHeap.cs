using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Timers of one kind, at most one for each slot, ordered by (deadline, id). A binary heap with the position of each
/// slot, so a timer is removed when what it watches ends: nothing stale stands in it and it is bounded by the slots.
/// Its layout is never observed, only its order, which the unique ids make total.
/// </summary>
internal sealed class TimerHeap
{
    private struct Timer
    {
        public long Deadline;
        public ulong Id;
        public int Slot;
    }

    private readonly NativeArray<Timer> _timers = new(16);

    // Position in the heap plus one by slot; zero: not armed.
    private readonly NativeArray<int> _positions = new(16);

    public int Count { get; private set; }

    public long FirstDeadline => Count == 0 ? long.MaxValue : _timers[0].Deadline;

    public ulong FirstId => _timers[0].Id;

    public int FirstSlot => _timers[0].Slot;

    public void Set(int slot, long deadline, ulong id)
    {
        Remove(slot);
        _timers.EnsureIndex(Count);
        _positions.EnsureIndex(slot);
        Count++;
        Rise(Count - 1, new Timer { Deadline = deadline, Id = id, Slot = slot });
    }

    public void Remove(int slot)
    {
        if (slot >= _positions.Capacity || _positions[slot] == 0)
        {
            return;
        }

        var hole = _positions[slot] - 1;
        _positions[slot] = 0;
        Count--;
        var last = _timers[Count];
        if (hole == Count)
        {
            return;
        }

        if (hole > 0 && IsBefore(last, _timers[(hole - 1) / 2]))
        {
            Rise(hole, last);
        }
        else
        {
            Sink(hole, last);
        }
    }

    public void Clear()
    {
        _positions.Clear();
        Count = 0;
    }

    private static bool IsBefore(in Timer left, in Timer right) =>
        left.Deadline < right.Deadline || (left.Deadline == right.Deadline && left.Id < right.Id);

    private void Rise(int hole, Timer timer)
    {
        while (hole > 0 && IsBefore(timer, _timers[(hole - 1) / 2]))
        {
            Place(hole, _timers[(hole - 1) / 2]);
            hole = (hole - 1) / 2;
        }

        Place(hole, timer);
    }

    private void Sink(int hole, Timer timer)
    {
        while (true)
        {
            var child = (hole * 2) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && IsBefore(_timers[child + 1], _timers[child]))
            {
                child++;
            }

            if (!IsBefore(_timers[child], timer))
            {
                break;
            }

            Place(hole, _timers[child]);
            hole = child;
        }

        Place(hole, timer);
    }

    private void Place(int position, Timer timer)
    {
        _timers[position] = timer;
        _positions[timer.Slot] = position + 1;
        Invariant.Check(position < Count);
    }
}
