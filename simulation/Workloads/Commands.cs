using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>The trader's commands as bytes. User and identity come from <see cref="ClientIdentity"/>.</summary>
public static class Commands
{
    public static Command Limit(
        AccountId account,
        InstrumentId instrument,
        Side side,
        long price,
        long quantity,
        TimeInForce timeInForce = TimeInForce.GoodTillCancel,
        bool postOnly = false,
        long display = 0,
        long expiresAt = 0,
        SelfTradePrevention prevention = SelfTradePrevention.None,
        UInt128 clientOrderId = default)
    {
        var command = Order(
            account, instrument, side, OrderType.Limit, timeInForce, quantity, prevention, clientOrderId);
        ref var order = ref command.As<PlaceOrder>();
        order.Price = new Price(price);
        order.DisplayQuantity = new Quantity(display);
        order.ExpiresAt = expiresAt;
        order.Flags = postOnly ? PlaceOrder.PostOnlyFlag : (byte)0;
        return command;
    }

    public static Command Market(
        AccountId account,
        InstrumentId instrument,
        Side side,
        long quantity,
        TimeInForce timeInForce = TimeInForce.ImmediateOrCancel,
        SelfTradePrevention prevention = SelfTradePrevention.None,
        UInt128 clientOrderId = default) =>
        Order(account, instrument, side, OrderType.Market, timeInForce, quantity, prevention, clientOrderId);

    /// <summary>A market order for so many quote minor units, fees on top.</summary>
    public static Command MarketByBudget(
        AccountId account,
        InstrumentId instrument,
        Side side,
        Int128 budget,
        SelfTradePrevention prevention = SelfTradePrevention.None,
        UInt128 clientOrderId = default)
    {
        var command = Order(
            account, instrument, side, OrderType.Market, TimeInForce.ImmediateOrCancel, 0, prevention, clientOrderId);
        command.As<PlaceOrder>().QuoteBudget = new Amount(budget);
        return command;
    }

    /// <summary>A waiting order: stop or take-profit, with a limit price where the type has one.</summary>
    public static Command Waiting(
        AccountId account,
        InstrumentId instrument,
        Side side,
        OrderType type,
        long stop,
        long quantity,
        long price = 0,
        TimeInForce timeInForce = TimeInForce.GoodTillCancel,
        long expiresAt = 0,
        bool postOnly = false,
        long display = 0,
        SelfTradePrevention prevention = SelfTradePrevention.None,
        UInt128 clientOrderId = default)
    {
        var command = Order(account, instrument, side, type, timeInForce, quantity, prevention, clientOrderId);
        ref var order = ref command.As<PlaceOrder>();
        order.StopPrice = new Price(stop);
        order.Price = new Price(price);
        order.ExpiresAt = expiresAt;
        order.DisplayQuantity = new Quantity(display);
        order.Flags = postOnly ? PlaceOrder.PostOnlyFlag : (byte)0;
        return command;
    }

    /// <summary>The same order as a question: it answers and changes nothing.</summary>
    public static Command Test(Command place)
    {
        var command = place.Copy().WithoutIdentity();
        command.Header.Kind = CommandKind.TestOrder;
        return command;
    }

    public static Command Cancel(AccountId account, InstrumentId instrument, OrderId order)
    {
        var command = Command.Of<CancelOrder>(CommandKind.CancelOrder, account, instrument);
        command.As<CancelOrder>().OrderId = order;
        return command;
    }

    public static Command CancelByClientId(AccountId account, InstrumentId instrument, UInt128 clientOrderId)
    {
        var command = Command.Of<CancelOrder>(CommandKind.CancelOrder, account, instrument);
        command.As<CancelOrder>().ClientOrderId = clientOrderId;
        return command;
    }

    public static Command Amend(AccountId account, InstrumentId instrument, OrderId order, long quantity)
    {
        var command = Command.Of<AmendOrder>(CommandKind.AmendOrder, account, instrument);
        ref var amend = ref command.As<AmendOrder>();
        amend.OrderId = order;
        amend.Quantity = new Quantity(quantity);
        return command;
    }

    /// <summary>A price or quantity of zero keeps the old one.</summary>
    public static Command Replace(
        AccountId account, InstrumentId instrument, OrderId order, long price = 0, long quantity = 0)
    {
        var command = Command.Of<ReplaceOrder>(CommandKind.ReplaceOrder, account, instrument);
        ref var replace = ref command.As<ReplaceOrder>();
        replace.OrderId = order;
        replace.Price = new Price(price);
        replace.Quantity = new Quantity(quantity);
        return command;
    }

    /// <summary>All orders of an account, of an instrument, or both.</summary>
    public static Command CancelAll(AccountId account = default, InstrumentId instrument = default) =>
        Command.Of<CancelAll>(CommandKind.CancelAll, account, instrument);

    public static Command SetDeadManSwitch(AccountId account, long timeout)
    {
        var command = Command.Of<SetDeadManSwitch>(CommandKind.SetDeadManSwitch, account);
        command.As<SetDeadManSwitch>().Timeout = timeout;
        return command;
    }

    public static Command OpenSession(AccountId account, long grace = 0)
    {
        var command = Command.Of<OpenSession>(CommandKind.OpenSession, account);
        command.As<OpenSession>().Grace = grace;
        return command;
    }

    public static Command CloseSession(AccountId account, SessionId session)
    {
        var command = Command.Of<CloseSession>(CommandKind.CloseSession, account);
        command.As<CloseSession>().Session = session;
        return command;
    }

    private static Command Order(
        AccountId account,
        InstrumentId instrument,
        Side side,
        OrderType type,
        TimeInForce timeInForce,
        long quantity,
        SelfTradePrevention prevention,
        UInt128 clientOrderId)
    {
        var command = Command.Of<PlaceOrder>(CommandKind.PlaceOrder, account, instrument);
        ref var order = ref command.As<PlaceOrder>();
        order.Side = side;
        order.Type = type;
        order.TimeInForce = timeInForce;
        order.Quantity = new Quantity(quantity);
        order.SelfTradePrevention = prevention;
        order.ClientOrderId = clientOrderId;
        return command;
    }
}
