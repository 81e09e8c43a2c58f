using System.Globalization;
using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>
/// Replays a venue's order flow through commands, one to an entry, and holds the machine's events against the venue's
/// own fills and cancels.
/// </summary>
public sealed class VenueReplay(ReplayMachine machine)
{
    private const int LadderDepth = 6;

    // By acceptance, which order ids count; and the last order of each of the venue's ids.
    private readonly List<VenueOrder> _orders = [];
    private readonly Dictionary<ulong, VenueOrder> _ofVenue = [];
    private readonly List<VenueFill> _fills = [];
    private readonly Ladder _ladder = new();
    private string _mark = "";

    /// <summary>Lines that the venue's answer was held against.</summary>
    public int Asserted { get; private set; }

    public int Mismatched { get; private set; }

    public int Matched => Asserted - Mismatched;

    /// <summary>The first difference with the book before it; empty where there is none.</summary>
    public string FirstMismatch { get; private set; } = "";

    /// <summary>Replays lines; to be called once.</summary>
    public void Run(IEnumerable<VenueLine> lines)
    {
        foreach (var line in lines)
        {
            Replay(line);
        }
    }

    private void Replay(VenueLine line)
    {
        switch (line.Kind)
        {
            case VenueKind.Mark:
                _mark = line.Text;
                break;
            case VenueKind.Cancel:
                Cancel(line);
                break;
            case VenueKind.Reduce:
            case VenueKind.Adjust:
                Reduce(line);
                break;
            default:
                Place(line);
                break;
        }
    }

    private void Place(VenueLine line)
    {
        ref var order = ref machine.Trade<PlaceOrder>(CommandKind.PlaceOrder, line.Side, line.OrderId);
        order.Side = line.Side;
        order.Price = new Price(line.Price);
        order.Quantity = new Quantity(line.Quantity);
        order.TimeInForce = line.Kind == VenueKind.Take ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel;
        machine.Apply();
        Read(out var refusal, out _);
        Judge(line, Text(line.Fills), refusal == RejectCode.None ? Text(_fills) : $"refused: {refusal}");
        Settle();
    }

    private void Cancel(VenueLine line)
    {
        var order = Find(line.OrderId);
        machine.Trade<CancelOrder>(CommandKind.CancelOrder, order.Side, line.OrderId).OrderId = order.Id;
        machine.Apply();
        Read(out var refusal, out var cancelled);
        var expected = line.Remaining is { } remaining ? $"cancelled with {remaining} left" : "cancelled";
        var got = refusal != RejectCode.None ? $"refused: {refusal}"
            : line.Remaining is null ? "cancelled"
            : $"cancelled with {cancelled} left";
        Judge(line, expected, got);
        Settle();
    }

    private void Reduce(VenueLine line)
    {
        // A reduction by all that is open is a cancel: an amendment must leave something.
        var order = Find(line.OrderId);
        if (order.Open == line.Quantity)
        {
            machine.Trade<CancelOrder>(CommandKind.CancelOrder, order.Side, line.OrderId).OrderId = order.Id;
        }
        else
        {
            ref var amend = ref machine.Trade<AmendOrder>(CommandKind.AmendOrder, order.Side, line.OrderId);
            amend.OrderId = order.Id;
            amend.Quantity = new Quantity(Math.Max(1, order.Total - line.Quantity));
        }

        machine.Apply();
        Read(out var refusal, out _);
        if (line.Kind == VenueKind.Reduce)
        {
            Judge(line, "reduced", refusal == RejectCode.None ? "reduced" : $"refused: {refusal}");
        }

        Settle();
    }

