using BenchmarkDotNet.Attributes;
using Exchange.Rsm.Bench.Book;
using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.Bench.Parts;

/// <summary>Book and order table, each step alone, on a book of ten thousand orders at two hundred prices.</summary>
[MemoryDiagnoser]
public class BookParts
{
    private const int Resting = 10_000;
    private const int Prices = 100;
    private const int Mid = 100_000;

    private readonly Operation[] _addAndCancel = new Operation[2];
    private readonly Operation[] _addAndTake = new Operation[2];
    private readonly Operation[] _moveAway = new Operation[2];
    private readonly Table<Order> _table = new(64);
    private BookReplay _book = null!;
    private int _slot;

    [GlobalSetup]
    public void Fill()
    {
        var operations = new Operation[Resting];
        for (var i = 0; i < Resting; i++)
        {
            var side = (Side)(i & 1);
            var distance = 1 + (i / 2 % Prices);
            operations[i] = Limit(OperationKind.New, i + 1, side, side == Side.Buy ? Mid - distance : Mid + distance);
        }

        _book = new BookReplay(new OperationStream
        {
            Name = "parts",
            Operations = operations,
            Accounts = 1,
            OrderLimit = Resting + 3,
        });
        _book.Run(operations);
        _addAndCancel[0] = Limit(OperationKind.New, Resting + 1, Side.Buy, Mid - 50);
        _addAndCancel[1] = new Operation { Kind = OperationKind.Cancel, Order = Resting + 1 };
        _addAndTake[0] = Limit(OperationKind.New, Resting + 1, Side.Buy, Mid);
        _addAndTake[1] = Limit(OperationKind.ImmediateOrCancel, Resting + 2, Side.Sell, Mid);
        _moveAway[0] = new Operation { Kind = OperationKind.Move, Order = 1, Price = Mid - 7 };
        _moveAway[1] = new Operation { Kind = OperationKind.Move, Order = 1, Price = Mid - 90 };
        for (var slot = 0; slot < 1 << 16; slot++)
        {
            _table.Reserve(slot);
            _table.Write(slot).Id = (ulong)slot + 1;
        }

        _table.EndEntry();
    }

    [Benchmark(OperationsPerInvoke = 2)]
    public void Add_and_cancel() => _book.Run(_addAndCancel);

    [Benchmark(OperationsPerInvoke = 2)]
    public void Add_and_take() => _book.Run(_addAndTake);

    [Benchmark(OperationsPerInvoke = 2)]
    public void Move() => _book.Run(_moveAway);

    [Benchmark]
    public ulong State_hash_of_one_order_written()
    {
        _slot = (_slot + 1) & 0xFFFF;
        _table.Write(_slot).Visible++;
        _table.EndEntry();
        return _table.Hash;
    }

    private static Operation Limit(OperationKind kind, int order, Side side, long price) => new()
    {
        Kind = kind,
        Order = order,
        Side = side,
        Price = price,
        Quantity = 10,
        Account = 1,
    };
}
