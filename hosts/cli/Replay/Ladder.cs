using System.Globalization;
using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>The book as the market sees it: kept from book events alone.</summary>
public sealed class Ladder
{
    private readonly SortedDictionary<long, (long Lots, uint Orders)> _bids = [];
    private readonly SortedDictionary<long, (long Lots, uint Orders)> _asks = [];

    public void Apply(in BookDelta delta)
    {
        var side = delta.Side == Side.Buy ? _bids : _asks;
        if (delta.Orders == 0)
        {
            side.Remove(delta.Price.Ticks);
        }
        else
        {
            side[delta.Price.Ticks] = (delta.Quantity.Lots, delta.Orders);
        }
    }

    /// <summary>The best levels of both sides, asks above bids, the best in the middle.</summary>
    public string Text(int depth)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"  {"bid lots",14} {"price",12} {"ask lots",14}");
        foreach (var (price, (lots, orders)) in _asks.Take(depth).Reverse())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {"",14} {price,12} {lots,14}  {orders} orders");
        }

        foreach (var (price, (lots, orders)) in _bids.Reverse().Take(depth))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {lots,14} {price,12} {"",14}  {orders} orders");
        }

        return text.ToString();
    }
}
