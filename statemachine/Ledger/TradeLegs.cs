using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>Turns a trade into legs: captures from both holds, payment, delivery, fees and releases.</summary>
internal static class TradeLegs
{
    /// <summary>
    /// Writes the legs of a trade, after holding it against the orders' holds and the instrument's terms.
    /// </summary>
    public static LedgerError Draft(
        in TradeExecuted trade, in InstrumentTerms terms, LedgerTable<OrderId, OrderHold> orders, JournalDraft draft)
    {
        var error = CheckFields(in trade, in terms, draft);
        if (error != LedgerError.None)
        {
            return error;
        }

        var maker = new Party(trade.MakerOrderId, trade.Maker, trade.MakerFee.Units, trade.MakerHold.Units);
        var taker = new Party(trade.TakerOrderId, trade.Taker, trade.TakerFee.Units, trade.TakerHold.Units);
        var buyer = trade.TakerSide == Side.Buy ? taker : maker;
        var seller = trade.TakerSide == Side.Buy ? maker : taker;
        var notional = trade.Notional.Units;
        var delivered = (Int128)trade.Quantity.Lots * terms.LotUnits;

        draft.Kind = JournalEntryKind.Trade;
        error = Capture(in buyer, terms.QuoteAsset, notional + buyer.Fee, trade.Header.Stream, orders, draft);
        if (error != LedgerError.None)
        {
            return error;
        }

        error = Capture(in seller, terms.BaseAsset, delivered, trade.Header.Stream, orders, draft);
        if (error != LedgerError.None)
        {
            return error;
        }

        // What the buyer lost and the seller and the house got: notional + buyer's fee = (notional − seller's fee) +
        // both fees. A rebate is a negative fee: the house pays it.
        draft.Post(LedgerAccount.Available(seller.Account, terms.QuoteAsset), notional - seller.Fee);
        draft.Post(LedgerAccount.Available(AccountId.House, terms.QuoteAsset), buyer.Fee);
        draft.Post(LedgerAccount.Available(AccountId.House, terms.QuoteAsset), seller.Fee);
        draft.Post(LedgerAccount.Available(buyer.Account, terms.BaseAsset), delivered);
        return LedgerError.None;
    }

    private static LedgerError CheckFields(in TradeExecuted trade, in InstrumentTerms terms, JournalDraft draft)
    {
        var isPriced = trade.Price.Ticks is >= 1 and <= Price.Max && trade.Quantity.Lots is >= 1 and <= Quantity.Max;
        var isNamed = trade.Maker.Value != 0 && trade.Taker.Value != 0 && trade.TakerSide is Side.Buy or Side.Sell;
        if (!isPriced || !isNamed || !IsHold(trade.MakerHold) || !IsHold(trade.TakerHold))
        {
            return LedgerError.FieldOutOfRange;
        }

        // Cannot overflow: 2^36 ticks × 2^40 lots × 2^31 units (checked when listed) = 2^107.
        var notional = (Int128)trade.Price.Ticks * trade.Quantity.Lots * terms.NotionalUnits;
        if (trade.Notional.Units != notional)
        {
            return draft.Refuse(LedgerError.NotionalMismatch, trade.Notional.Units, notional);
        }

        if (!IsFee(trade.MakerFee, notional))
        {
            return draft.Refuse(LedgerError.FeeOutOfRange, trade.MakerFee.Units, notional);
        }

        return IsFee(trade.TakerFee, notional)
            ? LedgerError.None
            : draft.Refuse(LedgerError.FeeOutOfRange, trade.TakerFee.Units, notional);
    }

    private static bool IsHold(Amount amount) => amount.Units >= 0 && amount.Units <= Amount.Max.Units;

    // Rates are at most 10 %, but a fee is the step of a rounded-up sum and may reach the notional of a tiny trade.
    private static bool IsFee(Amount fee, Int128 notional) => fee.Units <= notional && fee.Units >= -notional;

    /// <summary>Takes from a hold what the trade needs, and gives back what the order no longer needs.</summary>
    private static LedgerError Capture(
        in Party party,
        AssetId asset,
        Int128 captured,
        uint stream,
        LedgerTable<OrderId, OrderHold> orders,
        JournalDraft draft)
    {
        if (!orders.TryGet(party.Order, out var hold))
        {
            return LedgerError.UnknownOrder;
        }

        if (hold.Account != party.Account || hold.Asset != asset || hold.Instrument != stream)
        {
            return LedgerError.OrderMismatch;
        }

        var released = hold.Units - captured - party.HoldAfter;
        if (released < 0)
        {
            return draft.Refuse(LedgerError.HoldExceeded, captured + party.HoldAfter, hold.Units);
        }

        draft.PostHeld(party.Account, asset, party.Order, -captured);
        draft.Hold(party.Account, asset, party.Order, -released);
        return LedgerError.None;
    }

    private readonly record struct Party(OrderId Order, AccountId Account, Int128 Fee, Int128 HoldAfter);
}
