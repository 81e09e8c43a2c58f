using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>
/// Replays a matching stream through commands and writes its report from the events. The sender's sequence and id
/// travel as the command's correlation.
/// </summary>
public sealed class MatchingReplay(ReplayMachine machine)
{
    private readonly MatchingReport _report = new();
    private readonly HashSet<ulong> _gathered = [];
    private int _messages;

    /// <summary>The report so far.</summary>
    public ReportText Report => _report.Text;

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

        var sent = _report.TryFind(message.OrderId, out var known)
            ? known!
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

    /// <summary>Refuses what no command could say.</summary>
    public static void Check(in MatchingMessage message, int place)
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
            _report.Tell(in envelope);
        }

        _report.TellModified();
    }
}
