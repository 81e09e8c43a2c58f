using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>
/// Writes the report of a matching stream from events alone: what the machine did not tell is not in it. The sender's
/// sequence and id are in the commands' correlation.
/// </summary>
public sealed class MatchingReport
{
    private const int Accepted = 0;
    private const int Filled = 1;
    private const int Cancelled = 2;
    private const int Modified = 3;
    private const int CancelRejected = 4;
    private const int ModifyRejected = 5;

    // By the exchange's id, and the last order of each of the sender's ids.
    private readonly Dictionary<ulong, SentOrder> _orders = [];
    private readonly Dictionary<ulong, SentOrder> _ofSender = [];

    // A modify is told after its fills, though it happens before them.
    private (ulong Sequence, OrderChanged Event, bool IsDue) _modified;

    /// <summary>The report so far.</summary>
    public ReportText Text { get; } = new();

    /// <summary>Trades so far.</summary>
    public long Fills { get; private set; }

    internal bool TryFind(ulong senderId, out SentOrder? order) => _ofSender.TryGetValue(senderId, out order);

    /// <summary>Takes the next event.</summary>
    public void Tell(in EventEnvelope envelope)
    {
        var sequence = (ulong)(envelope.CorrelationId >> 64);
        var senderId = (ulong)(envelope.CorrelationId & ulong.MaxValue);
        if (_modified.IsDue && _modified.Sequence != sequence)
        {
            TellModified();
        }

        switch (envelope.Kind)
        {
            case EventKind.OrderAccepted:
                TellAccepted(sequence, senderId, in envelope.As<OrderAccepted>());
                break;
            case EventKind.TradeExecuted:
                TellFill(sequence, in envelope.As<TradeExecuted>());
                break;
            case EventKind.OrderCancelled:
                ref readonly var cancelled = ref envelope.As<OrderCancelled>();
                Text.Add(
                    sequence, Cancelled, (long)cancelled.Side, SenderIdOf(cancelled.OrderId), cancelled.Price.Ticks);
                break;
            case EventKind.OrderReplaced:
                TellModified();
                _modified = (sequence, envelope.As<OrderChanged>(), true);
                break;
            case EventKind.OrderRejected:
                TellRejected(sequence, senderId, in envelope.As<CommandRejected>());
                break;
        }
    }

    private void TellAccepted(ulong sequence, ulong senderId, in OrderAccepted accepted)
    {
        var order = new SentOrder { Id = accepted.OrderId, SenderId = senderId, Side = accepted.Side };
        _ofSender[senderId] = order;
        _orders[accepted.OrderId.Value] = order;
        Text.Add(
            sequence,
            Accepted,
            (long)accepted.Side,
            SenderIdOf(accepted.OrderId),
            accepted.Price.Ticks,
            accepted.Quantity.Lots);
    }

    private void TellFill(ulong sequence, in TradeExecuted trade)
    {
        Fills++;
        OrderOf(trade.MakerOrderId).Executed += trade.Quantity.Lots;
        OrderOf(trade.TakerOrderId).Executed += trade.Quantity.Lots;
        Text.Add(
            sequence,
            Filled,
            trade.Price.Ticks,
            trade.Quantity.Lots,
            SenderIdOf(trade.MakerOrderId),
            SenderIdOf(trade.TakerOrderId));
    }

    private void TellRejected(ulong sequence, ulong senderId, in CommandRejected rejected)
    {
        if (rejected.Code != RejectCode.UnknownOrder)
        {
            throw new InputException(
                $"sequence {sequence}, order {senderId}: {rejected.Kind} is refused with {rejected.Code} "
                + $"({rejected.Actual} against {rejected.Limit}), which the format cannot tell.");
        }

        Text.Add(
            sequence, rejected.Kind == CommandKind.CancelOrder ? CancelRejected : ModifyRejected, (long)senderId);
    }

    /// <summary>Takes the end of an entry: nothing more belongs to a modify.</summary>
    public void TellModified()
    {
        if (!_modified.IsDue)
        {
            return;
        }

        ref readonly var changed = ref _modified.Event;
        Text.Add(
            _modified.Sequence,
            Modified,
            (long)changed.Side,
            SenderIdOf(changed.OrderId),
            changed.Price.Ticks,
            changed.Remaining.Lots);
        _modified.IsDue = false;
    }

    private long SenderIdOf(OrderId id) => (long)OrderOf(id).SenderId;

    private SentOrder OrderOf(OrderId id) => _orders[id.Value];
}

/// <summary>What the sender of a stream would know of an order.</summary>
internal sealed class SentOrder
{
    public OrderId Id;
    public ulong SenderId;
    public Side Side;
    public long Executed;
}
