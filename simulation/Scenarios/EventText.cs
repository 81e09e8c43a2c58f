using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>Events in words, one line each, for people who trade.</summary>
/// <param name="world">The names.</param>
public sealed class EventText(ScenarioWorld world)
{
    private long _now;

    public string Line(EventEnvelope happened)
    {
        _now = happened.OccurredAt;
        var line = OrderLine(happened) ?? MarketLine(happened) ?? StaffLine(happened);
        var instrument = happened.Instrument;
        return instrument.Value == 0 || instrument == ScenarioWorld.MainInstrument
            ? line
            : $"{world.NameOf(instrument)}: {line}";
    }

    /// <summary>Nanoseconds in the largest unit that divides them.</summary>
    public static string Duration(long nanoseconds) => nanoseconds switch
    {
        _ when nanoseconds % 1_000_000_000 == 0 => $"{nanoseconds / 1_000_000_000}s",
        _ when nanoseconds % 1_000_000 == 0 => $"{nanoseconds / 1_000_000}ms",
        _ => $"{nanoseconds}ns",
    };

    private string? OrderLine(EventEnvelope happened) => happened.Kind switch
    {
        EventKind.OrderAccepted => Accepted(happened.As<OrderAccepted>()),
        EventKind.OrderRejected or EventKind.CommandRejected => Rejected(happened.As<CommandRejected>()),
        EventKind.TradeExecuted => Trade(happened.As<TradeExecuted>()),
        EventKind.OrderCancelled => Cancelled(happened.As<OrderCancelled>()),
        EventKind.OrderAmended => Changed("amended", happened.As<OrderChanged>()),
        EventKind.OrderReplaced => Changed("replaced", happened.As<OrderChanged>()),
        EventKind.OrderTriggered => Triggered(happened.As<OrderTriggered>()),
        EventKind.SelfTradePrevented => Prevented(happened.As<SelfTradePrevented>()),
        EventKind.OrderReplenished => Replenished(happened.As<OrderReplenished>()),
        _ => null,
    };

    private string Accepted(in OrderAccepted order)
    {
        var text = new StringBuilder($"{Name(order.OrderId)} {world.NameOf(order.Account)} {Verb(order.Side)} ");
        text.Append(order.Quantity.Lots == 0 ? $"for {order.QuoteBudget.Units}" : order.Quantity.Lots.ToString());
        if (OrderRules.Waits(order.Type))
        {
            text.Append(order.Type is OrderType.Stop or OrderType.StopLimit ? " at stop " : " at take-profit ");
            text.Append(order.StopPrice.Ticks);
        }

        text.Append(OrderRules.HasLimit(order.Type) ? $" @ {order.Price.Ticks}" : $" at market to {order.Price.Ticks}");
        text.Append(order.TimeInForce switch
        {
            TimeInForce.GoodTillDate => $" for {Duration(order.ExpiresAt - _now)}",
            TimeInForce.ImmediateOrCancel when order.Type != OrderType.Market => " ioc",
            TimeInForce.FillOrKill => " fok",
            _ => string.Empty,
        });
        text.Append((order.Flags & 1) != 0 ? " post-only" : string.Empty);
        text.Append(order.DisplayQuantity.Lots != 0 ? $" showing {order.DisplayQuantity.Lots}" : string.Empty);
        text.Append(order.ClientOrderId != 0 ? $" as client {order.ClientOrderId}" : string.Empty);
        var asset = world.HeldBy(new InstrumentId(order.Header.Stream), order.Side);
        text.Append($"; {order.Hold.Units} {asset} held, {order.Available.Units} left");
        return text.ToString();
    }

    private string Rejected(in CommandRejected rejected)
    {
        var who = rejected.Account.Value == 0 ? world.NameOf(rejected.User) : world.NameOf(rejected.Account);
        var receipt = rejected.Code switch
        {
            RejectCode.InvalidExpiry => $", {Duration((long)rejected.Actual - _now)} from now",
            _ when rejected.Actual == 0 && rejected.Limit == 0 => string.Empty,
            _ => $", {rejected.Actual} against {rejected.Limit}",
        };
        return $"{who} {rejected.Kind} rejected: {rejected.Code}{receipt}";
    }

    private string Trade(in TradeExecuted trade)
    {
        var taker = $"{world.NameOf(trade.Taker)} {Name(trade.TakerOrderId)}";
        var maker = $"{world.NameOf(trade.Maker)} {Name(trade.MakerOrderId)}";
        var verb = trade.TakerSide == Side.Buy ? "buys from" : "sells to";
        return $"trade {trade.Quantity.Lots} @ {trade.Price.Ticks}: {taker} {verb} {maker}"
            + Fee("taker", trade.TakerFee) + Fee("maker", trade.MakerFee);
    }

