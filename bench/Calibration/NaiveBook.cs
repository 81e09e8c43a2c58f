using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Bench.Calibration;

/// <summary>
/// The book anybody would write first: sorted dictionaries of linked lists. It measures the machine and the stream, and
/// says what the trades must be.
/// </summary>
internal sealed class NaiveBook
{
    private readonly Market[] _markets;
    private readonly Dictionary<int, LinkedListNode<Resting>> _resting = [];
    private TradeHash _trades;

    public NaiveBook(int symbols)
    {
        _markets = new Market[symbols];
        for (var i = 0; i < symbols; i++)
        {
            _markets[i] = new Market();
        }
    }

    public TradeHash Trades => _trades;

    public bool Contains(int order) => _resting.ContainsKey(order);

    /// <summary>Called with each order that was filled while resting.</summary>
    public Action<int>? Filled { get; init; }

    public void Run(ReadOnlySpan<Operation> operations)
    {
        foreach (ref readonly var operation in operations)
        {
            Apply(in operation);
        }
    }

    public void Apply(in Operation operation)
    {
        var market = _markets[operation.Symbol];
        if (operation.Kind is OperationKind.New or OperationKind.ImmediateOrCancel)
        {
            var open = Match(market, operation.Side, operation.Order, operation.Price, operation.Quantity);
            if (open > 0 && operation.Kind == OperationKind.New)
            {
                Rest(market, new Resting(operation.Order, operation.Side, operation.Price, open));
            }

            return;
        }

        if (!_resting.Remove(operation.Order, out var node))
        {
            return;
        }

        var order = node.Value;
        var queue = node.List!;
        queue.Remove(node);
        if (queue.Count == 0)
        {
            market.Side(order.Side).Remove(order.Price);
        }

        if (operation.Kind != OperationKind.Cancel)
        {
            var quantity = operation.Kind == OperationKind.Replace ? operation.Quantity : order.Open;
            var open = Match(market, order.Side, order.Order, operation.Price, quantity);
            if (open > 0)
            {
                Rest(market, new Resting(order.Order, order.Side, operation.Price, open));
            }
        }
    }

    private long Match(Market market, Side side, int taker, long limit, long open)
    {
        var opposite = market.Side(side == Side.Buy ? Side.Sell : Side.Buy);
        while (open > 0 && opposite.Count > 0)
        {
            var (price, queue) = opposite.First();
            if (side == Side.Buy ? price > limit : price < limit)
            {
                break;
            }

            while (open > 0 && queue.First is { } node)
            {
                var lots = Math.Min(open, node.Value.Open);
                open -= lots;
                _trades.Add((ulong)node.Value.Order, (ulong)taker, price, lots);
                node.ValueRef.Open -= lots;
                if (node.Value.Open == 0)
                {
                    queue.RemoveFirst();
                    _resting.Remove(node.Value.Order);
                    Filled?.Invoke(node.Value.Order);
                }
            }

            if (queue.Count == 0)
            {
                opposite.Remove(price);
            }
        }

        return open;
    }

    private void Rest(Market market, Resting order)
    {
        var side = market.Side(order.Side);
        if (!side.TryGetValue(order.Price, out var queue))
        {
            queue = new LinkedList<Resting>();
            side.Add(order.Price, queue);
        }

        _resting.Add(order.Order, queue.AddLast(order));
    }

    private record struct Resting(int Order, Side Side, long Price, long Open);

    private sealed class Market
    {
        private readonly SortedDictionary<long, LinkedList<Resting>> _bids =
            new(Comparer<long>.Create((left, right) => right.CompareTo(left)));

        private readonly SortedDictionary<long, LinkedList<Resting>> _asks = [];

        public SortedDictionary<long, LinkedList<Resting>> Side(Side side) =>
            side == Contracts.Trading.Side.Buy ? _bids : _asks;
    }
}
