using System.Runtime.CompilerServices;
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
    private readonly Refusal _refusal = state.Refusal;

    public RejectCode Place(in PlaceOrder command, bool isTest, ref CommandResult result)
    {
        var incoming = default(IncomingOrder);
        var code = Check(in command, isTest, ref incoming);
        if (code != RejectCode.None)
        {
            result.Status = OrderStatus.Rejected;
            return code;
        }

        if (isTest)
        {
            result.Status = OrderStatus.Accepted;
            return RejectCode.None;
        }

        Accept(in command, ref incoming);
        if (OrderRules.Waits(command.Type))
        {
            openOrders.Insert(
                in incoming, command.StopPrice.Ticks, ref state.Instruments.At((int)incoming.Instrument));
            openOrders.Wait(incoming.Slot);
            result.Id = incoming.Id;
            result.Status = OrderStatus.Waiting;
            result.Remaining = new Quantity(incoming.Open);
            return RejectCode.None;
        }

        market.Enter(ref incoming);
        Reply(in incoming, ref result);
        if (incoming.Executed > 0)
        {
            market.FireTriggers(incoming.Instrument);
        }

        return RejectCode.None;
    }

    /// <summary>Fills in the reply for an order that has just entered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reply(in IncomingOrder incoming, ref CommandResult result)
    {
        var isFilled = incoming.HasBudget ? incoming.Budget == 0 : incoming.Open == 0;
        var isCancelled = incoming.Ending != CancelReason.None;
        result.Id = incoming.Id;
        result.Remaining = new Quantity(isCancelled || incoming.HasBudget ? 0 : incoming.Open);
        result.Status = isCancelled ? OrderStatus.Cancelled
            : isFilled ? OrderStatus.Filled
            : incoming.Executed > 0 ? OrderStatus.PartiallyFilled
            : OrderStatus.Accepted;
        if (incoming.Executed > 0)
        {
            result.Executed = new Quantity(incoming.Executed);
            result.Notional = new Amount(incoming.Notional);
        }
    }

    private RejectCode Check(in PlaceOrder command, bool isTest, ref IncomingOrder incoming)
    {
        var number = command.Header.Instrument.Value;
        if (!state.HasInstrument(number))
        {
            return _refusal.Of(RejectCode.UnknownInstrument);
        }

        ref var instrument = ref state.Instruments.Write((int)number);
        ref var policy = ref state.Policies.At((int)number).Policy;
        var code = OrderChecks.IsPlain(in command) ? RejectCode.None : CheckForm(in command);
        if (code != RejectCode.None)
        {
            return code;
        }

        if (state.OrderSlots.Count >= 1 << OrderId.SlotBits
            || state.BalanceSlots.Count >= state.Caps.Balances
            || state.Globals.OrdersAccepted >= OrderId.CountMax)
        {
            return _refusal.Of(RejectCode.CapacityExhausted);
        }

        var rests = command.Type == OrderType.Limit
            && command.TimeInForce <= TimeInForce.GoodTillDate
            && command.Flags == 0;
        code = ModeRules.Refusal(instrument.Mode, command.Header.Kind, rests);
        if (code != RejectCode.None)
        {
            return _refusal.Of(code);
        }

        code = CheckLimits(in command, isTest, ref instrument, in policy);
        if (code != RejectCode.None)
        {
            return code;
        }

        Prepare(in command, ref incoming, in instrument, in policy);
        return CheckTerms(in command, ref incoming, ref instrument, in policy);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RejectCode CheckForm(in PlaceOrder command)
    {
        var code = OrderChecks.Combination(in command);
        if (code != RejectCode.None)
        {
            return _refusal.Of(code);
        }

        code = OrderChecks.Fields(in command, state.Globals.Timestamp, out var actual);
        return code == RejectCode.None ? code : _refusal.Of(code, actual, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RejectCode CheckLimits(
        in PlaceOrder command, bool isTest, ref Instrument instrument, in InstrumentPolicy policy)
    {
        ref var account = ref state.Accounts.Write((int)command.Header.Account.Value);
        ref var global = ref state.Globals.Policy;
        if ((account.Freeze & (byte)AccountFreeze.Trading) != 0)
        {
            return _refusal.Of(RejectCode.AccountFrozen);
        }

        if (!_checks.IsWithinRate(ref account, !isTest, out var found))
        {
            return _refusal.Of(RejectCode.RateLimited, found, global.RateCount);
        }

        if (!_checks.IsWithinThrottle(ref instrument, in policy, !isTest, out found))
        {
            return _refusal.Of(RejectCode.SymbolThrottled, found, policy.ThrottleCount);
        }

        if (account.OpenOrders >= global.OpenOrdersMax)
        {
            return _refusal.Of(RejectCode.OpenOrderLimit, account.OpenOrders, global.OpenOrdersMax);
        }

        if (instrument.OpenOrders >= policy.OpenOrdersMax)
        {
            return _refusal.Of(RejectCode.InstrumentFull, instrument.OpenOrders, policy.OpenOrdersMax);
        }

        return OrderRules.Waits(command.Type) && instrument.StopOrders >= policy.StopOrdersMax
            ? _refusal.Of(RejectCode.StopOrderLimit, instrument.StopOrders, policy.StopOrdersMax)
            : RejectCode.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RejectCode CheckTerms(
        in PlaceOrder command, ref IncomingOrder incoming, ref Instrument instrument, in InstrumentPolicy policy)
    {
        var hasPrice = incoming.Price != 0;
        var worst = incoming.HasBudget
            ? incoming.Budget
            : Money.Notional(incoming.Price, incoming.Open, instrument.NotionalUnits);
        var code = _checks.Size(
            in policy, incoming.Quantity, !incoming.HasBudget, worst, hasPrice || incoming.HasBudget);
        if (code != RejectCode.None)
        {
            return code;
        }

        code = command.ClientOrderId == 0 ? RejectCode.None : CheckClientOrderId(in command);
        if (code != RejectCode.None)
        {
            return code;
        }

        if (!hasPrice)
        {
            return _refusal.Of(RejectCode.NoLiquidity);
        }

        if (command.Type == OrderType.Limit
            && !OrderChecks.IsInBand(in policy, instrument.ReferencePrice, incoming.Price, out var bound))
        {
            return _refusal.Of(RejectCode.PriceBand, incoming.Price, bound);
        }

        code = CheckMarket(in command, in incoming, in instrument);
        if (code != RejectCode.None)
        {
            return code;
        }

        incoming.Hold = incoming.HasBudget
            ? Settlement.HoldOf(in incoming, in instrument)
            : Settlement.FirstHoldOf(incoming.Side, worst, incoming.Open, incoming.WorstRate, in instrument);
        var asset = incoming.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset;
        var balance = state.FindHintedBalance(incoming.Account, asset);
        var available = balance < 0 ? 0 : state.Balances.At(balance).Available;
        incoming.BaseBalance = incoming.Side == Side.Sell ? balance : -1;
        incoming.QuoteBalance = incoming.Side == Side.Buy ? balance : -1;
        return available < incoming.Hold
            ? _refusal.Of(RejectCode.InsufficientFunds, incoming.Hold, available)
            : RejectCode.None;
    }

    private RejectCode CheckClientOrderId(in PlaceOrder command)
    {
        var account = command.Header.Account.Value;
        if (state.FindClientOrderId(account, command.ClientOrderId) >= 0)
        {
            return _refusal.Of(RejectCode.DuplicateClientOrderId);
        }

        var taken = state.Accounts.At((int)account).ClientOrderIds;
        var most = state.Globals.Policy.ClientOrderIdsMax;
        if (taken >= most)
        {
            return _refusal.Of(RejectCode.ClientOrderIdsFull, taken, most);
        }

        var all = state.ClientOrderIdSlots.Count;
        return all >= state.Caps.ClientOrderIds
            ? _refusal.Of(RejectCode.ClientOrderIdsFull, all, state.Caps.ClientOrderIds)
            : RejectCode.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RejectCode CheckMarket(in PlaceOrder command, in IncomingOrder incoming, in Instrument instrument)
    {
        var book = state.Books[incoming.Instrument];
        if (OrderRules.Waits(command.Type))
        {
            var stop = command.StopPrice.Ticks;
            var last = instrument.LastPrice;
            var isReached = OrderRules.TriggersOnRise(command.Type, command.Side) ? last >= stop : last <= stop;
            return last != 0 && isReached ? _refusal.Of(RejectCode.StopWouldTrigger, stop, last) : RejectCode.None;
        }

        if (incoming.PostOnly && book.Crosses(incoming.Side, incoming.Price))
        {
            return _refusal.Of(
                RejectCode.PostOnlyWouldCross, incoming.Price, book.BestOpposite(incoming.Side));
        }

        if (command.TimeInForce != TimeInForce.FillOrKill)
        {
            return RejectCode.None;
        }

        var fillable = market.Fillable(in incoming);
        return fillable < incoming.Open
            ? _refusal.Of(RejectCode.FillOrKillUnfillable, fillable, incoming.Open)
            : RejectCode.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        AskForNextSlot();
        var own = incoming.Side == Side.Buy ? incoming.QuoteBalance : incoming.BaseBalance;
        if (own < 0)
        {
            own = TakeOwnBalance(ref incoming, in instrument);
        }

        ref var balance = ref state.Balances.Write(own);
        balance.Hold(incoming.Hold);
        if (incoming.ClientOrderId != 0)
        {
            keys.TakeClientOrderId(incoming.Account, incoming.ClientOrderId, incoming.Id);
        }

        AppendAccepted(in command, in incoming, ref instrument, balance.Available);
    }

    // An order may hold nothing and its account have no balance of the asset yet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int TakeOwnBalance(ref IncomingOrder incoming, in Instrument instrument)
    {
        ref var own = ref incoming.Side == Side.Buy ? ref incoming.QuoteBalance : ref incoming.BaseBalance;
        own = state.FindOrAddBalance(
            incoming.Account, incoming.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset);
        return own;
    }

    // A slot that a cancel has just freed is near; one that was free for long is not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AskForNextSlot()
    {
        var next = state.OrderSlots.Peek();
        if (next < state.Orders.Limit)
        {
            state.Orders.AskAll(next);
        }
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
