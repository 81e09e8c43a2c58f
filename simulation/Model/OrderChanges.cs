using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Cancel, amend, replace and cancel-all.</summary>
internal sealed class OrderChanges(
    ModelState state, ModelEvents events, Money money, OrderChecks checks, Matching matching, Market market)
{
    public Answer Cancel(Command command, ModelInstrument instrument)
    {
        var cancel = command.As<CancelOrder>();
        var order = Find(command, instrument, cancel.OrderId, cancel.ClientOrderId);
        var refusals = new Refusals();
        refusals.Add(RejectCode.UnknownOrder, order is null);
        OrderChecks.AddMode(refusals, instrument, command.Kind, rests: false);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        matching.CancelWithDelta(order!, CancelReason.User);
        return new Answer { Id = order!.Id, Status = OrderStatus.Cancelled };
    }

    public Answer Amend(Command command, ModelInstrument instrument)
    {
        var amend = command.As<AmendOrder>();
        var total = amend.Quantity.Lots;
        var order = Find(command, instrument, amend.OrderId, amend.ClientOrderId);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidQuantity, !OrderChecks.IsQuantity(total), total);
        refusals.Add(RejectCode.UnknownOrder, order is null);
        OrderChecks.AddMode(refusals, instrument, command.Kind, rests: false);
        if (order is not null)
        {
            refusals.Add(RejectCode.QuantityNotReduced, total >= order.Quantity, total, order.Quantity);
            refusals.Add(RejectCode.QuantityBelowExecuted, total <= order.Executed, total, order.Executed);
        }

        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        return Amend(order!, total);
    }

    private Answer Amend(ModelOrder order, long total)
    {
        var shown = order.Shown;
        order.Open -= order.Quantity - total;
        order.Quantity = total;
        order.Shown = Math.Min(order.Shown, order.Open);
        money.Hold(order, Money.HoldOf(order));
        AppendChanged(EventKind.OrderAmended, order);
        if (order.Shown != shown)
        {
            events.BookDelta(order.Instrument, order.Side, order.Price);
        }

        var openStatus = order.Executed == 0 ? OrderStatus.Accepted : OrderStatus.PartiallyFilled;
        return new Answer
        {
            Id = order.Id,
            Status = order.Waiting ? OrderStatus.Waiting : openStatus,
            Remaining = order.Open,
        };
    }

    public Answer Replace(Command command, ModelInstrument instrument)
    {
        var replace = command.As<ReplaceOrder>();
        var account = state.Accounts[command.Header.Account.Value];
        var order = Find(command, instrument, replace.OrderId, replace.ClientOrderId);
        var refusals = new Refusals();
        AddReplaceForm(refusals, replace);
        refusals.Add(RejectCode.UnknownOrder, order is null);
        OrderChecks.AddMode(refusals, instrument, command.Kind, rests: false);
        checks.AddRates(refusals, instrument, account);
        checks.CountRates(refusals, instrument, account);
        var formIsRight = refusals.PassesUpTo(RejectCode.UnknownOrder);
        if (formIsRight)
        {
            AddReplaceLimits(refusals, order!, PriceOf(replace, order!), TotalOf(replace, order!));
        }

        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest) with { Status = OrderStatus.Rejected };
        }

        return Replace(order!, PriceOf(replace, order!), TotalOf(replace, order!));
    }

    private Answer Replace(ModelOrder order, long price, long total)
    {
        var instrument = order.Instrument;
        var oldPrice = order.Price;
        instrument.Leave(order);
        events.BookDelta(instrument, order.Side, oldPrice);
        order.Price = price;
        order.Quantity = total;
        order.Open = total - order.Executed;
        money.Hold(order, Money.HoldOf(order));
        AppendChanged(EventKind.OrderReplaced, order);
        return market.EnterBook(order);
    }

    public Answer CancelAll(Command command, ModelInstrument? instrument)
    {
        var account = command.Header.Account.Value;
        var isOperators = account == 0;
        if (!isOperators && instrument?.Mode == SymbolMode.HardHalt)
        {
            return new Answer { Code = RejectCode.HardHalted };
        }

        if (isOperators)
        {
            events.Look(instrument!.OpenOrderCount);
        }

        var count = 0UL;
        foreach (var order in isOperators ? instrument!.AllOrders() : state.OrdersOf(account))
        {
            if (count == state.Policy.StepsMax)
            {
                break;
            }

            events.Look(isOperators ? 0 : 1);
            if (isOperators
                || ((instrument is null || order.Instrument == instrument)
                    && order.Instrument.Mode != SymbolMode.HardHalt))
            {
                matching.CancelWithDelta(order, CancelReason.CancelAll);
                count++;
            }
        }

        return Answer.Accepted(count);
    }

    /// <summary>
    /// The open order of the header's account and instrument that a command names; null where there is none.
    /// </summary>
    private ModelOrder? Find(Command command, ModelInstrument instrument, OrderId orderId, UInt128 clientOrderId)
    {
        var account = command.Header.Account.Value;
        var id = clientOrderId == 0
            ? orderId.Value
            : state.ClientOrderIds.GetValueOrDefault((account, clientOrderId))?.Order ?? 0;
        var order = state.Orders.GetValueOrDefault(id);
        return order is not null && order.Account == account && order.Instrument == instrument ? order : null;
    }

    private static long PriceOf(in ReplaceOrder replace, ModelOrder order) =>
        replace.Price.Ticks == 0 ? order.Price : replace.Price.Ticks;

    private static long TotalOf(in ReplaceOrder replace, ModelOrder order) =>
        replace.Quantity.Lots == 0 ? order.Quantity : replace.Quantity.Lots;

    private static void AddReplaceForm(Refusals refusals, in ReplaceOrder replace)
    {
        var price = replace.Price.Ticks;
        var quantity = replace.Quantity.Lots;
        refusals.Add(RejectCode.InvalidPrice, price != 0 && !OrderChecks.IsPrice(price), price);
        refusals.Add(RejectCode.InvalidQuantity, quantity != 0 && !OrderChecks.IsQuantity(quantity), quantity);
    }

    private void AddReplaceLimits(Refusals refusals, ModelOrder order, long price, long total)
    {
        var instrument = order.Instrument;
        var open = total - order.Executed;
        OrderChecks.AddQuantityLimits(refusals, instrument.Policy, total);
        var partsMax = order.Display * PlaceOrder.IcebergPartsMax;
        refusals.Add(RejectCode.QuantityLimit, order.Display != 0 && open > partsMax, open, partsMax);
        OrderChecks.AddNotionalLimits(refusals, instrument.Policy, Money.Notional(instrument, open, price));
        OrderChecks.AddBand(refusals, instrument, price);
        refusals.Add(RejectCode.QuantityBelowExecuted, total <= order.Executed, total, order.Executed);
        refusals.Add(RejectCode.NotReplaceable, order.Waiting);
        if (order.PostOnly && instrument.Mode == SymbolMode.Normal)
        {
            OrderChecks.AddPostOnly(refusals, instrument, order.Side, price);
        }

        if (open <= 0 || order.Waiting)
        {
            return;
        }

        var hold = HoldAfter(order, price, open);
        var available = money.Available(order.Account, order.HoldAsset) + order.Hold;
        refusals.Add(RejectCode.InsufficientFunds, available < hold, hold, available);
    }

    /// <summary>What the order would hold with another price and open quantity.</summary>
    private static Int128 HoldAfter(ModelOrder order, long price, long open)
    {
        var (oldPrice, oldOpen) = (order.Price, order.Open);
        (order.Price, order.Open) = (price, open);
        var hold = Money.HoldOf(order);
        (order.Price, order.Open) = (oldPrice, oldOpen);
        return hold;
    }

    private void AppendChanged(EventKind kind, ModelOrder order) =>
        events.Append(kind, order.Instrument.Id, new OrderChanged
        {
            Account = new AccountId(order.Account),
            Side = order.Side,
            OrderId = new OrderId(order.Id),
            Price = new Price(order.Price),
            Quantity = new Quantity(order.Quantity),
            Remaining = new Quantity(order.Open),
            Hold = new Amount(order.Hold),
            Available = new Amount(money.Available(order.Account, order.HoldAsset)),
            PolicyHash = state.PolicyHashOf(order.Instrument),
            ReferencePrice = new Price(order.Instrument.ReferencePrice),
        });
}
