using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>
/// Picks the oldest of many orders, in order of acceptance. What is kept meanwhile is bounded by twice what is wanted,
/// however many orders are shown to it.
/// </summary>
internal sealed unsafe class OldestIds(Table<Order> orders)
{
    private readonly NativeArray<ulong> _ids = new(64);
    private int _count;
    private int _most;
    private bool _onlyPending;

    // An id above it is not among the oldest: as many older ones have been seen.
    private ulong _bound;

    /// <param name="most">How many are wanted.</param>
    /// <param name="onlyPending">Whether only those count whose cancel waits for the end of a hard halt.</param>
    public void Begin(uint most, bool onlyPending) =>
        (_count, _most, _bound, _onlyPending) = (0, (int)most, ulong.MaxValue, onlyPending);

    public void Add(ulong id)
    {
        if (id > _bound || (_onlyPending && orders.At(new OrderId(id).Slot).Terms.PendingCancel == CancelReason.None))
        {
            return;
        }

        if (_count == 2 * _most)
        {
            Trim();
        }

        _ids.EnsureIndex(_count);
        _ids[_count++] = id;
    }

    /// <summary>The oldest, first first. Valid until the next beginning.</summary>
    public ReadOnlySpan<ulong> End()
    {
        Trim();
        return new ReadOnlySpan<ulong>(_ids.Pointer, _count);
    }

    private void Trim()
    {
        new Span<ulong>(_ids.Pointer, _count).Sort();
        if (_count >= _most)
        {
            _count = _most;
            _bound = _ids[_most - 1];
        }
    }
}
