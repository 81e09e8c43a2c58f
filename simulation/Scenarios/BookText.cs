using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Model;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>A book as a ladder: sells above, buys below, best prices in the middle, orders in priority.</summary>
internal static class BookText
{
    // book [ETH-KRW]
    public static IEnumerable<string> Lines(StateView view, ScenarioWorld world, Words words)
    {
        var instrument = words.IsEmpty ? ScenarioWorld.MainInstrument : world.Instrument(words.Take());
        var book = view.Book.Where(place => place.Instrument == instrument.Value).ToList();
        var sells = Levels(book, Side.Sell, view).Reverse().ToList();
        var buys = Levels(book, Side.Buy, view).ToList();
        if (sells.Count + buys.Count == 0)
        {
            yield return "the book is empty";
        }

        var width = buys.Select(level => level.Text.Length).DefaultIfEmpty(0).Max();
        foreach (var (price, text) in sells)
        {
            yield return $"{new string(' ', width)} | {price,6} | {text}";
        }

        foreach (var (price, text) in buys)
        {
            yield return $"{text.PadLeft(width)} | {price,6} |";
        }

        var waiting = view.Orders.Where(order => order.Waiting && order.Instrument == instrument.Value).ToList();
        foreach (var order in waiting)
        {
            yield return $"{Name(order.Id)} waits for {order.StopPrice}";
        }
    }

    private static IEnumerable<(long Price, string Text)> Levels(List<BookView> book, Side side, StateView view) => book
        .Where(place => place.Side == side)
        .GroupBy(place => place.Price)
        .Select(level => (level.Key, string.Join(", ", level.Select(place => Order(place, view)))));

    // 5 (#1), or 2 of 9 (#1) where a part is hidden.
    private static string Order(BookView place, StateView view)
    {
        var open = view.Orders.Single(order => order.Id == place.Order).Open;
        var hidden = open == place.Shown ? string.Empty : $" of {open}";
        return $"{place.Shown}{hidden} ({Name(place.Order)})";
    }

    private static string Name(ulong order) => $"#{new OrderId(order).Count}";
}
