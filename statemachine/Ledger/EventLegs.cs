using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// Says what each event means in money. Reads the state, writes the draft, moves nothing. What an event claims is held
/// against what the ledger knows.
/// </summary>
internal sealed class EventLegs(LedgerState state)
{
    /// <summary>Drafts the journal entry of a new event; the draft stays empty where no money moves.</summary>
    public LedgerError Draft(in EventEnvelope envelope, JournalDraft draft)
    {
        if (envelope.Stream == EventStream.System)
        {
            return CheckSystem(envelope.Kind);
        }

        if (envelope.Stream == EventStream.Ledger)
        {
            return envelope.Kind switch
            {
                EventKind.AssetCreated => LedgerError.None,
                EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted =>
                    DraftBalance(in envelope.As<BalanceChanged>(), draft),
                _ => LedgerError.WrongStream,
            };
        }

        var isListed = state.Instruments.TryGet(envelope.Stream, out var instrument);
        if (envelope.Kind == EventKind.InstrumentCreated)
        {
            return isListed
                ? LedgerError.InstrumentExists
                : DraftInstrument(in envelope.As<InstrumentCreated>(), draft);
        }

        return isListed ? DraftMarket(in envelope, instrument.Terms, draft) : LedgerError.UnknownInstrument;
    }

    /// <summary>True for terms within their ranges: two assets, and units that cannot overflow a notional.</summary>
    public static bool IsListable(in InstrumentTerms terms)
    {
        var isPair = terms.BaseAsset.Value != 0 && terms.QuoteAsset.Value != 0 && terms.BaseAsset != terms.QuoteAsset;
        return isPair && terms.Symbol != 0 && IsUnits(terms.LotUnits) && IsUnits(terms.NotionalUnits);
    }

    /// <summary>The system's stream moves no money; rejects that name no instrument stand in it.</summary>
    private static LedgerError CheckSystem(EventKind kind) => kind switch
    {
        EventKind.OrderRejected or EventKind.CommandRejected => LedgerError.None,
        EventKind.Administered or EventKind.TimerFired or EventKind.Checkpoint => LedgerError.None,
        _ => LedgerError.WrongStream,
    };

    private LedgerError DraftMarket(in EventEnvelope envelope, in InstrumentTerms terms, JournalDraft draft) =>
        envelope.Kind switch
        {
            EventKind.OrderAccepted => DraftAccepted(in envelope.As<OrderAccepted>(), in terms, draft),
            EventKind.TradeExecuted => TradeLegs.Draft(
                in envelope.As<TradeExecuted>(), in terms, state.Orders, draft),
            EventKind.OrderCancelled => DraftCancelled(in envelope.As<OrderCancelled>(), in terms, draft),
            EventKind.OrderAmended or EventKind.OrderReplaced => DraftChanged(
                in envelope.As<OrderChanged>(), in terms, draft),
            EventKind.SelfTradePrevented => DraftPrevented(in envelope.As<SelfTradePrevented>(), draft),
            EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted or EventKind.AssetCreated =>
                LedgerError.WrongStream,
            EventKind.Administered or EventKind.TimerFired or EventKind.Checkpoint => LedgerError.WrongStream,
            _ => LedgerError.None,
        };

    private static LedgerError DraftInstrument(in InstrumentCreated created, JournalDraft draft)
    {
        var terms = new InstrumentTerms(
            created.Symbol, created.BaseAsset, created.QuoteAsset, created.LotUnits, created.NotionalUnits);
        if (!IsListable(in terms))
        {
            return LedgerError.FieldOutOfRange;
        }

        draft.Kind = JournalEntryKind.InstrumentListed;
        draft.Terms = terms;
        return LedgerError.None;
    }

    private LedgerError DraftAccepted(in OrderAccepted accepted, in InstrumentTerms terms, JournalDraft draft)
    {
        var isNamed = accepted.Account.Value != 0 && accepted.OrderId.Value != 0;
        if (!isNamed || !IsSide(accepted.Side) || !IsHold(accepted.Hold))
        {
            return LedgerError.FieldOutOfRange;
        }

        if (state.Orders.TryGet(accepted.OrderId, out _))
        {
            return LedgerError.OrderExists;
        }

        var asset = HeldAsset(accepted.Side, in terms);
        draft.Kind = JournalEntryKind.HoldPlaced;
        draft.User = accepted.User;
        draft.Hold(accepted.Account, asset, accepted.OrderId, accepted.Hold.Units);
        draft.Receipt(accepted.Account, asset, accepted.Available);
        return LedgerError.None;
    }

    private LedgerError DraftCancelled(in OrderCancelled cancelled, in InstrumentTerms terms, JournalDraft draft)
    {
        if (!IsSide(cancelled.Side) || !IsHold(cancelled.Released))
        {
            return LedgerError.FieldOutOfRange;
        }

        var asset = HeldAsset(cancelled.Side, in terms);
        var error = TryHold(
            cancelled.OrderId, cancelled.Account, asset, cancelled.Header.Stream, cancelled.Released, out var held);
        if (error != LedgerError.None)
        {
            return error;
        }

        if (cancelled.Released.Units != held)
        {
            return draft.Refuse(LedgerError.HoldMismatch, cancelled.Released.Units, held);
        }

        draft.Kind = JournalEntryKind.HoldReleased;
        draft.Hold(cancelled.Account, asset, cancelled.OrderId, -held);
        return LedgerError.None;
    }

