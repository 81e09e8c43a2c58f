using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>Where the journal and the log stand. Moved by every journal entry.</summary>
internal readonly record struct LedgerHead(
    ulong Number, ulong Chain, ushort Epoch, ulong LogIndex, long LogTime, ulong Term);

/// <summary>
/// All the ledger knows: the fold of its journal. Only <see cref="Append"/> moves money, and it takes nothing but a
/// journal entry, so a ledger that follows events and one rebuilt from its journal run the same code.
/// </summary>
internal sealed class LedgerState(LedgerCapacity capacity)
{
    private LedgerHead _headAtMark;

    public LedgerTable<LedgerAccount, BalanceRow> Balances { get; } = new();

    public LedgerTable<AssetId, TotalsRow> Totals { get; } = new();

    public LedgerTable<OrderId, OrderHold> Orders { get; } = new();

    public LedgerTable<uint, StreamCursor> Streams { get; } = new();

    public LedgerTable<uint, InstrumentRow> Instruments { get; } = new();

    public LedgerTable<ulong, ReversedRow> Reversed { get; } = new();

    public LedgerTable<UInt128, ReversalReferenceRow> ReversalReferences { get; } = new();

    public LedgerHead Head { get; private set; }

    public ulong Hash
    {
        get
        {
            var tables = StableHash.Mix(Balances.Hash, Orders.Hash);
            tables = StableHash.Mix(tables, Streams.Hash);
            tables = StableHash.Mix(tables, Instruments.Hash);
            tables = StableHash.Mix(tables, Reversed.Hash);
            var journal = StableHash.Mix(Head.Number, Head.Chain);
            var log = StableHash.Mix(StableHash.Mix(Head.Epoch, Head.LogIndex), Head.Term);
            return StableHash.Mix(StableHash.Mix(tables, journal), StableHash.Mix(log, unchecked((ulong)Head.LogTime)));
        }
    }

    public Int128 Balance(LedgerAccount account) => Balances.Get(account).Units;

    /// <summary>What happened up to here stays. Called at the end of everything that succeeds.</summary>
    public void Mark()
    {
        Balances.Mark();
        Totals.Mark();
        Orders.Mark();
        Streams.Mark();
        Instruments.Mark();
        Reversed.Mark();
        ReversalReferences.Mark();
        _headAtMark = Head;
    }

    /// <summary>Back to the last mark.</summary>
    public void Rollback()
    {
        Balances.Rollback();
        Totals.Rollback();
        Orders.Rollback();
        Streams.Rollback();
        Instruments.Rollback();
        Reversed.Rollback();
        ReversalReferences.Rollback();
        Head = _headAtMark;
    }

    /// <summary>Takes the next entry. With an error the state is half moved: the caller rolls back.</summary>
    public LedgerError Append(JournalEntry entry)
    {
        var error = CheckOrder(entry);
        if (error == LedgerError.None)
        {
            error = Post(entry);
        }

        if (error == LedgerError.None)
        {
            error = Note(entry);
        }

        if (error == LedgerError.None)
        {
            Head = new LedgerHead(
                entry.Number, entry.Chain, entry.Kind == JournalEntryKind.Reversal ? Head.Epoch : entry.Reference.Epoch,
                entry.LogIndex, entry.LogTime, entry.Term);
        }

        return error;
    }

    private LedgerError CheckOrder(JournalEntry entry)
    {
        if (entry.Number != Head.Number + 1)
        {
            return LedgerError.JournalOutOfOrder;
        }

        if (entry.PreviousChain != Head.Chain)
        {
            return LedgerError.JournalChainBroken;
        }

        if (entry.LogIndex < Head.LogIndex || entry.LogTime < Head.LogTime)
        {
            return LedgerError.JournalOutOfOrder;
        }

        return IsWhole(entry) ? LedgerError.None : LedgerError.JournalMalformed;
    }

    /// <summary>True where the kind is known and the entry has what its kind needs.</summary>
    private static bool IsWhole(JournalEntry entry) => entry.Kind switch
    {
        JournalEntryKind.InstrumentListed => entry.Postings.Length == 0 && EventLegs.IsListable(entry.Terms),
        JournalEntryKind.StreamAdvanced => entry.Postings.Length == 0,
        > JournalEntryKind.None and < JournalEntryKind.InstrumentListed =>
            entry.Postings.Length is > 0 and <= LedgerLimits.PostingsMax,
        _ => false,
    };

    /// <summary>Moves all legs, then looks at what they touched: in between a balance may be negative.</summary>
    private LedgerError Post(JournalEntry entry)
    {
        foreach (var posting in entry.Postings)
        {
            var error = IsWellFormed(in posting)
                ? Move(in posting, entry.Reference.Stream)
                : LedgerError.JournalMalformed;
            if (error != LedgerError.None)
            {
                return error;
            }
        }

        foreach (var posting in entry.Postings)
        {
            var error = CheckMoved(posting.Account);
            if (error != LedgerError.None)
            {
                return error;
            }
        }

        return LedgerError.None;
    }

