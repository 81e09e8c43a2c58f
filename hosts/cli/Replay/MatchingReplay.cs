using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>
/// Replays a matching stream through commands and writes its report from the events alone: what the machine did not
/// tell is not in it. The sender's sequence and id travel as the command's correlation.
/// </summary>
public sealed class MatchingReplay(ReplayMachine machine)
{
    private const int Accepted = 0;
    private const int Filled = 1;
    private const int Cancelled = 2;
    private const int Modified = 3;
    private const int CancelRejected = 4;
    private const int ModifyRejected = 5;

    // By acceptance, which order ids count; and the last order of each of the sender's ids.
    private readonly List<SentOrder> _orders = [];
    private readonly Dictionary<ulong, int> _ofSender = [];
    private readonly HashSet<ulong> _gathered = [];

    // A modify is told after its fills, though it happens before them.
    private (ulong Sequence, OrderChanged Event, bool IsDue) _modified;
    private int _messages;

    /// <summary>The report so far.</summary>
    public ReportText Report { get; } = new();

    /// <summary>Nanoseconds a message that the machine took.</summary>
    public double NanosecondsPerMessage => _messages == 0 ? 0 : machine.Nanoseconds / _messages;

    /// <summary>Replays messages; to be called once.</summary>
    /// <exception cref="InputException">The machine refuses a message with a code the format does not know.</exception>
    public void Run(ReadOnlySpan<MatchingMessage> messages)
    {
        foreach (ref readonly var message in messages)
        {
            Send(in message, _messages++);
        }

        Apply();
    }

    private void Send(in MatchingMessage message, int place)
    {
        Check(in message, place);

        // An id that is not known yet, and what was executed so far, are known after the entry.
        if (machine.IsFull || message.Kind == MatchingKind.Modify || _gathered.Contains(message.OrderId))
        {
            Apply();
        }

        var correlation = new UInt128(message.Sequence, message.OrderId);
        if (message.Kind == MatchingKind.New)
        {
            _gathered.Add(message.OrderId);
            ref var order = ref machine.Trade<PlaceOrder>(CommandKind.PlaceOrder, message.Side, correlation);
            order.Side = message.Side;
            order.Price = new Price(message.Price);
            order.Quantity = new Quantity(message.Quantity);
            order.TimeInForce = message.ImmediateOrCancel != 0
                ? TimeInForce.ImmediateOrCancel
                : TimeInForce.GoodTillCancel;
            return;
        }

        var sent = _ofSender.TryGetValue(message.OrderId, out var known)
            ? _orders[known]
            : new SentOrder { Id = ReplayMachine.NoOrder };
        if (message.Kind == MatchingKind.Cancel)
        {
            machine.Trade<CancelOrder>(CommandKind.CancelOrder, sent.Side, correlation).OrderId = sent.Id;
            return;
        }

        ref var replace = ref machine.Trade<ReplaceOrder>(CommandKind.ReplaceOrder, sent.Side, correlation);
        replace.OrderId = sent.Id;
        replace.Price = new Price(message.Price);
        replace.Quantity = new Quantity(sent.Executed + message.Quantity);
    }

    private static void Check(in MatchingMessage message, int place)
    {
        if (message.Kind == MatchingKind.Cancel)
        {
            return;
        }

        if (message.Quantity == 0 || message.Price is < 1 or > Price.Max)
        {
            throw new InputException(
                $"message {place} (sequence {message.Sequence}): price {message.Price}, quantity {message.Quantity}; "
                + $"prices are 1 to {Price.Max}, quantities at least 1.");
        }
    }

    private void Apply()
    {
        if (machine.Gathered == 0)
        {
            return;
        }

        machine.Apply();
        _gathered.Clear();
        var reader = new EventReader(machine.Events);
        while (reader.TryRead(out var envelope))
        {
            Tell(in envelope);
        }

        TellModified();
    }

    private void Tell(in EventEnvelope envelope)
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
                Report.Add(
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
        _ofSender[senderId] = _orders.Count;
        _orders.Add(new SentOrder { Id = accepted.OrderId, SenderId = senderId, Side = accepted.Side });
        Report.Add(
            sequence,
            Accepted,
            (long)accepted.Side,
            SenderIdOf(accepted.OrderId),
            accepted.Price.Ticks,
            accepted.Quantity.Lots);
    }

    private void TellFill(ulong sequence, in TradeExecuted trade)
    {
        OrderOf(trade.MakerOrderId).Executed += trade.Quantity.Lots;
        OrderOf(trade.TakerOrderId).Executed += trade.Quantity.Lots;
        Report.Add(
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

        Report.Add(
            sequence, rejected.Kind == CommandKind.CancelOrder ? CancelRejected : ModifyRejected, (long)senderId);
    }

    private void TellModified()
    {
        if (!_modified.IsDue)
        {
            return;
        }

        ref readonly var changed = ref _modified.Event;
        Report.Add(
            _modified.Sequence,
            Modified,
            (long)changed.Side,
            SenderIdOf(changed.OrderId),
            changed.Price.Ticks,
            changed.Remaining.Lots);
        _modified.IsDue = false;
    }

    private long SenderIdOf(OrderId id) => (long)OrderOf(id).SenderId;

    private SentOrder OrderOf(OrderId id) => _orders[(int)id.Count - 1];
}

/// <summary>What the sender of a stream would know of an order.</summary>
internal sealed class SentOrder
{
    public OrderId Id;
    public ulong SenderId;
    public Side Side;
    public long Executed;
}
