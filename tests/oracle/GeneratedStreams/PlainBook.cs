using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Oracle.Tests.GeneratedStreams;

/// <summary>
/// Price-time priority as one sentence: of all orders in order of arrival, the first with the best price trades. It
/// answers in lines of a venue file; an empty line where there is nothing to tell.
/// </summary>
internal sealed class PlainBook
{
    private readonly List<Resting> _orders = [];

    public string New(ulong id, Side side, long price, long quantity)
    {
        var fills = Match(side, price, quantity, out var open);
        if (open > 0)
        {
            _orders.Add(new Resting(id, side, price) { Open = open });
        }

        return $"NEW,{id},{(int)side},{price},{quantity},{fills}";
    }

    public string Take(Side side, long limit, long quantity)
    {
        var fills = Match(side, limit, quantity, out _);
        return fills.Length == 0 ? "" : $"IOC,{(int)side},{limit},{quantity},{fills}";
    }

    public string Cancel(ulong id)
    {
        var order = _orders.Find(resting => resting.Id == id);
        if (order is null)
        {
            return "";
        }

        _orders.Remove(order);
        return $"X,{id},{order.Open}";
    }

    public string Reduce(ulong id, long quantity)
    {
        var order = _orders.Find(resting => resting.Id == id);
        if (order is null || order.Open < quantity)
        {
            return "";
        }

        order.Open -= quantity;
        _orders.RemoveAll(resting => resting.Open == 0);
        return $"R,{id},{quantity}";
    }

    private string Match(Side side, long limit, long quantity, out long open)
    {
        open = quantity;
        var fills = new List<string>();
        while (open > 0 && Best(side, limit) is { } maker)
        {
            var lots = Math.Min(open, maker.Open);
            fills.Add($"{maker.Id}:{maker.Price}:{lots}");
            open -= lots;
            maker.Open -= lots;
            _orders.RemoveAll(resting => resting.Open == 0);
        }

        return string.Join('|', fills);
    }

    // Sorting is stable: among equal prices the first to arrive stays first.
    private Resting? Best(Side side, long limit) => _orders
        .Where(resting => resting.Side != side)
        .Where(resting => side == Side.Buy ? resting.Price <= limit : resting.Price >= limit)
        .OrderBy(resting => side == Side.Buy ? resting.Price : -resting.Price)
        .FirstOrDefault();

    private sealed record Resting(ulong Id, Side Side, long Price)
    {
        public long Open { get; set; }
    }
}