    /// <summary>True for a leg that a ledger can have made.</summary>
    public static bool IsWellFormed(in Posting posting)
    {
        var account = posting.Account;
        var units = posting.Amount.Units;
        var isKnown = account.Kind is >= LedgerAccountKind.Available and <= LedgerAccountKind.Adjustments;
        var isOwned = account.HasOwner == (account.Account.Value != 0);
        var isOrdered = (account.Kind == LedgerAccountKind.Held) == (posting.Order.Value != 0);
        var isInRange = units != 0 && units <= LedgerLimits.PostingMax && units >= -LedgerLimits.PostingMax;
        return isKnown && isOwned && isOrdered && isInRange && account.Asset.Value != 0;
    }

    private LedgerError Move(in Posting posting, uint stream)
    {
        var account = posting.Account;
        var units = posting.Amount.Units;
        var isNew = !Balances.TryGet(account, out var balance);
        if (isNew && Balances.Count >= capacity.BalancesMax)
        {
            return LedgerError.CapacityExhausted;
        }

        Balances.Set(account, new BalanceRow(balance.Units + units));
        Totals.Set(account.Asset, new TotalsRow(Totals.Get(account.Asset).Balance.Plus(account.Kind, units)));
        return account.Kind == LedgerAccountKind.Held ? MoveHold(in posting, stream) : LedgerError.None;
    }

    private LedgerError MoveHold(in Posting posting, uint stream)
    {
        var account = posting.Account;
        var isOpen = Orders.TryGet(posting.Order, out var hold);
        if (!isOpen)
        {
            if (Orders.Count >= capacity.OrdersMax)
            {
                return LedgerError.CapacityExhausted;
            }

            hold = new OrderHold(account.Account, account.Asset, stream, 0);
        }

        if (hold.Account != account.Account || hold.Asset != account.Asset || hold.Instrument != stream)
        {
            return LedgerError.OrderMismatch;
        }

        var units = hold.Units + posting.Amount.Units;
        if (units < 0)
        {
            return LedgerError.HoldExceeded;
        }

        if (units > 0)
        {
            Orders.Set(posting.Order, hold with { Units = units });
        }
        else
        {
            // Nothing left to hold: the order is done, or about to be. A row less keeps the table to open orders.
            Orders.Remove(posting.Order);
        }

        return LedgerError.None;
    }

    private LedgerError CheckMoved(LedgerAccount account)
    {
        var balance = Balance(account);
        if (account.Kind == LedgerAccountKind.Available && balance < 0 && account.Account != AccountId.House)
        {
            return LedgerError.InsufficientAvailable;
        }

        var totals = Totals.Get(account.Asset).Balance;
        if (!IsInRange(balance) || !IsInRange(totals.Of(account.Kind).Units))
        {
            return LedgerError.Overflow;
        }

        return totals.Sum.Units == 0 ? LedgerError.None : LedgerError.JournalUnbalanced;
    }

    private static bool IsInRange(Int128 units) =>
        units <= LedgerLimits.BalanceMax && units >= -LedgerLimits.BalanceMax;

    /// <summary>What an entry changes beside balances.</summary>
    private LedgerError Note(JournalEntry entry)
    {
        if (entry.Kind == JournalEntryKind.Reversal)
        {
            return NoteReversal(entry);
        }

        // A stream only moves forward; an advance may repeat where the stream was followed to and not yet recorded.
        var reference = entry.Reference;
        var cursor = Streams.Get(reference.Stream);
        var isNext = reference.Sequence > cursor.Sequence
            || (reference.Sequence == cursor.Sequence && reference.Sequence != 0 && !cursor.IsRecorded);
        if (!isNext || reference.Epoch < Head.Epoch)
        {
            return LedgerError.JournalOutOfOrder;
        }

        if (entry.Kind == JournalEntryKind.InstrumentListed)
        {
            if (Instruments.TryGet(reference.Stream, out _))
            {
                return LedgerError.InstrumentExists;
            }

            Instruments.Set(reference.Stream, new InstrumentRow(entry.Terms));
        }

        var next = new StreamCursor(reference.Epoch, reference.Sequence, entry.ContentHash, IsRecorded: true);
        Streams.Set(reference.Stream, in next);
        return LedgerError.None;
    }

    private LedgerError NoteReversal(JournalEntry entry)
    {
        if (entry.Reverses == 0 || entry.Reverses >= entry.Number || entry.OutsideReference == 0)
        {
            return LedgerError.JournalMalformed;
        }

        if (Reversed.TryGet(entry.Reverses, out _) || ReversalReferences.TryGet(entry.OutsideReference, out _))
        {
            return LedgerError.AlreadyReversed;
        }

        if (Reversed.Count >= capacity.ReversalsMax)
        {
            return LedgerError.CapacityExhausted;
        }

        Reversed.Set(entry.Reverses, new ReversedRow(entry.OutsideReference));
        ReversalReferences.Set(entry.OutsideReference, new ReversalReferenceRow(entry.Reverses));
        return LedgerError.None;
    }
}
