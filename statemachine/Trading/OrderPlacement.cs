using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Places and tests orders: every check in order of code, then, from where nothing can fail, the effects.
/// </summary>
internal sealed class OrderPlacement(
    ExchangeState state, EventWriter events, OpenOrders openOrders, Market market, KeyMemory keys)
{
    private readonly OrderChecks _checks = new(state);

    public Decision Place(in PlaceOrder command, bool isTest)
    {
        var incoming = default(IncomingOrder);
        var decision = Check(in command, isTest, ref incoming);
        if (decision.Code != RejectCode.None)
        {
            decision.Status = OrderStatus.Rejected;
            return decision;
        }

        if (isTest)
        {
            return new Decision { Status = OrderStatus.Accepted };
        }

        Accept(in command, ref incoming);
        if (OrderRules.Waits(command.Type))
        {
            openOrders.Insert(in incoming, command.StopPrice.Ticks);
            openOrders.Wait(incoming.Slot);
            return new Decision
            {
                Id = incoming.Id,
                Status = OrderStatus.Waiting,
                Remaining = incoming.Open,
            };
        }

        market.Enter(ref incoming);
        var reply = ReplyOf(in incoming);
        if (incoming.Executed > 0)
        {
            market.FireTriggers(incoming.Instrument);
        }

        return reply;
    }

    /// <summary>The reply for an order that has just entered.</summary>
    public static Decision ReplyOf(in IncomingOrder incoming)
    {
        var isFilled = incoming.HasBudget ? incoming.Budget == 0 : incoming.Open == 0;
        return new Decision
        {
            Id = incoming.Id,
            Executed = incoming.Executed,
            Notional = incoming.Notional,
            Remaining = incoming.Ending != CancelReason.None || incoming.HasBudget ? 0 : incoming.Open,
            Status = incoming.Ending != CancelReason.None ? OrderStatus.Cancelled
                : isFilled ? OrderStatus.Filled
                : incoming.Executed > 0 ? OrderStatus.PartiallyFilled
                : OrderStatus.Accepted,
        };
    }

    private Decision Check(in PlaceOrder command, bool isTest, ref IncomingOrder incoming)
    {
        var number = command.Header.Instrument.Value;
        if (!state.HasInstrument(number))
        {
            return Decision.Reject(RejectCode.UnknownInstrument);
        }

        ref var instrument = ref state.Instruments.Write((int)number);
        ref var policy = ref state.Policies.At((int)number).Policy;
        var code = OrderChecks.Combination(in command);
        if (code != RejectCode.None)
        {
            return Decision.Reject(code);
        }

        code = OrderChecks.Fields(in command, state.Globals.Timestamp, out var actual);
        if (code != RejectCode.None)
        {
            return Decision.Reject(code, actual, 0);
        }

        if (state.OrderSlots.Count >= 1 << OrderId.SlotBits
            || state.BalanceSlots.Count >= state.Caps.Balances
            || state.Globals.OrdersAccepted >= OrderId.CountMax)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var rests = command.Type == OrderType.Limit
            && command.TimeInForce <= TimeInForce.GoodTillDate
            && command.Flags == 0;
        code = ModeRules.Refusal(instrument.Mode, command.Header.Kind, rests);
        if (code != RejectCode.None)
        {
            return Decision.Reject(code);
        }

        var decision = CheckLimits(in command, isTest, ref instrument, in policy);
        if (decision.Code != RejectCode.None)
        {
            return decision;
        }

        Prepare(in command, ref incoming, in instrument, in policy);
        return CheckTerms(in command, ref incoming, ref instrument, in policy);
    }

    private Decision CheckLimits(
        in PlaceOrder command, bool isTest, ref Instrument instrument, in InstrumentPolicy policy)
    {
        ref var account = ref state.Accounts.Write((int)command.Header.Account.Value);
        ref var global = ref state.Globals.Policy;
        if ((account.Freeze & (byte)AccountFreeze.Trading) != 0)
        {
            return Decision.Reject(RejectCode.AccountFrozen);
        }

        if (!_checks.IsWithinRate(ref account, !isTest, out var found))
        {
            return Decision.Reject(RejectCode.RateLimited, found, global.RateCount);
        }

        if (!_checks.IsWithinThrottle(ref instrument, in policy, !isTest, out found))
        {
            return Decision.Reject(RejectCode.SymbolThrottled, found, policy.ThrottleCount);
        }

        if (global.OpenOrdersMax != 0 && account.OpenOrders >= global.OpenOrdersMax)
        {
            return Decision.Reject(RejectCode.OpenOrderLimit, account.OpenOrders, global.OpenOrdersMax);
        }

        if (instrument.OpenOrders >= policy.OpenOrdersMax)
        {
            return Decision.Reject(RejectCode.InstrumentFull, instrument.OpenOrders, policy.OpenOrdersMax);
        }

        return OrderRules.Waits(command.Type) && instrument.StopOrders >= policy.StopOrdersMax
            ? Decision.Reject(RejectCode.StopOrderLimit, instrument.StopOrders, policy.StopOrdersMax)
            : default;
    }

    private Decision CheckTerms(
        in PlaceOrder command, ref IncomingOrder incoming, ref Instrument instrument, in InstrumentPolicy policy)
    {
        var hasPrice = incoming.Price != 0;
        var worst = incoming.HasBudget
            ? incoming.Budget
            : Money.Notional(incoming.Price, incoming.Open, instrument.NotionalUnits);
        var decision = OrderChecks.Size(
            in policy, incoming.Quantity, !incoming.HasBudget, worst, hasPrice || incoming.HasBudget);
        if (decision.Code != RejectCode.None)
        {
            return decision;
        }

        decision = CheckClientOrderId(in command);
        if (decision.Code != RejectCode.None)
        {
            return decision;
        }

        if (!hasPrice)
        {
            return Decision.Reject(RejectCode.NoLiquidity);
        }

        if (command.Type == OrderType.Limit
            && !OrderChecks.IsInBand(in policy, instrument.ReferencePrice, incoming.Price, out var bound))
        {
            return Decision.Reject(RejectCode.PriceBand, incoming.Price, bound);
        }

        decision = CheckMarket(in command, in incoming, in instrument);
        if (decision.Code != RejectCode.None)
        {
            return decision;
        }

        incoming.Hold = Settlement.HoldOf(in incoming, in instrument);
        var asset = incoming.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset;
        var balance = state.FindBalance(incoming.Account, asset);
        var available = balance < 0 ? 0 : state.Balances.At(balance).Available;
        incoming.BaseBalance = incoming.Side == Side.Sell ? balance : -1;
        incoming.QuoteBalance = incoming.Side == Side.Buy ? balance : -1;
        return available < incoming.Hold
            ? Decision.Reject(RejectCode.InsufficientFunds, incoming.Hold, available)
            : default;
    }

    private Decision CheckClientOrderId(in PlaceOrder command)
    {
        if (command.ClientOrderId == 0)
        {
            return default;
        }

        var account = command.Header.Account.Value;
        if (state.FindClientOrderId(account, command.ClientOrderId) >= 0)
        {
            return Decision.Reject(RejectCode.DuplicateClientOrderId);
        }

        var taken = state.Accounts.At((int)account).ClientOrderIds;
        var most = state.Globals.Policy.ClientOrderIdsMax;
        if (taken >= most)
        {
            return Decision.Reject(RejectCode.ClientOrderIdsFull, taken, most);
        }

        var all = state.ClientOrderIdSlots.Count;
        return all >= state.Caps.ClientOrderIds
            ? Decision.Reject(RejectCode.ClientOrderIdsFull, all, state.Caps.ClientOrderIds)
            : default;
    }

    private Decision CheckMarket(in PlaceOrder command, in IncomingOrder incoming, in Instrument instrument)
    {
        var book = state.Books[incoming.Instrument];
        if (OrderRules.Waits(command.Type))
        {
            var stop = command.StopPrice.Ticks;
            var last = instrument.LastPrice;
            var isReached = OrderRules.TriggersOnRise(command.Type, command.Side) ? last >= stop : last <= stop;
            return last != 0 && isReached ? Decision.Reject(RejectCode.StopWouldTrigger, stop, last) : default;
        }

        if (incoming.PostOnly && book.Crosses(incoming.Side, incoming.Price))
        {
            return Decision.Reject(
                RejectCode.PostOnlyWouldCross, incoming.Price, book.BestOpposite(incoming.Side));
        }

        if (command.TimeInForce != TimeInForce.FillOrKill)
        {
            return default;
        }

        var fillable = market.Fillable(in incoming);
        return fillable < incoming.Open
            ? Decision.Reject(RejectCode.FillOrKillUnfillable, fillable, incoming.Open)
            : default;
    }

    private void Prepare(
        in PlaceOrder command, ref IncomingOrder incoming, in Instrument instrument, in InstrumentPolicy policy)
    {
        var number = command.Header.Instrument.Value;
        ref var account = ref state.Accounts.At((int)command.Header.Account.Value);
        ref var rates = ref state.FeeTiers.At(((int)policy.FeeSchedule * FeeTier.Tiers) + account.Tier);
        incoming.Instrument = number;
        incoming.Account = command.Header.Account.Value;
        incoming.Side = command.Side;
        incoming.Type = command.Type;
        incoming.TimeInForce = command.TimeInForce;
        incoming.Prevention = command.SelfTradePrevention;
        incoming.PostOnly = (command.Flags & PlaceOrder.PostOnlyFlag) != 0;
        incoming.HasBudget = command.QuoteBudget.Units != 0;
        incoming.Group = account.GroupOf(incoming.Account);
        incoming.Quantity = command.Quantity.Lots;
        incoming.Open = incoming.HasBudget ? Quantity.Max : command.Quantity.Lots;
        incoming.Display = command.DisplayQuantity.Lots;
        incoming.ExpiresAt = command.ExpiresAt;
        incoming.ClientOrderId = command.ClientOrderId;
        incoming.Budget = command.QuoteBudget.Units;
        incoming.MakerRate = rates.MakerRate;
        incoming.TakerRate = rates.TakerRate;
        incoming.Price = command.Price.Ticks;
        if (!OrderRules.HasLimit(command.Type))
        {
            var basePrice = command.Type == OrderType.Market
                ? state.Books[number].BestOpposite(command.Side)
                : command.StopPrice.Ticks;
            incoming.Price = basePrice == 0 ? 0 : OrderChecks.Collar(in policy, command.Side, basePrice);
        }
    }

    // From here it must succeed: every reason to refuse was checked.
    private void Accept(in PlaceOrder command, ref IncomingOrder incoming)
    {
        ref var globals = ref state.Globals;
        incoming.Slot = state.OrderSlots.Allocate();
        incoming.Id = OrderId.Of(++globals.OrdersAccepted, incoming.Slot).Value;
        ref var instrument = ref state.Instruments.At((int)incoming.Instrument);
        incoming.BaseBalance = incoming.BaseBalance >= 0
            ? incoming.BaseBalance
            : state.FindOrAddBalance(incoming.Account, instrument.BaseAsset);
        incoming.QuoteBalance = incoming.QuoteBalance >= 0
            ? incoming.QuoteBalance
            : state.FindOrAddBalance(incoming.Account, instrument.QuoteAsset);
        ref var balance = ref state.Balances.Write(
            incoming.Side == Side.Buy ? incoming.QuoteBalance : incoming.BaseBalance);
        balance.Available -= incoming.Hold;
        balance.Held += incoming.Hold;
        if (incoming.ClientOrderId != 0)
        {
            keys.TakeClientOrderId(incoming.Account, incoming.ClientOrderId, incoming.Id);
        }

        AppendAccepted(in command, in incoming, ref instrument, balance.Available);
    }

    private void AppendAccepted(
        in PlaceOrder command, in IncomingOrder incoming, ref Instrument instrument, Int128 available)
    {
        ref var accepted = ref events.Append<OrderAccepted>(
            EventKind.OrderAccepted, incoming.Instrument, ref instrument);
        accepted.Account = command.Header.Account;
        accepted.Side = command.Side;
        accepted.Type = command.Type;
        accepted.TimeInForce = command.TimeInForce;
        accepted.Flags = (byte)(command.Flags | ((int)command.SelfTradePrevention << 4));
        accepted.OrderId = new OrderId(incoming.Id);
        accepted.ClientOrderId = command.ClientOrderId;
        accepted.Price = new Price(incoming.Price);
        accepted.Quantity = command.Quantity;
        accepted.QuoteBudget = command.QuoteBudget;
        accepted.StopPrice = command.StopPrice;
        accepted.DisplayQuantity = command.DisplayQuantity;
        accepted.ExpiresAt = command.ExpiresAt;
        accepted.Hold = new Amount(incoming.Hold);
        accepted.Available = new Amount(available);
        accepted.PolicyHash = instrument.PolicyHash;
        accepted.ReferencePrice = new Price(instrument.ReferencePrice);
        accepted.MakerRate = incoming.MakerRate;
        accepted.TakerRate = incoming.TakerRate;
        accepted.User = command.Header.User;
        accepted.Reserved0 = 0;
    }
}
