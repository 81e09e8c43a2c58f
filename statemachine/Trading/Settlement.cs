using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Settles what the book matches for one incoming order: money from holds, fees with the house, holds anew, events.
/// </summary>
internal ref struct Settlement(
    ExchangeState state, EventWriter events, OpenOrders openOrders, ref IncomingOrder taker) : IMatchSink
{
    /// <summary>The incoming order. By reference: copying its 300 bytes in and out cost more than a match.</summary>
    public readonly ref IncomingOrder Taker = ref taker;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Prevents(uint group) =>
        group == Taker.Group && Taker.Prevention != SelfTradePrevention.None;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Affordable(long price, long lots)
    {
        if (!Taker.HasBudget)
        {
            return Taker.StepsLeft == 0 ? 0 : lots;
        }

        if (Taker.StepsLeft == 0)
        {
            return 0;
        }

        var lot = Money.Notional(price, 1, state.Instruments.At((int)Taker.Instrument).NotionalUnits);
        return (long)Int128.Min(lots, Taker.Budget / lot);
    }

    public void Fill(int slot, ref Order maker, long price, long lots)
    {
        ref var instrument = ref state.Instruments.At((int)Taker.Instrument);
        state.Orders.Touch(slot);
        ref var terms = ref state.Orders.Write(slot).Terms;
        var notional = Money.Notional(price, lots, instrument.NotionalUnits);
        // A rebate is paid out of the taker's fee: the taker's rate may have been lowered since the maker's was fixed.
        var makerRate = Math.Max(terms.MakerRate, -Taker.TakerRate);
        var makerFee = Money.Charge(notional, makerRate, ref terms.FeeAccrued, ref terms.RebateAccrued);
        var takerFee = Money.Charge(notional, Taker.TakerRate, ref Taker.FeeAccrued, ref Taker.RebateAccrued);
        Taker.StepsLeft--;
        Taker.Open -= lots;
        Taker.Executed += lots;
        Taker.Notional += notional;
        Taker.LastPrice = price;
        Taker.Budget -= Taker.HasBudget ? notional : 0;

        var makerHold = HoldOf(maker.Side, maker.Price, maker.Open - lots, in terms, in instrument);
        var takerHold = HoldOf(in Taker, in instrument);
        var baseUnits = Money.Product(lots, instrument.LotUnits);
        FindBalances(maker.Account, in instrument, ref terms.BaseBalance, ref terms.QuoteBalance);
        FindBalances(Taker.Account, in instrument, ref Taker.BaseBalance, ref Taker.QuoteBalance);
        Settle(
            new Leg(terms.BaseBalance, terms.QuoteBalance, terms.Hold - makerHold, makerFee),
            new Leg(Taker.BaseBalance, Taker.QuoteBalance, Taker.Hold - takerHold, takerFee),
            buyerIsTaker: Taker.Side == Side.Buy,
            baseUnits,
            notional);
        PayHouse(instrument.QuoteAsset, makerFee + takerFee);
        terms.Hold = makerHold;
        Taker.Hold = takerHold;

        ref var trade = ref events.Append<TradeExecuted>(EventKind.TradeExecuted, Taker.Instrument, ref instrument);
        trade.Price = new Price(price);
        trade.Quantity = new Quantity(lots);
        trade.MakerOrderId = new OrderId(maker.Id);
        trade.TakerOrderId = new OrderId(Taker.Id);
        trade.Maker = new AccountId(maker.Account);
        trade.Taker = new AccountId(Taker.Account);
        trade.TakerSide = Taker.Side;
        trade.Reserved0 = 0;
        trade.Reserved1 = 0;
        trade.Reserved2 = 0;
        trade.Notional = new Amount(notional);
        trade.MakerFee = new Amount(makerFee);
        trade.TakerFee = new Amount(takerFee);
        trade.MakerHold = new Amount(makerHold);
        trade.TakerHold = new Amount(takerHold);
    }

    public readonly void Done(int slot) => openOrders.Delete(slot);

    public readonly void Replenish(int slot, ref Order maker)
    {
        openOrders.Replenish(slot, ref maker);
    }

    public void LevelLeft(in PriceLevel level)
    {
        if (Taker.Ending != CancelReason.None)
        {
            openOrders.CancelIncoming(ref Taker);
        }

        events.BookDelta(
            Taker.Instrument,
            ref state.Instruments.At((int)Taker.Instrument),
            OrderBook.Flip(Taker.Side),
            in level);
    }

    public SelfTradeAction SelfTrade(int slot, ref Order maker, long price, long lots)
    {
        ref var instrument = ref state.Instruments.At((int)Taker.Instrument);
        state.Orders.Touch(slot);
        ref var terms = ref state.Orders.Write(slot).Terms;
        var decremented = 0L;
        Taker.StepsLeft--;
        if (Taker.Prevention == SelfTradePrevention.Decrement)
        {
            decremented = lots;
            terms.Quantity -= lots;
            Release(maker.Side, ref terms, HoldOf(maker.Side, maker.Price, maker.Open - lots, in terms, in instrument));
            DecrementTaker(price, lots, in instrument);
        }

        ref var prevented = ref events.Append<SelfTradePrevented>(
            EventKind.SelfTradePrevented, Taker.Instrument, ref instrument);
        prevented.Price = new Price(price);
        prevented.Quantity = new Quantity(decremented);
        prevented.MakerOrderId = new OrderId(maker.Id);
        prevented.TakerOrderId = new OrderId(Taker.Id);
        prevented.MakerHold = new Amount(terms.Hold);
        prevented.TakerHold = new Amount(Taker.Hold);
        switch (Taker.Prevention)
        {
            case SelfTradePrevention.ExpireMaker:
                return SelfTradeAction.RemoveMaker;
            case SelfTradePrevention.ExpireBoth:
                Taker.Ending = CancelReason.SelfTrade;
                return SelfTradeAction.RemoveMakerStopTaker;
            case SelfTradePrevention.Decrement:
                var isUsedUp = Taker.HasBudget ? Taker.Budget == 0 : Taker.Open == 0;
                Taker.Ending = isUsedUp ? CancelReason.SelfTrade : CancelReason.None;
                return SelfTradeAction.DecrementBoth;
            default:
                Taker.Ending = CancelReason.SelfTrade;
                return SelfTradeAction.StopTaker;
        }
    }

    public readonly void MakerExpired(int slot) => openOrders.CancelUnlinked(slot, CancelReason.SelfTrade);

    /// <summary>What an order of a side must hold for its open lots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 HoldOf(Side side, long price, long open, in OrderTerms terms, in Instrument instrument) =>
        side == Side.Sell
            ? Money.Product(open, instrument.LotUnits)
            : Money.BuyHold(
                Money.Notional(price, open, instrument.NotionalUnits),
                Math.Max(Math.Max(terms.MakerRate, terms.TakerRate), 0),
                terms.FeeAccrued);

    /// <summary>What an order by quantity must hold at first, given its worst notional.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 FirstHoldOf(Side side, Int128 worst, long open, int worstRate, in Instrument instrument) =>
        side == Side.Sell ? Money.Product(open, instrument.LotUnits) : Money.BuyHold(worst, worstRate, 0);

    /// <summary>What an incoming order must hold as it now stands.</summary>
    public static Int128 HoldOf(in IncomingOrder incoming, in Instrument instrument)
    {
        if (incoming.Side == Side.Buy)
        {
            var worst = incoming.HasBudget
                ? incoming.Budget
                : Money.Notional(incoming.Price, incoming.Open, instrument.NotionalUnits);
            return Money.BuyHold(worst, incoming.WorstRate, incoming.FeeAccrued);
        }

        return incoming.HasBudget
            ? Int128.Min(
                incoming.Budget / Money.Notional(incoming.Price, 1, instrument.NotionalUnits),
                incoming.Open) * instrument.LotUnits
            : Money.Product(incoming.Open, instrument.LotUnits);
    }

    // The balance of the asset that an order receives is looked for when it first trades: most orders never do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void FindBalances(
        uint account, in Instrument instrument, ref int baseBalance, ref int quoteBalance)
    {
        if (baseBalance < 0)
        {
            baseBalance = state.FindOrAddBalance(account, instrument.BaseAsset);
        }

        if (quoteBalance < 0)
        {
            quoteBalance = state.FindOrAddBalance(account, instrument.QuoteAsset);
        }
    }

    private readonly record struct Leg(int BaseBalance, int QuoteBalance, Int128 Released, Int128 Fee);

    // The buyer's hold is of quote, the seller's of base. What a hold gives up beyond the trade goes back to available.
    private readonly void Settle(in Leg maker, in Leg taker, bool buyerIsTaker, Int128 baseUnits, Int128 notional)
    {
        ref readonly var buyer = ref buyerIsTaker ? ref taker : ref maker;
        ref readonly var seller = ref buyerIsTaker ? ref maker : ref taker;
        ref var buyerQuote = ref state.Balances.Write(buyer.QuoteBalance);
        buyerQuote.Held -= buyer.Released;
        buyerQuote.Available += buyer.Released - notional - buyer.Fee;
        state.Balances.Write(buyer.BaseBalance).Available += baseUnits;
        ref var sellerBase = ref state.Balances.Write(seller.BaseBalance);
        sellerBase.Held -= seller.Released;
        sellerBase.Available += seller.Released - baseUnits;
        state.Balances.Write(seller.QuoteBalance).Available += notional - seller.Fee;
    }

    private readonly void PayHouse(uint asset, Int128 amount)
    {
        if (amount != 0)
        {
            var slot = state.FindOrAddBalance(AccountId.House.Value, asset);
            ref var house = ref state.Balances.Write(slot);
            house.Available += amount;
            Invariant.Check(house.Available >= -Balance.HouseDebtMax);
        }
    }

    private readonly void Release(Side side, ref OrderTerms terms, Int128 hold)
    {
        ref var balance = ref state.Balances.Write(side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance);
        balance.Held -= terms.Hold - hold;
        balance.Available += terms.Hold - hold;
        terms.Hold = hold;
    }

    private void DecrementTaker(long price, long lots, in Instrument instrument)
    {
        Taker.Open -= lots;
        Taker.Quantity -= Taker.HasBudget ? 0 : lots;
        Taker.Budget -= Taker.HasBudget ? Money.Notional(price, lots, instrument.NotionalUnits) : 0;
        var hold = HoldOf(in Taker, in instrument);
        ref var balance = ref state.Balances.Write(Taker.Side == Side.Buy ? Taker.QuoteBalance : Taker.BaseBalance);
        balance.Held -= Taker.Hold - hold;
        balance.Available += Taker.Hold - hold;
        Taker.Hold = hold;
    }
}
