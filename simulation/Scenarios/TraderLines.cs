using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>Reads the lines of traders: orders, cancels, changes, sessions.</summary>
internal sealed class TraderLines(ScenarioWorld world, Func<ulong, OrderId> orderOf)
{
    /// <summary>The command of a line, up to the words about identity; null where the line is not a trader's.</summary>
    /// <param name="words">The line.</param>
    /// <param name="now">Log time at which it will be applied.</param>
    public Command? Read(Words words, long now)
    {
        if (world.IsAccount(words.Peek))
        {
            return Order(words, now);
        }

        switch (words.Peek)
        {
            case "test":
                words.Take();
                return Commands.Test(Order(words, now));
            case "cancel":
                words.Take();
                return Cancel(words);
            case "amend":
                words.Take();
                return Amend(words);
            case "replace":
                words.Take();
                return Replace(words);
            case "cancel-all":
                words.Take();
                return CancelAll(words);
            case "dead-man":
                words.Take();
                return Commands.SetDeadManSwitch(world.Account(words.Take()), words.Duration());
            default:
                return null;
        }
    }

    // alice [market|stop|take-profit] buys|sells (5 | budget 500) [@ 100] [stop 95] [limit 94] {option}
    private Command Order(Words words, long now)
    {
        var command = Command.Of<PlaceOrder>(
            CommandKind.PlaceOrder, world.Account(words.Take()), ScenarioWorld.MainInstrument);
        ref var order = ref command.As<PlaceOrder>();
        var isMarket = words.TakeIf("market");
        var isStop = words.TakeIf("stop");
        var isTakeProfit = words.TakeIf("take-profit");
        order.Side = SideOf(words);
        order.TimeInForce = isMarket ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel;
        if (words.TakeIf("budget"))
        {
            order.QuoteBudget = new Amount(words.Number());
        }
        else
        {
            order.Quantity = new Quantity((long)words.Number());
        }

        var hasLimit = false;
        while (true)
        {
            if (words.TakeIf("stop"))
            {
                order.StopPrice = new Price((long)words.Number());
            }
            else if (words.TakeIf("@") || words.TakeIf("limit"))
            {
                order.Price = new Price((long)words.Number());
                hasLimit = true;
            }
            else if (!TakeOption(words, ref command.As<PlaceOrder>(), now))
            {
                break;
            }
        }

        order.Type = (isMarket, isStop, isTakeProfit, hasLimit) switch
        {
            (true, _, _, _) => OrderType.Market,
            (_, true, _, false) => OrderType.Stop,
            (_, true, _, true) => OrderType.StopLimit,
            (_, _, true, false) => OrderType.TakeProfit,
            (_, _, true, true) => OrderType.TakeProfitLimit,
            _ => OrderType.Limit,
        };
        if (words.TakeIf("on"))
        {
            command.Header.Instrument = world.Instrument(words.Take());
        }

        return command;
    }

    private static bool TakeOption(Words words, ref PlaceOrder order, long now)
    {
        switch (words.Peek)
        {
            case "gtc" or "ioc" or "fok" or "gtd":
                order.TimeInForce = words.Take() switch
                {
                    "gtc" => TimeInForce.GoodTillCancel,
                    "ioc" => TimeInForce.ImmediateOrCancel,
                    "fok" => TimeInForce.FillOrKill,
                    _ => TimeInForce.GoodTillDate,
                };
                if (order.TimeInForce == TimeInForce.GoodTillDate)
                {
                    order.ExpiresAt = now + words.Duration();
                }

                return true;
            case "post-only":
                words.Take();
                order.Flags = PlaceOrder.PostOnlyFlag;
                return true;
            case "show":
                words.Take();
                order.DisplayQuantity = new Quantity((long)words.Number());
                return true;
            case "client":
                words.Take();
                order.ClientOrderId = (UInt128)words.Number();
                return true;
            case "until":
                words.Take();
                order.ExpiresAt = now + words.Duration();
                return true;
            case "prevent":
                words.Take();
                order.SelfTradePrevention = words.Name<SelfTradePrevention>();
                return true;
            default:
                return false;
        }
    }

    private static Side SideOf(Words words)
    {
        var word = words.Take();
        return word switch
        {
            "buys" => Side.Buy,
            "sells" => Side.Sell,
            _ => throw words.Wrong($"'{word}' is neither 'buys' nor 'sells'"),
        };
    }

    // cancel alice #1 | cancel alice client 7
    private Command Cancel(Words words)
    {
        var command = Commands.Cancel(world.Account(words.Take()), ScenarioWorld.MainInstrument, default);
        (command.As<CancelOrder>().OrderId, command.As<CancelOrder>().ClientOrderId) = Target(words);
        return On(words, command);
    }

    // amend alice #1 to 3
    private Command Amend(Words words)
    {
        var command = Commands.Amend(world.Account(words.Take()), ScenarioWorld.MainInstrument, default, quantity: 0);
        ref var amend = ref command.As<AmendOrder>();
        (amend.OrderId, amend.ClientOrderId) = Target(words);
        words.Expect("to");
        amend.Quantity = new Quantity((long)words.Number());
        return On(words, command);
    }

    // replace alice #1 [@ 101] [x 4]
    private Command Replace(Words words)
    {
        var command = Commands.Replace(world.Account(words.Take()), ScenarioWorld.MainInstrument, default);
        ref var replace = ref command.As<ReplaceOrder>();
        (replace.OrderId, replace.ClientOrderId) = Target(words);
        if (words.TakeIf("@"))
        {
            replace.Price = new Price((long)words.Number());
        }

        if (words.TakeIf("x"))
        {
            replace.Quantity = new Quantity((long)words.Number());
        }

        return On(words, command);
    }

    // cancel-all alice [BTC-KRW] | cancel-all BTC-KRW
    private Command CancelAll(Words words)
    {
        var account = world.IsAccount(words.Peek) ? world.Account(words.Take()) : default;
        var instrument = world.IsInstrument(words.Peek) ? world.Instrument(words.Take()) : default;
        return Commands.CancelAll(account, instrument);
    }

    private (OrderId Order, UInt128 ClientOrderId) Target(Words words)
    {
        if (words.TakeIf("client"))
        {
            return (default, (UInt128)words.Number());
        }

        var word = words.Take();
        return word.StartsWith('#') && ulong.TryParse(word[1..], out var count)
            ? (orderOf(count), default)
            : throw words.Wrong($"'{word}' is not an order");
    }

    private Command On(Words words, Command command)
    {
        if (words.TakeIf("on"))
        {
            command.Header.Instrument = world.Instrument(words.Take());
        }

        return command;
    }
}
