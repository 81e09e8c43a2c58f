using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Turns steps into orders and changes of orders.</summary>
internal sealed class OrderActions(ObservedWorld world)
{
    private static readonly long[] _zigzag =
        [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8, 10, -10, 12, -12];

    private static readonly long[] _lifetimes = [1_000_000, 20_000_000, 300_000_000, 1_000_000_000, 10_000_000_000];
    private static readonly int[] _hotFirst = [0, 0, 0, 0, 0, 1, 1, 2];

    private static readonly OrderType[] _types =
    [
        OrderType.Limit, OrderType.Limit, OrderType.Limit, OrderType.Limit, OrderType.Limit, OrderType.Limit,
        OrderType.Limit, OrderType.Limit, OrderType.Limit, OrderType.Limit, OrderType.Market, OrderType.Market,
        OrderType.Stop, OrderType.StopLimit, OrderType.TakeProfit, OrderType.TakeProfitLimit,
    ];

    private static readonly TimeInForce[] _lives =
    [
        TimeInForce.GoodTillCancel, TimeInForce.GoodTillCancel, TimeInForce.GoodTillCancel, TimeInForce.GoodTillCancel,
        TimeInForce.GoodTillDate, TimeInForce.ImmediateOrCancel, TimeInForce.FillOrKill,
    ];

    private static readonly SelfTradePrevention[] _preventions =
    [
        SelfTradePrevention.None, SelfTradePrevention.None, SelfTradePrevention.None, SelfTradePrevention.ExpireTaker,
        SelfTradePrevention.ExpireMaker, SelfTradePrevention.ExpireBoth, SelfTradePrevention.Decrement,
    ];

    /// <summary>An order near the middle; now and then one that is wrong in one field.</summary>
    public Command Place(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var instrument = Instrument(ref who);
        var account = Account(ref who);
        var shape = new Digits(step.Shape);
        var side = (Side)shape.Next(2);
        var type = shape.Pick<OrderType>(_types);
        var command = Commands.Limit(account, instrument.Id, side, 0, Quantity(step.Size, out var size));
        ref var order = ref command.As<PlaceOrder>();
        order.Type = type;
        order.TimeInForce = shape.Pick<TimeInForce>(_lives);
        order.SelfTradePrevention = shape.Pick<SelfTradePrevention>(_preventions);
        order.Flags = shape.OnceIn(6) ? PlaceOrder.PostOnlyFlag : (byte)0;
        if (!shape.OnceIn(12))
        {
            MakeFit(ref order);
        }

        order.Price = new Price(OrderRules.HasLimit(type) ? LimitPrice(instrument, side, step.Price) : 0);
        order.StopPrice = new Price(OrderRules.Waits(type) ? StopPrice(instrument, type, side, step.Price) : 0);
        if (OrderRules.MayRest(type, order.TimeInForce) && shape.OnceIn(4))
        {
            var parts = shape.OnceIn(8) ? PlaceOrder.IcebergPartsMax : 2 + size.Next(4);
            order.DisplayQuantity = new Quantity(Math.Max(1, order.Quantity.Lots / parts));
        }

        if (order.TimeInForce == TimeInForce.GoodTillDate)
        {
            order.ExpiresAt = world.Now + size.Pick<long>(_lifetimes);
        }

        if (shape.OnceIn(3))
        {
            order.ClientOrderId = ClientOrderId(ref size);
        }

        if (type == OrderType.Market && shape.OnceIn(3))
        {
            ByBudget(ref order, instrument, ref size);
        }

        if (shape.OnceIn(16))
        {
            MakeWrong(ref order, ref size);
        }

        return command;
    }

    /// <summary>A lot of small orders that end at the same time.</summary>
    public IEnumerable<Command> Burst(WorkloadStep step)
    {
        var count = 1 + (step.Size % 90);
        var ends = world.Now + (step.Price % 100_000_000) + 1;
        for (var i = 0; i < count; i++)
        {
            var command = Place(step with { Shape = step.Shape & 1, Price = i, Size = i });
            command.As<PlaceOrder>().TimeInForce = TimeInForce.GoodTillDate;
            command.As<PlaceOrder>().ExpiresAt = ends + (i % 3);
            command.As<PlaceOrder>().ClientOrderId = step.Identity % 2 == 0 ? 0 : 1_000_000 + world.Keys + (UInt128)i;
            yield return command;
        }
    }

    public Command Cancel(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var (account, instrument, order, clientOrderId) = Target(step, ref shape);
        var command = Commands.Cancel(account, instrument, order);
        command.As<CancelOrder>().ClientOrderId = clientOrderId;
        return command;
    }

