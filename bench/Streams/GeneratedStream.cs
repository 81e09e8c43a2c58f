using Exchange.Rsm.Bench.Calibration;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Bench.Streams;

/// <summary>The shape of a generated stream.</summary>
/// <param name="Symbols">Instruments; each operation picks one at random.</param>
/// <param name="Resting">Orders that rest at the start, over all instruments, and about so many at any time.</param>
/// <param name="Count">Operations after that.</param>
/// <param name="Accounts">Accounts that own the orders.</param>
internal sealed record StreamShape(int Symbols, int Resting, int Count, int Accounts = 1_000);

/// <summary>
/// Makes streams from a seed: 5 % immediate-or-cancel orders that sweep a few makers, 20 % moves, and adds and cancels
/// in balance, around a mid price that wanders. Distances from the mid are exponential.
/// </summary>
internal sealed class GeneratedStream
{
    private const int StartPrice = 100_000;
    private const int MeanDistance = 20;
    private const int QuantityMax = 100;
    private const int SweepQuantityMax = 500;
    private const int SweepReach = 400;

    private readonly StreamShape _shape;
    private readonly NaiveBook _book;
    private readonly List<Operation> _operations;
    private readonly int[] _mids;

    // The resting orders, in no order, and where each stands there.
    private readonly List<Operation> _live = [];
    private readonly List<int> _places = [-1];
    private Dice _dice;

    private GeneratedStream(StreamShape shape, ulong seed)
    {
        _shape = shape;
        _dice = new Dice(seed);
        _book = new NaiveBook(shape.Symbols) { Filled = Forget };
        _operations = new List<Operation>(shape.Resting + shape.Count);
        _mids = new int[shape.Symbols];
        Array.Fill(_mids, StartPrice);
    }

    public static OperationStream Make(StreamShape shape, ulong seed = 1)
    {
        var stream = new GeneratedStream(shape, seed);
        for (var i = 0; i < shape.Resting; i++)
        {
            stream.Add(i % shape.Symbols);
        }

        for (var i = 0; i < shape.Count; i++)
        {
            stream.Step();
        }

        return new OperationStream
        {
            Name = $"generated, {shape.Symbols} x {shape.Resting / shape.Symbols}",
            Operations = [.. stream._operations],
            Prefill = shape.Resting,
            Symbols = shape.Symbols,
            Accounts = shape.Accounts,
            OrderLimit = stream._places.Count,
            PromisedHash = stream._book.Trades.Value,
        };
    }

    private void Step()
    {
        var symbol = _dice.Below(_shape.Symbols);
        if (_dice.Below(50) == 0)
        {
            _mids[symbol] += _dice.Below(2) == 0 ? -1 : 1;
        }

        var choice = _dice.Below(100);
        if (choice < 5)
        {
            Sweep(symbol);
        }
        else if (choice < 25 && _live.Count > 0)
        {
            Move(_live[_dice.Below(_live.Count)]);
        }
        else if (_live.Count == 0 || _dice.Below(100) < (_live.Count < _shape.Resting ? 80 : 40))
        {
            Add(symbol);
        }
        else
        {
            Cancel(_live[_dice.Below(_live.Count)]);
        }
    }

    private void Add(int symbol)
    {
        var side = (Side)_dice.Below(2);
        var order = NewOrder(OperationKind.New, symbol, side, PassivePrice(symbol, side), 1 + _dice.Below(QuantityMax));
        _places[order.Order] = _live.Count;
        _live.Add(order);
        Emit(order);
    }

    private void Sweep(int symbol)
    {
        var side = (Side)_dice.Below(2);
        var reach = side == Side.Buy ? SweepReach : -SweepReach;
        Emit(NewOrder(
            OperationKind.ImmediateOrCancel, symbol, side, _mids[symbol] + reach, 1 + _dice.Below(SweepQuantityMax)));
    }

    private void Move(Operation order)
    {
        order.Kind = OperationKind.Move;
        order.Price = PassivePrice(order.Symbol, order.Side);
        order.Quantity = 0;
        Emit(order);
    }

    private void Cancel(Operation order)
    {
        Forget(order.Order);
        order.Kind = OperationKind.Cancel;
        (order.Price, order.Quantity) = (0, 0);
        Emit(order);
    }

    private Operation NewOrder(OperationKind kind, int symbol, Side side, long price, long quantity)
    {
        _places.Add(-1);
        return new Operation
        {
            Kind = kind,
            Side = side,
            Symbol = (ushort)symbol,
            Account = 1 + _dice.Below(_shape.Accounts),
            Order = _places.Count - 1,
            Price = price,
            Quantity = quantity,
        };
    }

    // Behind the mid on its own side; a mid that has wandered on makes some of them trade.
    private long PassivePrice(int symbol, Side side)
    {
        var distance = 1 + (int)(-MeanDistance * Math.Log(1 - _dice.Share()));
        return side == Side.Buy ? _mids[symbol] - distance : _mids[symbol] + distance;
    }

    private void Emit(Operation operation)
    {
        _operations.Add(operation);
        _book.Apply(in operation);
        var isOpen = operation.Kind is OperationKind.New or OperationKind.Move && _book.Contains(operation.Order);
        if (!isOpen)
        {
            Forget(operation.Order);
        }
    }

    private void Forget(int order)
    {
        var place = _places[order];
        if (place < 0)
        {
            return;
        }

        var last = _live[^1];
        _live[place] = last;
        _places[last.Order] = place;
        _live.RemoveAt(_live.Count - 1);
        _places[order] = -1;
    }
}