    // What the events say of the command: fills, refusal, lots cancelled.
    private void Read(out RejectCode refusal, out long cancelled)
    {
        (refusal, cancelled) = (RejectCode.None, 0);
        _fills.Clear();
        var reader = new EventReader(machine.Events);
        while (reader.TryRead(out var envelope))
        {
            switch (envelope.Kind)
            {
                case EventKind.OrderAccepted:
                    Accept(in envelope.As<OrderAccepted>(), (ulong)envelope.CorrelationId);
                    break;
                case EventKind.TradeExecuted:
                    ref readonly var trade = ref envelope.As<TradeExecuted>();
                    var maker = OrderOf(trade.MakerOrderId).VenueId;
                    _fills.Add(new VenueFill(maker, trade.Price.Ticks, trade.Quantity.Lots));
                    break;
                case EventKind.OrderCancelled:
                    cancelled = envelope.As<OrderCancelled>().Remaining.Lots;
                    break;
                case EventKind.OrderRejected:
                    refusal = envelope.As<CommandRejected>().Code;
                    break;
            }
        }
    }

    // Brings what is kept of orders and book up to date: after the judgement, which shows them as they were.
    private void Settle()
    {
        var reader = new EventReader(machine.Events);
        while (reader.TryRead(out var envelope))
        {
            switch (envelope.Kind)
            {
                case EventKind.TradeExecuted:
                    ref readonly var trade = ref envelope.As<TradeExecuted>();
                    OrderOf(trade.MakerOrderId).Open -= trade.Quantity.Lots;
                    OrderOf(trade.TakerOrderId).Open -= trade.Quantity.Lots;
                    break;
                case EventKind.OrderCancelled:
                    OrderOf(envelope.As<OrderCancelled>().OrderId).Open = 0;
                    break;
                case EventKind.OrderAmended:
                    ref readonly var amended = ref envelope.As<OrderChanged>();
                    var order = OrderOf(amended.OrderId);
                    (order.Total, order.Open) = (amended.Quantity.Lots, amended.Remaining.Lots);
                    break;
                case EventKind.BookDelta:
                    _ladder.Apply(in envelope.As<BookDelta>());
                    break;
            }
        }
    }

    private void Accept(in OrderAccepted accepted, ulong venueId)
    {
        var order = new VenueOrder
        {
            Id = accepted.OrderId,
            VenueId = venueId,
            Side = accepted.Side,
            Price = accepted.Price.Ticks,
            Total = accepted.Quantity.Lots,
            Open = accepted.Quantity.Lots,
        };
        _orders.Add(order);
        _ofVenue[venueId] = order;
    }

    private void Judge(VenueLine line, string expected, string got)
    {
        Asserted++;
        if (expected == got)
        {
            return;
        }

        Mismatched++;
        if (FirstMismatch.Length == 0)
        {
            FirstMismatch = Describe(line, expected, got);
        }
    }

    private string Describe(VenueLine line, string expected, string got)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"first mismatch: line {line.Number}: {line.Text}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  last mark  {(_mark.Length == 0 ? "none" : _mark)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  expected   {expected}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  got        {got}");
        text.AppendLine("  the book before this line:");
        text.Append(_ladder.Text(LadderDepth));
        foreach (var price in line.Fills.Concat(_fills).Select(fill => fill.Price).Distinct().Order().Take(LadderDepth))
        {
            var queue = _orders.Where(order => order.Price == price && order.Open > 0 && order.VenueId != line.OrderId)
                .Select(order => $"{order.VenueId}({order.Open})");
            text.AppendLine(
                CultureInfo.InvariantCulture, $"  at {price}, in order of arrival: {string.Join(' ', queue)}");
        }

        return text.ToString();
    }

    private VenueOrder Find(ulong venueId) =>
        _ofVenue.TryGetValue(venueId, out var order) ? order : new VenueOrder { Id = ReplayMachine.NoOrder };

    private VenueOrder OrderOf(OrderId id) => _orders[(int)id.Count - 1];

    private static string Text(IReadOnlyCollection<VenueFill> fills) => fills.Count == 0
        ? "no fill"
        : string.Join('|', fills.Select(fill => $"{fill.MakerId}:{fill.Price}:{fill.Quantity}"));

    private sealed class VenueOrder
    {
        public OrderId Id;
        public ulong VenueId;
        public Side Side;
        public long Price;
        public long Total;
        public long Open;
    }
}