    private LedgerError DraftChanged(in OrderChanged changed, in InstrumentTerms terms, JournalDraft draft)
    {
        if (!IsSide(changed.Side) || !IsHold(changed.Hold))
        {
            return LedgerError.FieldOutOfRange;
        }

        var asset = HeldAsset(changed.Side, in terms);
        var error = TryHold(changed.OrderId, changed.Account, asset, changed.Header.Stream, changed.Hold, out var held);
        if (error != LedgerError.None)
        {
            return error;
        }

        // An amendment only takes lots away, so it never needs more.
        if (changed.Header.Kind == EventKind.OrderAmended && changed.Hold.Units > held)
        {
            return draft.Refuse(LedgerError.HoldExceeded, changed.Hold.Units, held);
        }

        draft.Kind = JournalEntryKind.HoldChanged;
        draft.Hold(changed.Account, asset, changed.OrderId, changed.Hold.Units - held);
        draft.Receipt(changed.Account, asset, changed.Available);
        return LedgerError.None;
    }

    private LedgerError DraftPrevented(in SelfTradePrevented prevented, JournalDraft draft)
    {
        if (!IsHold(prevented.MakerHold) || !IsHold(prevented.TakerHold))
        {
            return LedgerError.FieldOutOfRange;
        }

        if (prevented.MakerOrderId == prevented.TakerOrderId)
        {
            return LedgerError.OrderMismatch;
        }

        draft.Kind = JournalEntryKind.HoldReleased;
        var stream = prevented.Header.Stream;
        var error = DraftShrunk(prevented.MakerOrderId, prevented.MakerHold, stream, draft);
        return error == LedgerError.None
            ? DraftShrunk(prevented.TakerOrderId, prevented.TakerHold, stream, draft)
            : error;
    }

    private LedgerError DraftShrunk(OrderId order, Amount holdAfter, uint stream, JournalDraft draft)
    {
        if (!state.Orders.TryGet(order, out var hold))
        {
            return holdAfter.Units == 0 ? LedgerError.None : LedgerError.UnknownOrder;
        }

        if (hold.Instrument != stream)
        {
            return LedgerError.OrderMismatch;
        }

        if (holdAfter.Units > hold.Units)
        {
            return draft.Refuse(LedgerError.HoldExceeded, holdAfter.Units, hold.Units);
        }

        draft.Hold(hold.Account, hold.Asset, order, holdAfter.Units - hold.Units);
        return LedgerError.None;
    }

    private LedgerError DraftBalance(in BalanceChanged changed, JournalDraft draft)
    {
        var kind = changed.Header.Kind;
        var units = changed.Amount.Units;
        var isNamed = changed.Account.Value != 0 && changed.Asset.Value != 0;
        var isInRange = units != 0 && units <= Amount.Max.Units && units >= -Amount.Max.Units;
        var isSigned = kind switch
        {
            EventKind.Deposited => units > 0,
            EventKind.Withdrawn => units < 0,
            _ => true,
        };
        if (!isNamed || !isInRange || !isSigned)
        {
            return LedgerError.FieldOutOfRange;
        }

        (draft.Kind, var counter) = Counter(in changed);
        draft.OutsideReference = changed.Reference;
        draft.User = changed.User;
        draft.Approver = changed.Approver;
        draft.Post(LedgerAccount.Available(changed.Account, changed.Asset), units);
        draft.Post(counter, -units);
        draft.Receipt(changed.Account, changed.Asset, changed.Available);
        return LedgerError.None;
    }

    private (JournalEntryKind Kind, LedgerAccount Account) Counter(in BalanceChanged changed)
    {
        var kind = changed.Header.Kind;
        if (kind == EventKind.Deposited)
        {
            return (JournalEntryKind.Deposit, LedgerAccount.Counter(LedgerAccountKind.Deposits, changed.Asset));
        }

        if (kind == EventKind.Withdrawn)
        {
            return (JournalEntryKind.Withdrawal, LedgerAccount.Counter(LedgerAccountKind.Withdrawals, changed.Asset));
        }

        // An adjustment under a reversal's reference carries the reversal out: it moves what the ledger set aside,
        // at most all of it. Any other one, and any that goes beyond, is an adjustment of its own.
        var correction = LedgerAccount.Correction(changed.Account, changed.Asset);
        var pending = state.Balance(correction);
        var units = changed.Amount.Units;
        var carriesOut = state.ReversalReferences.TryGet(changed.Reference, out _)
            && (units > 0 ? units <= pending : units >= pending);
        return carriesOut
            ? (JournalEntryKind.CorrectionSettled, correction)
            : (JournalEntryKind.Adjustment, LedgerAccount.Counter(LedgerAccountKind.Adjustments, changed.Asset));
    }

    /// <summary>
    /// What the order holds, after checking whose it is. An order the ledger does not know holds nothing, which is
    /// right where the event says so too: one by budget may be too small to hold a lot, and a decremented one is gone
    /// before its cancel.
    /// </summary>
    private LedgerError TryHold(
        OrderId order, AccountId account, AssetId asset, uint stream, Amount claimed, out Int128 held)
    {
        held = 0;
        if (!state.Orders.TryGet(order, out var hold))
        {
            return claimed.Units == 0 ? LedgerError.None : LedgerError.UnknownOrder;
        }

        held = hold.Units;
        return hold.Account == account && hold.Asset == asset && hold.Instrument == stream
            ? LedgerError.None
            : LedgerError.OrderMismatch;
    }

    private static AssetId HeldAsset(Side side, in InstrumentTerms terms) =>
        side == Side.Buy ? terms.QuoteAsset : terms.BaseAsset;

    private static bool IsSide(Side side) => side is Side.Buy or Side.Sell;

    private static bool IsHold(Amount amount) => amount.Units >= 0 && amount.Units <= Amount.Max.Units;

    private static bool IsUnits(long units) => units is >= 1 and <= CreateInstrument.UnitsMax;
}