    public Command Amend(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var (account, instrument, order, clientOrderId) = Target(step, ref shape);
        var live = Live(step.Size);
        var total = live?.Total ?? 5;
        var executed = total - (live?.Open ?? 5);
        var quantity = shape.Next(12) switch
        {
            0 or 1 or 2 => total - 1,
            3 or 4 => executed + 1,
            5 or 6 => executed + Math.Max(1, (total - executed) / 2),
            7 => total,
            8 => executed,
            9 => total + 1,
            10 => 0,
            _ => shape.Pick<long>([-1, Contracts.Trading.Quantity.Max + 1]),
        };
        var command = Commands.Amend(account, instrument, order, quantity);
        command.As<AmendOrder>().ClientOrderId = clientOrderId;
        return command;
    }

    public Command Replace(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var replaceable = LimitFrom(step.Size);
        var (account, instrument, order, clientOrderId) = Target(step with { Size = replaceable }, ref shape);
        var live = Live(replaceable);
        var price = live is null || shape.OnceIn(3) ? 0 : LimitPrice(Of(live.Instrument), live.Side, step.Price);
        var executed = live is null ? 0 : live.Total - live.Open;
        var quantity = shape.Next(12) switch
        {
            0 or 1 or 2 or 3 => 0,
            4 or 5 or 6 => executed + 1 + shape.Next(20),
            7 or 8 => (live?.Total ?? 1) + shape.Next(9),
            9 => executed,
            10 => executed + 100_000,
            _ => shape.Pick<long>([-1, Contracts.Trading.Quantity.Max + 1, Contracts.Trading.Quantity.Max]),
        };
        if (live is { Display: > 0 } && shape.OnceIn(4))
        {
            quantity = executed + (live.Display * PlaceOrder.IcebergPartsMax) + shape.Next(2);
        }

        var command = Commands.Replace(account, instrument, order, price, quantity);
        command.As<ReplaceOrder>().ClientOrderId = clientOrderId;
        return command;
    }

    public Command CancelAll(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var instrument = Instrument(ref who).Id;
        var account = Account(ref who);
        return (step.Shape % 8) switch
        {
            0 or 1 or 2 => Commands.CancelAll(account, instrument),
            3 or 4 => Commands.CancelAll(account),
            5 or 6 => Commands.CancelAll(default, instrument),
            _ => step.Size % 2 == 0 ? Commands.CancelAll() : Commands.CancelAll(account, new InstrumentId(99)),
        };
    }

    public Command DeadMan(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        long[] timeouts =
            [50_000_000, 200_000_000, 2_000_000_000, 30_000_000_000, 0, -1, SetDeadManSwitch.TimeoutMax + 1];
        Instrument(ref who);
        return Commands.SetDeadManSwitch(Account(ref who), timeouts[step.Shape % timeouts.Length]);
    }

    public AccountId Account(ref Digits who)
    {
        // The accounts after the house's own, the first few more often.
        var hot = who.Next(10) switch
        {
            < 3 => 0,
            < 5 => 1,
            < 7 => 2,
            _ => who.Next(64),
        };
        var count = world.Accounts.Count - 1;
        return count == 0 ? AccountId.House : world.Accounts[1 + (hot % count)].Id;
    }

    public ObservedInstrument Instrument(ref Digits who) =>
        world.Instruments[Math.Min(who.Pick<int>(_hotFirst), world.Instruments.Count - 1)];

    private ObservedInstrument Of(InstrumentId id) => world.Instruments[(int)id.Value - 1];

    private ObservedOrder? Live(int size) =>
        world.Orders.Count == 0 ? null : ObservedWorld.Recent(world.Orders, size);

    // Mostly a choice that meets a limit order, which alone can be replaced.
    private int LimitFrom(int size)
    {
        for (var i = 0; i < world.Orders.Count && size % 8 < 6; i++)
        {
            if (Live((size & 0xFFFFFFF) + i)!.Type == OrderType.Limit)
            {
                return (size & 0xFFFFFFF) + i;
            }
        }

        return size;
    }

    // Which order a change names: mostly a live one by its owner; else a finished, a foreign or an unknown one.
    private (AccountId Account, InstrumentId Instrument, OrderId Order, UInt128 ClientOrderId) Target(
        in WorkloadStep step, ref Digits shape)
    {
        var who = new Digits(step.Who);
        var otherInstrument = Instrument(ref who).Id;
        var otherAccount = Account(ref who);
        if (Live(step.Size) is not { } live)
        {
            return (otherAccount, otherInstrument, OrderId.Of(1, 0), default);
        }

        return shape.Next(24) switch
        {
            < 12 => (live.Account, live.Instrument, live.Id, default),
            < 19 when live.ClientOrderId != default => (live.Account, live.Instrument, default, live.ClientOrderId),
            < 19 => (live.Account, live.Instrument, live.Id, default),
            19 => (live.Account, live.Instrument, world.DeadOrders.LastOrDefault(live.Id), default),
            20 => (otherAccount, live.Instrument, live.Id, default),
            21 => (live.Account, otherInstrument, live.Id, default),
            22 => (live.Account, live.Instrument, default, 1 + (UInt128)shape.Next(16)),
            _ => (live.Account, live.Instrument, OrderId.Of(live.Id.Count + 1, live.Id.Slot), default),
        };
    }

