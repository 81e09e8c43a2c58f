using System.Globalization;
using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>What a line of a venue file does.</summary>
public enum VenueKind
{
    /// <summary>NEW: an order that rests; with fills, it first trades as given, without it must not trade.</summary>
    New,

    /// <summary>S: the same, for the book as it stood at the start.</summary>
    Seed,

    /// <summary>X: a cancel, with or without the remaining lots expected.</summary>
    Cancel,

    /// <summary>R: a reduction in place, which keeps priority.</summary>
    Reduce,

    /// <summary>ADJ or FORCE: the same, where the venue's own flow was not first in, first out: not asserted.</summary>
    Adjust,

    /// <summary>IOC: an aggressor and the fills it got.</summary>
    Take,

    /// <summary>#: a mark: which message of the venue follows.</summary>
    Mark,
}

/// <summary>One fill that the venue reported.</summary>
public readonly record struct VenueFill(ulong MakerId, long Price, long Quantity);

/// <summary>One line of a venue file.</summary>
public sealed record VenueLine(int Number, string Text, VenueKind Kind)
{
    public ulong OrderId { get; init; }

    public Side Side { get; init; }

    public long Price { get; init; }

    public long Quantity { get; init; }

    /// <summary>The fills expected, in order.</summary>
    public IReadOnlyList<VenueFill> Fills { get; init; } = [];

    /// <summary>The lots a cancel must find; none where the file does not say.</summary>
    public long? Remaining { get; init; }
}

/// <summary>
/// Order flow of a venue with the venue's own answers, as comma-separated lines. The README of the data names them.
/// </summary>
public static class VenueStream
{
    /// <summary>Reads a file, also one ending in .xz.</summary>
    /// <exception cref="InputException">It cannot be read, or a line is not of the format.</exception>
    public static IEnumerable<VenueLine> Read(string path) =>
        Parse(Encoding.UTF8.GetString(InputFile.Read(path)), path);

    /// <summary>Reads the content of a file.</summary>
    /// <exception cref="InputException">A line is not of the format.</exception>
    public static IEnumerable<VenueLine> Parse(string content, string name)
    {
        var number = 0;
        foreach (var line in content.Split('\n'))
        {
            number++;
            var text = line.TrimEnd('\r');
            if (text.Length > 0)
            {
                yield return ParseLine(text, number)
                    ?? throw new InputException($"{name}: line {number} is not of the venue format: {text}");
            }
        }
    }

    private static VenueLine? ParseLine(string text, int number)
    {
        var fields = text.Split(',');
        return (fields[0], fields.Length) switch
        {
            ("NEW", 5 or 6) => Order(new VenueLine(number, text, VenueKind.New), fields),
            ("S", 5) => Order(new VenueLine(number, text, VenueKind.Seed), fields),
            ("X", 2 or 3) => Cancel(new VenueLine(number, text, VenueKind.Cancel), fields),
            ("R", 3) => Reduction(new VenueLine(number, text, VenueKind.Reduce), fields),
            ("ADJ" or "FORCE", 3) => Reduction(new VenueLine(number, text, VenueKind.Adjust), fields),
            ("IOC", 5) => Take(new VenueLine(number, text, VenueKind.Take), fields),
            ("#", _) => new VenueLine(number, text, VenueKind.Mark),
            _ => null,
        };
    }

    // NEW,id,side,price,qty[,fills]
    private static VenueLine? Order(VenueLine line, string[] fields)
    {
        IReadOnlyList<VenueFill>? fills = [];
        return TryId(fields[1], out var id)
            && TrySide(fields[2], out var side)
            && TryLots(fields[3], out var price)
            && TryLots(fields[4], out var quantity)
            && (fields.Length < 6 || fields[5].Length == 0 || TryFills(fields[5], out fills))
                ? line with { OrderId = id, Side = side, Price = price, Quantity = quantity, Fills = fills! }
                : null;
    }

    // X,id[,remaining]
    private static VenueLine? Cancel(VenueLine line, string[] fields)
    {
        long remaining = 0;
        return TryId(fields[1], out var id) && (fields.Length < 3 || TryRemaining(fields[2], out remaining))
            ? line with { OrderId = id, Remaining = fields.Length < 3 ? null : remaining }
            : null;
    }

    // R,id,qty
    private static VenueLine? Reduction(VenueLine line, string[] fields) =>
        TryId(fields[1], out var id) && TryLots(fields[2], out var quantity)
            ? line with { OrderId = id, Quantity = quantity }
            : null;

    // IOC,side,limit,qty,maker or IOC,side,limit,qty,maker:price:qty|…
    private static VenueLine? Take(VenueLine line, string[] fields)
    {
        if (!TrySide(fields[1], out var side)
            || !TryLots(fields[2], out var price)
            || !TryLots(fields[3], out var quantity))
        {
            return null;
        }

        IReadOnlyList<VenueFill>? fills;
        if (TryId(fields[4], out var maker))
        {
            fills = [new VenueFill(maker, price, quantity)];
        }
        else if (!TryFills(fields[4], out fills))
        {
            return null;
        }

        return line with { Side = side, Price = price, Quantity = quantity, Fills = fills! };
    }

    private static bool TryFills(string text, out IReadOnlyList<VenueFill>? fills)
    {
        var list = new List<VenueFill>();
        fills = list;
        foreach (var fill in text.Split('|'))
        {
            var parts = fill.Split(':');
            if (parts.Length != 3
                || !TryId(parts[0], out var maker)
                || !TryLots(parts[1], out var price)
                || !TryLots(parts[2], out var quantity))
            {
                return false;
            }

            list.Add(new VenueFill(maker, price, quantity));
        }

        return true;
    }

    private static bool TryId(string text, out ulong id) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    // Prices and lots alike are above zero.
    private static bool TryLots(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0;

    private static bool TryRemaining(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TrySide(string text, out Side side)
    {
        side = text == "1" ? Side.Sell : Side.Buy;
        return text is "0" or "1";
    }
}
