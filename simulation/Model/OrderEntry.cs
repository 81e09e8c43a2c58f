using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Place and test.</summary>
internal sealed class OrderEntry(
    ModelState state, ModelEvents events, Money money, OrderChecks checks, Matching matching, Market market)
{
    private const int OrdersMax = 1 << OrderId.SlotBits;

    public Answer Test(Command command, ModelInstrument instrument)
    {
        var account = state.Accounts[command.Header.Account.Value];
        var refusals = Check(command, instrument, account, counts: false, out _);
        return refusals.Any
            ? Answer.Rejected(refusals.Lowest) with { Status = OrderStatus.Rejected }
            : new Answer { Status = OrderStatus.Accepted };
    }

    public Answer Place(Command command, ModelInstrument instrument)
    {
        var account = state.Accounts[command.Header.Account.Value];
        var refusals = Check(command, instrument, account, counts: true, out var order);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest) with { Status = OrderStatus.Rejected };
        }

        state.Enter(order!);
        money.Hold(order!, Money.HoldOf(order!));
        RememberClientOrderId(order!);
        AppendAccepted(command, order!);
        if (OrderRules.Waits(order!.Type))
        {
            order.Waiting = true;
            instrument.Waiting.Add(order);
            return new Answer { Id = order.Id, Status = OrderStatus.Waiting, Remaining = order.Open };
        }

        return market.EnterBook(order);
    }

    /// <summary>All reasons against the order, and the order as it would be entered where there is none.</summary>
    private Refusals Check(
        Command command, ModelInstrument instrument, ModelAccount account, bool counts, out ModelOrder? order)
    {
        order = null;
        var place = command.As<PlaceOrder>();
        var refusals = new Refusals();
        checks.AddForm(refusals, place);
        if (refusals.Any)
        {
            return refusals;
        }

        var rests = place.Type == OrderType.Limit && place.Flags == 0 && place.TimeInForce <= TimeInForce.GoodTillDate;
        refusals.Add(RejectCode.CapacityExhausted, state.Orders.Count >= OrdersMax);
        refusals.Add(RejectCode.CapacityExhausted, state.Balances.Count >= TableLimits.BalancesMax);
        OrderChecks.AddMode(refusals, instrument, command.Kind, rests);
        checks.AddRates(refusals, instrument, account);
        if (counts)
        {
            checks.CountRates(refusals, instrument, account);
        }

        AddOrderCounts(refusals, instrument, account, OrderRules.Waits(place.Type));
        var price = WorstPrice(instrument, place);
        AddLimits(refusals, instrument, place, price);
        AddClientOrderId(refusals, account, place.ClientOrderId);
        refusals.Add(RejectCode.NoLiquidity, price is null);
        if (price is not { } worst)
        {
            return refusals;
        }

        order = OrderOf(command.Header.User.Value, instrument, account, place, worst);
        AddMarket(refusals, instrument, order);
        var hold = Money.HoldOf(order);
        var available = money.Available(account.Id, order.HoldAsset);
        refusals.Add(RejectCode.InsufficientFunds, available < hold, hold, available);
        return refusals;
    }

    private void AddOrderCounts(Refusals refusals, ModelInstrument instrument, ModelAccount account, bool waits)
    {
        var ofAccount = state.Orders.Values.Count(order => order.Account == account.Id);
        var accountMax = state.Policy.OpenOrdersMax;
        refusals.Add(RejectCode.OpenOrderLimit, ofAccount >= accountMax, ofAccount, accountMax);

        var ofInstrument = instrument.OpenOrderCount;
        var instrumentMax = instrument.Policy.OpenOrdersMax;
        refusals.Add(
            RejectCode.InstrumentFull,
            ofInstrument >= instrumentMax,
            ofInstrument,
            instrumentMax);

        var waiting = instrument.Waiting.Count;
        var waitingMax = instrument.Policy.StopOrdersMax;
        refusals.Add(RejectCode.StopOrderLimit, waits && waiting >= waitingMax, waiting, waitingMax);
    }

    /// <summary>The worst price the order may trade at; null for a market order without an opposite price.</summary>
    private static long? WorstPrice(ModelInstrument instrument, in PlaceOrder place)
    {
        if (OrderRules.HasLimit(place.Type))
        {
            return place.Price.Ticks;
        }

        var basePrice = OrderRules.Waits(place.Type)
            ? place.StopPrice.Ticks
            : instrument.BestOppositePrice(place.Side);
        return basePrice == 0 ? null : Money.Collar(instrument, place.Side, basePrice);
    }

    private static void AddLimits(Refusals refusals, ModelInstrument instrument, in PlaceOrder place, long? price)
    {
        if (place.QuoteBudget.Units != 0)
        {
            OrderChecks.AddNotionalLimits(refusals, instrument.Policy, place.QuoteBudget.Units);
            return;
        }

        OrderChecks.AddQuantityLimits(refusals, instrument.Policy, place.Quantity.Lots);
        if (price is { } worst)
        {
            var notional = Money.Notional(instrument, place.Quantity.Lots, worst);
            OrderChecks.AddNotionalLimits(refusals, instrument.Policy, notional);
        }
    }

    private void AddClientOrderId(Refusals refusals, ModelAccount account, UInt128 clientOrderId)
    {
        if (clientOrderId == 0)
        {
            return;
        }

        var count = state.ClientOrderIdCountOf(account.Id);
        var max = state.Policy.ClientOrderIdsMax;
        refusals.Add(
            RejectCode.DuplicateClientOrderId,
            state.ClientOrderIds.ContainsKey((account.Id, clientOrderId)));
        refusals.Add(RejectCode.ClientOrderIdsFull, count >= max, count, max);
        var all = state.ClientOrderIds.Count;
        refusals.Add(
            RejectCode.ClientOrderIdsFull, all >= TableLimits.ClientOrderIdsMax, all, TableLimits.ClientOrderIdsMax);
    }

    private void AddMarket(Refusals refusals, ModelInstrument instrument, ModelOrder order)
    {
        if (order.Type == OrderType.Limit)
        {
            OrderChecks.AddBand(refusals, instrument, order.Price);
            if (order.PostOnly)
            {
                OrderChecks.AddPostOnly(refusals, instrument, order.Side, order.Price);
            }
        }

        if (OrderRules.Waits(order.Type))
        {
            var last = instrument.LastPrice;
            refusals.Add(
                RejectCode.StopWouldTrigger, last != 0 && order.IsDueAt(last), order.StopPrice, last);
        }
        else if (order.TimeInForce == TimeInForce.FillOrKill)
        {
            var fillable = matching.Fillable(order, out var looked);
            if (!refusals.Any)
            {
                events.Look(looked);
            }

            refusals.Add(RejectCode.FillOrKillUnfillable, fillable < order.Open, fillable, order.Open);
        }
    }

    private ModelOrder OrderOf(
        uint user, ModelInstrument instrument, ModelAccount account, in PlaceOrder place, long price)
    {
        var rates = state.FeeSchedule(instrument.Policy.FeeSchedule);
        return new ModelOrder
        {
            Instrument = instrument,
            Account = account.Id,
            User = user,
            ClientOrderId = place.ClientOrderId,
            Side = place.Side,
            Type = place.Type,
            TimeInForce = place.TimeInForce,
            Prevention = place.SelfTradePrevention,
            PostOnly = place.Flags != 0,
            Group = TradeGroup.Of(account),
            MakerRate = rates.MakerRates[account.Tier],
            TakerRate = rates.TakerRates[account.Tier],
            Price = price,
            StopPrice = place.StopPrice.Ticks,
            ExpiresAt = place.ExpiresAt,
            ExpiryArmed = place.ExpiresAt != 0,
            Quantity = place.Quantity.Lots,
            Open = place.Quantity.Lots,
            Display = place.DisplayQuantity.Lots,
            ByBudget = place.QuoteBudget.Units != 0,
            BudgetLeft = place.QuoteBudget.Units,
        };
    }

    private void RememberClientOrderId(ModelOrder order)
    {
        if (order.ClientOrderId != 0)
        {
            state.Remember(new ModelClientOrderId
            {
                Account = order.Account,
                ClientOrderId = order.ClientOrderId,
                Order = order.Id,
                Deadline = state.Now + state.Policy.ClientOrderIdRetention,
            });
        }
    }

    private void AppendAccepted(Command command, ModelOrder order)
    {
        var place = command.As<PlaceOrder>();
        events.Append(EventKind.OrderAccepted, order.Instrument.Id, new OrderAccepted
        {
            Account = command.Header.Account,
            Side = order.Side,
            Type = order.Type,
            TimeInForce = order.TimeInForce,
            Flags = (byte)((order.PostOnly ? 1 : 0) | ((int)order.Prevention << 4)),
            OrderId = new OrderId(order.Id),
            ClientOrderId = order.ClientOrderId,
            Price = new Price(order.Price),
            Quantity = place.Quantity,
            QuoteBudget = place.QuoteBudget,
            StopPrice = place.StopPrice,
            DisplayQuantity = place.DisplayQuantity,
            ExpiresAt = place.ExpiresAt,
            Hold = new Amount(order.Hold),
            Available = new Amount(money.Available(order.Account, order.HoldAsset)),
            PolicyHash = state.PolicyHashOf(order.Instrument),
            ReferencePrice = new Price(order.Instrument.ReferencePrice),
            MakerRate = order.MakerRate,
            TakerRate = order.TakerRate,
            User = command.Header.User,
        });
    }
}