    // Most orders have a life and flags that their type takes.
    private static void MakeFit(ref PlaceOrder order)
    {
        if (order.Type == OrderType.Market)
        {
            order.TimeInForce |= TimeInForce.ImmediateOrCancel;
        }
        else if (!OrderRules.Allows(order.Type, order.TimeInForce))
        {
            order.TimeInForce = TimeInForce.GoodTillCancel;
        }

        if (!OrderRules.MayRest(order.Type, order.TimeInForce))
        {
            order.Flags = 0;
        }
    }

    private static long Quantity(int size, out Digits rest)
    {
        rest = new Digits(size);
        long quantity = 1 + rest.Next(12);
        return rest.Next(48) switch
        {
            < 36 => quantity,
            < 45 => quantity * 10,
            45 => quantity * 1_000,
            46 => rest.Pick<long>([1L << 33, Contracts.Trading.Quantity.Max]),
            _ => rest.Pick<long>([0, -1, Contracts.Trading.Quantity.Max + 1, long.MaxValue, long.MinValue]),
        };
    }

    private long LimitPrice(ObservedInstrument instrument, Side side, int step)
    {
        var digits = new Digits(step);
        var offset = _zigzag[digits.Next(_zigzag.Length)] - 1;
        var toward = side == Side.Buy ? 1 : -1;
        var middle = instrument.Middle;
        var band = (long)instrument.Policy.BandBasisPoints * instrument.ReferencePrice / InstrumentPolicy.BasisPoints;
        return digits.Next(32) switch
        {
            < 25 => middle + (toward * offset),
            25 or 26 => middle + (toward * middle / 20),
            27 => middle - (toward * middle / 3),
            28 => instrument.ReferencePrice + band,
            29 => instrument.ReferencePrice + band + 1,
            30 => instrument.ReferencePrice - band - digits.Next(2),
            _ => digits.Pick<long>([0, -1, Price.Max, Price.Max + 1, 1, long.MaxValue]),
        };
    }

    private static long StopPrice(ObservedInstrument instrument, OrderType type, Side side, int step)
    {
        var digits = new Digits(step);
        long distance = 1 + digits.Next(10);
        var last = instrument.LastPrice == 0 ? instrument.Home : instrument.LastPrice;
        var rise = OrderRules.TriggersOnRise(type, side);
        return digits.Next(24) switch
        {
            < 20 => rise ? last + distance : last - distance,
            20 => last,
            21 => rise ? last - distance : last + distance,
            22 => rise ? last + (last / 8) : last - (last / 8),
            _ => digits.Pick<long>([0, -1, Price.Max + 1]),
        };
    }

    // Few enough that they clash while orders live, and are free again later.
    private static UInt128 ClientOrderId(ref Digits digits) => digits.Next(5) == 0
        ? 1 + (UInt128)digits.Next(16)
        : UInt128.One << 64 | (uint)digits.Next(4096);

    private static void ByBudget(ref PlaceOrder order, ObservedInstrument instrument, ref Digits digits)
    {
        // Half of the budgets come out even at the best price.
        var best = order.Side == Side.Buy
            ? instrument.Asks.Keys.FirstOrDefault()
            : instrument.Bids.Keys.LastOrDefault();
        var price = best == 0 || digits.Next(2) == 1 ? instrument.Middle + digits.Next(3) : best;
        order.QuoteBudget = new Amount((Int128)price * digits.Pick<long>([1, 3, 10, 40]) * instrument.NotionalUnits);
        if (digits.Next(8) != 7)
        {
            order.Quantity = default;
        }

        if (digits.OnceIn(16))
        {
            order.QuoteBudget = new Amount(digits.Pick<Int128>([-1, Amount.Max.Units + 1, Amount.Max.Units, 1]));
        }
    }

    private void MakeWrong(ref PlaceOrder order, ref Digits digits)
    {
        switch (digits.Next(8))
        {
            case 0:
                order.DisplayQuantity = new Quantity(digits.Pick<long>([-1, order.Quantity.Lots, 1L << 41]));
                break;
            case 1:
                order.ExpiresAt = world.Now - digits.Next(3);
                break;
            case 2:
                order.StopPrice = new Price(1_000);
                break;
            case 3:
                order.QuoteBudget = new Amount(1_000);
                break;
            case 4:
                order.Price = order.Price.Ticks == 0 ? new Price(1_000) : default;
                break;
            case 5:
                order.Quantity = default;
                break;
            case 6:
                order.Flags = PlaceOrder.PostOnlyFlag;
                break;
            default:
                order.ExpiresAt = 0;
                break;
        }
    }
}
