using System.Runtime.CompilerServices;
using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.Bench.Book;

/// <summary>
/// Matching alone: the state machine's own order table, level trees and books, driven by operations instead of
/// commands, looking some operations ahead as the machine does with commands. The sink only hashes the trades. An
/// order's slot is found by its number in an array.
/// </summary>
internal sealed class BookReplay
{
    // Operations ahead at which is asked for: the place of an order's slot (commands name slots, operations do not),
    // the order, and what the order and the price name.
    private const int Further = 16;
    private const int Far = 10;
    private const int Near = 5;

    private readonly Table<Order> _orders = new(64);
    private readonly LevelTrees _levels = new();
    private readonly SlotSet _slots = new();
    private readonly OrderBook[] _books;

    // Slot by order number; −1 where the order does not rest.
    private readonly int[] _slotOf;
    private HashingSink _sink;

    public BookReplay(OperationStream stream)
    {
        _books = new OrderBook[stream.Symbols];
        for (var i = 0; i < _books.Length; i++)
        {
            _books[i] = new OrderBook(_orders, _levels);
        }

        _slotOf = new int[stream.OrderLimit];
        Array.Fill(_slotOf, -1);
        _sink = new HashingSink(_orders, _slots, _slotOf);
    }

    public TradeHash Trades => _sink.Trades;

    public void Run(ReadOnlySpan<Operation> operations)
    {
        // On the stack while it runs, as the machine's settlement is.
        var sink = _sink;
        for (var i = 0; i < operations.Length; i++)
        {
            if (i + Further < operations.Length)
            {
                LookAhead(in operations[i + Further], in operations[i + Far], in operations[i + Near]);
            }

            ref readonly var operation = ref operations[i];
            switch (operation.Kind)
            {
                case OperationKind.New:
                    Enter(in operation, rests: true, ref sink);
                    break;
                case OperationKind.ImmediateOrCancel:
                    Enter(in operation, rests: false, ref sink);
                    break;
                case OperationKind.Cancel:
                    Cancel(in operation);
                    break;
                default:
                    Reenter(in operation, ref sink);
                    break;
            }
        }

        _sink = sink;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LookAhead(in Operation further, in Operation far, in Operation near)
    {
        Prefetch.Line(ref _slotOf[further.Order]);
        var slot = _slotOf[far.Order];
        Prefetch.Line(ref _orders.At(slot));
        slot = _slotOf[near.Order];
        var side = near.Side;
        if (slot >= 0)
        {
            ref var order = ref _orders.At(slot);
            Prefetch.Line(ref _levels.Level(order.Level));
            Prefetch.Line(ref _orders.At(order.Next));
            Prefetch.Line(ref _orders.At(order.Previous));
            side = order.Side;
        }

        if (near.Kind != OperationKind.Cancel)
        {
            _books[near.Symbol].Ask(side, near.Price);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Enter(in Operation operation, bool rests, ref HashingSink sink)
    {
        var book = _books[operation.Symbol];
        var open = operation.Quantity;
        sink.Taker = (ulong)operation.Order;
        book.Match(operation.Side, operation.Price, ref open, ref sink);
        if (open == 0 || !rests)
        {
            return;
        }

        var slot = _slots.Allocate();
        _orders.Reserve(slot);
        Prefetch.Line(ref _orders.At(Math.Min(_slots.Peek(), _orders.Capacity)));
        ref var order = ref _orders.At(slot);
        order.Id = (ulong)operation.Order;
        order.Side = operation.Side;
        order.Price = operation.Price;
        order.Visible = open;
        _slotOf[operation.Order] = slot;
        book.Add(slot, ref order);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Cancel(in Operation operation)
    {
        var slot = _slotOf[operation.Order];
        if (slot < 0)
        {
            return;
        }

        _books[operation.Symbol].Remove(ref _orders.At(slot));
        _slotOf[operation.Order] = -1;
        _slots.Free(slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reenter(in Operation operation, ref HashingSink sink)
    {
        var slot = _slotOf[operation.Order];
        if (slot < 0)
        {
            return;
        }

        var book = _books[operation.Symbol];
        ref var order = ref _orders.At(slot);
        var open = operation.Kind == OperationKind.Replace ? operation.Quantity : order.Visible;
        book.Remove(ref order);
        sink.Taker = (ulong)operation.Order;
        book.Match(order.Side, operation.Price, ref open, ref sink);
        if (open > 0)
        {
            order.Price = operation.Price;
            order.Visible = open;
            book.Add(slot, ref order);
        }
        else
        {
            _slotOf[operation.Order] = -1;
            _slots.Free(slot);
        }
    }

    private struct HashingSink(Table<Order> orders, SlotSet slots, int[] slotOf) : IMatchSink
    {
        public TradeHash Trades;
        public ulong Taker;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool Prevents(uint group) => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly long Affordable(long price, long lots) => lots;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Fill(int slot, ref Order maker, long price, long lots) => Trades.Add(maker.Id, Taker, price, lots);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Done(int slot)
        {
            slotOf[orders.At(slot).Id] = -1;
            slots.Free(slot);
        }

        // No icebergs and no prevention in these streams.
        public readonly void Replenish(int slot, ref Order maker) => throw new NotSupportedException();

        public readonly void LevelLeft(in PriceLevel level)
        {
        }

        public readonly SelfTradeAction SelfTrade(int slot, ref Order maker, long price, long lots) =>
            throw new NotSupportedException();

        public readonly void MakerExpired(int slot) => throw new NotSupportedException();
    }
}
