using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>A journal entry in the making, reused from event to event.</summary>
internal sealed class JournalDraft
{
    private readonly List<Posting> _postings = new(16);

    public JournalEntryKind Kind { get; set; }

    public UInt128 OutsideReference { get; set; }

    public UserId User { get; set; }

    public UserId Approver { get; set; }

    public ulong Reverses { get; set; }

    public InstrumentTerms Terms { get; set; }

    /// <summary>The available account whose balance the event states, or none.</summary>
    public LedgerAccount ReceiptAccount { get; private set; }

    /// <summary>The balance it states.</summary>
    public Amount ReceiptAvailable { get; private set; }

    /// <summary>For a refusal: the value found.</summary>
    public Int128 Actual { get; private set; }

    /// <summary>For a refusal: the value it was held against.</summary>
    public Int128 Expected { get; private set; }

    /// <summary>True where there is nothing to write in the journal.</summary>
    public bool IsEmpty => _postings.Count == 0 && Kind != JournalEntryKind.InstrumentListed;

    public void Clear()
    {
        _postings.Clear();
        Kind = JournalEntryKind.None;
        OutsideReference = 0;
        User = default;
        Approver = default;
        Reverses = 0;
        Terms = default;
        ReceiptAccount = default;
        ReceiptAvailable = default;
        Actual = 0;
        Expected = 0;
    }

    /// <summary>Adds a leg; one of zero is left out.</summary>
    public void Post(LedgerAccount account, Int128 units)
    {
        if (units != 0)
        {
            _postings.Add(new Posting(account, default, new Amount(units)));
        }
    }

    /// <summary>Adds a leg on an order's hold; one of zero is left out.</summary>
    public void PostHeld(AccountId account, AssetId asset, OrderId order, Int128 units)
    {
        if (units != 0)
        {
            _postings.Add(new Posting(LedgerAccount.Held(account, asset), order, new Amount(units)));
        }
    }

    /// <summary>Moves from available to an order's hold; back where negative.</summary>
    public void Hold(AccountId account, AssetId asset, OrderId order, Int128 units)
    {
        Post(LedgerAccount.Available(account, asset), -units);
        PostHeld(account, asset, order, units);
    }

    /// <summary>Notes what the event says is available after it.</summary>
    public void Receipt(AccountId account, AssetId asset, Amount available)
    {
        ReceiptAccount = LedgerAccount.Available(account, asset);
        ReceiptAvailable = available;
    }

    /// <summary>Notes the two values that do not agree.</summary>
    public LedgerError Refuse(LedgerError error, Int128 actual, Int128 expected)
    {
        Actual = actual;
        Expected = expected;
        return error;
    }

    public Posting[] TakePostings() => _postings.Count == 0 ? [] : _postings.ToArray();
}