    private static string Fee(string who, Amount fee) => fee.Units switch
    {
        _ when fee.Units > 0 => $"; {who} pays {fee.Units}",
        _ when fee.Units < 0 => $"; {who} gets {-fee.Units}",
        _ => string.Empty,
    };

    private string Cancelled(in OrderCancelled order)
    {
        var asset = world.HeldBy(new InstrumentId(order.Header.Stream), order.Side);
        return $"{Name(order.OrderId)} {world.NameOf(order.Account)} cancelled ({order.Reason}): "
            + $"{order.Remaining.Lots} open, {order.Released.Units} {asset} released";
    }

    private string Changed(string verb, in OrderChanged order)
    {
        var asset = world.HeldBy(new InstrumentId(order.Header.Stream), order.Side);
        return $"{Name(order.OrderId)} {world.NameOf(order.Account)} {verb}: "
            + $"{order.Quantity.Lots} @ {order.Price.Ticks}, {order.Remaining.Lots} open; "
            + $"{order.Hold.Units} {asset} held, {order.Available.Units} left";
    }

    private string Triggered(in OrderTriggered order) =>
        $"{Name(order.OrderId)} {world.NameOf(order.Account)} triggered: stop {order.StopPrice.Ticks}, "
        + $"last {order.LastPrice.Ticks}";

    private static string Prevented(in SelfTradePrevented prevented)
    {
        var lots = prevented.Quantity.Lots == 0 ? string.Empty : $", both lose {prevented.Quantity.Lots}";
        return $"self-trade prevented @ {prevented.Price.Ticks}: {Name(prevented.TakerOrderId)} meets "
            + $"{Name(prevented.MakerOrderId)}{lots}";
    }

    private string Replenished(in OrderReplenished order) =>
        $"{Name(order.OrderId)} {world.NameOf(order.Account)} shows {order.Visible.Lots} more";

    private static string? MarketLine(EventEnvelope happened)
    {
        switch (happened.Kind)
        {
            case EventKind.BookDelta:
                ref readonly var delta = ref happened.As<BookDelta>();
                return $"level {delta.Side} {delta.Price.Ticks}: {delta.Quantity.Lots} in {delta.Orders}";
            case EventKind.ModeChanged:
                ref readonly var mode = ref happened.As<ModeChanged>();
                var reason = mode.Reason == 0 ? string.Empty : $", reason {mode.Reason}";
                return $"mode {mode.To} after {mode.From} ({mode.Cause}{reason})";
            case EventKind.ReferencePriceChanged:
                ref readonly var reference = ref happened.As<ReferencePriceChanged>();
                return $"reference {reference.Price.Ticks} ({reference.Cause})";
            case EventKind.AuctionUncrossed:
                ref readonly var auction = ref happened.As<AuctionUncrossed>();
                return $"auction @ {auction.Price.Ticks}: {auction.Volume.Lots} lots, surplus {auction.Surplus}";
            case EventKind.InstrumentCreated:
                ref readonly var created = ref happened.As<InstrumentCreated>();
                return $"instrument {created.Header.Stream} created in mode {created.Mode}, digits "
                    + $"{created.BaseScale} of base and {created.QuoteScale} of quote";
            default:
                return null;
        }
    }

    private string StaffLine(EventEnvelope happened)
    {
        switch (happened.Kind)
        {
            case EventKind.AssetCreated:
                ref readonly var asset = ref happened.As<AssetCreated>();
                return $"asset {asset.Asset.Value} created with {asset.Scale} digits";
            case EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted:
                ref readonly var balance = ref happened.As<BalanceChanged>();
                var sign = balance.Amount.Units > 0 ? "+" : string.Empty;
                return $"{world.NameOf(balance.Account)} {sign}{balance.Amount.Units} {world.NameOf(balance.Asset)} "
                    + $"({happened.Kind}), {balance.Available.Units} available";
            case EventKind.Administered:
                ref readonly var done = ref happened.As<Administered>();
                return $"{world.NameOf(done.User)} {done.Kind} done, id {done.Id}";
            case EventKind.TimerFired:
                ref readonly var timer = ref happened.As<TimerFired>();
                return $"timer {timer.Kind} of {Watched(timer)}";
            case EventKind.Checkpoint:
                return "checkpoint";
            default:
                return happened.Kind.ToString();
        }
    }

    private string Watched(in TimerFired timer) => timer.Kind switch
    {
        TimerKind.OrderExpiry => Name(new OrderId(timer.Id)),
        TimerKind.DeadMan => world.NameOf(new AccountId((uint)timer.Id)),
        TimerKind.SessionGrace => $"session {timer.Id}",
        _ => world.NameOf(new InstrumentId((uint)timer.Id)),
    };

    private static string Name(OrderId order) => $"#{order.Count}";

    private static string Verb(Side side) => side == Side.Buy ? "buys" : "sells";
}
