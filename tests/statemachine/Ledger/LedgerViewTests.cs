using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;
using static Exchange.Rsm.StateMachine.Tests.Ledger.ScriptedCore;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

public sealed class LedgerViewTests
{
    [Fact]
    public void Ledger_rebuilt_from_its_journal_has_the_same_hash_and_goes_on()
    {
        var books = Books.Quoted();
        books.Core.Level();
        books.Apply();

        books.Restart();
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 4) { MakerHold = 60, TakerHold = 700 }).Cancel(1);
        books.Apply();

        books.AssertEqualToCore();
    }

    [Fact]
    public void Balance_at_a_log_index_or_time_is_what_it_was_then()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 4) { MakerHold = 60, TakerHold = 700 });
        books.Apply();

        LedgerView.TryRebuildAtIndex([.. books.Journal], 1, out var first);
        LedgerView.TryRebuildAtIndex([.. books.Journal], 2, out var second);
        LedgerView.TryRebuildAtTime([.. books.Journal], 1_029, out var timed);
        LedgerView.TryRebuildAtTime([.. books.Journal], 1_030, out var last);

        Assert.Equal(Balance(10_000, 0, index: 1), first.Balance(Alice, Cash));
        Assert.Equal(Balance(8_900, 1_100, index: 2), second.Balance(Alice, Cash));
        Assert.Equal(second.StateHash, timed.StateHash);
        Assert.Equal(books.Ledger.View.StateHash, last.StateHash);
        Assert.Equal(1_100, second.HoldOf(new OrderId(1)).Units);
        Assert.Equal(9_600, last.Balance(Alice, Cash).Total.Units);
    }

    [Fact]
    public void Accounts_and_assets_are_listed_in_the_order_of_first_use()
    {
        var view = Books.Quoted().Ledger.View;

        var accounts = Enumerable.Range(0, view.AccountCount).Select(view.AccountAt);
        Assert.Equal(
            [
                LedgerAccount.Available(Alice, Cash),
                LedgerAccount.Counter(LedgerAccountKind.Deposits, Cash),
                LedgerAccount.Available(Bob, Coin),
                LedgerAccount.Counter(LedgerAccountKind.Deposits, Coin),
                LedgerAccount.Held(Alice, Cash),
                LedgerAccount.Held(Bob, Coin),
            ],
            accounts);
        Assert.Equal([Cash, Coin], Enumerable.Range(0, view.AssetCount).Select(view.AssetAt));
        Assert.Equal(EventId.Of(1, Market, 3), view.LastOf(Market));
        Assert.Equal((Coin, Cash), (view.TermsOf(new(Market)).BaseAsset, view.TermsOf(new(Market)).QuoteAsset));
    }

    [Fact]
    [Trait("Covers", "INV-05")]
    public void Trial_balance_shows_where_everything_is_and_adds_up_to_zero()
    {
        var books = Books.Quoted();
        books.Core.Withdraw(Alice, Cash, 500).Adjust(Alice, Cash, 7);
        books.Apply();

        var balance = books.Ledger.View.TrialBalance(Cash);

        Assert.Equal(
            new TrialBalance(new(8_407), new(1_100), default, new(-10_000), new(500), new(-7)), balance);
        Assert.Equal(0, balance.Sum.Units);
    }

    public static TheoryData<LedgerError, string> Damages => new()
    {
        { LedgerError.JournalOutOfOrder, "lost entry" },
        { LedgerError.JournalOutOfOrder, "swapped entries" },
        { LedgerError.JournalChainBroken, "changed amount" },
        { LedgerError.JournalChainBroken, "other past" },
        { LedgerError.JournalUnbalanced, "unbalanced" },
        { LedgerError.JournalMalformed, "no owner" },
        { LedgerError.JournalMalformed, "amount out of range" },
        { LedgerError.JournalMalformed, "money entry without legs" },
        { LedgerError.JournalMalformed, "terms out of range" },
        { LedgerError.JournalOutOfOrder, "stream falls back" },
        { LedgerError.HoldExceeded, "hold below zero" },
        { LedgerError.InsufficientAvailable, "available below zero" },
        { LedgerError.InstrumentExists, "listed twice" },
        { LedgerError.AlreadyReversed, "reversed twice" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damaged_journal_is_refused_at_the_entry_that_is_wrong(LedgerError error, string damage)
    {
        var journal = Books.Quoted().Journal;
        Damage(journal, damage);

        var result = LedgerView.TryRebuild([.. journal], out var view);

        Assert.Equal(error, result.Error);
        Assert.Equal((ulong)result.Offset, view.JournalNumber);
        Assert.Equal(LedgerError.None, view.Audit());
    }

    [Fact]
    public void Audit_notices_a_balance_that_moved_by_itself()
    {
        var books = Books.Quoted();
        var state = books.Ledger.View.State;

        state.Balances.Set(LedgerAccount.Available(Bob, Coin), new BalanceRow(901));
        Assert.Equal(LedgerError.AuditFailed, books.Ledger.View.Audit());
        state.Rollback();
        Assert.Equal(LedgerError.None, books.Ledger.View.Audit());
        state.Orders.Set(new OrderId(1), new OrderHold(Alice, Cash, Market, 1_099));
        Assert.Equal(LedgerError.HoldMismatch, books.Ledger.View.Audit());
    }

    private static LedgerBalance Balance(Int128 available, Int128 held, ulong index) =>
        new(new Amount(available), new Amount(held), default, index);

    private static void Damage(List<JournalEntry> journal, string damage)
    {
        var cash = LedgerAccount.Available(Alice, Cash);
        var counter = LedgerAccount.Counter(LedgerAccountKind.Deposits, Cash);
        switch (damage)
        {
            case "lost entry":
                journal.RemoveAt(1);
                break;
            case "swapped entries":
                (journal[1], journal[2]) = (journal[2], journal[1]);
                break;
            case "changed amount":
                journal[1].Postings[0] = journal[1].Postings[0] with { Amount = new Amount(10_001) };
                break;
            case "other past":
                journal.Add(Next(journal, JournalEntryKind.Deposit, pastChain: 1, legs: [(cash, 1), (counter, -1)]));
                break;
            case "unbalanced":
                journal.Add(Next(journal, JournalEntryKind.Deposit, legs: [(cash, 2), (counter, -1)]));
                break;
            case "no owner":
                journal.Add(Next(journal, JournalEntryKind.Deposit, legs: [(cash with { Account = default }, 1)]));
                break;
            case "amount out of range":
                journal.Add(Next(journal, JournalEntryKind.Deposit, legs: [(cash, Int128.MinValue)]));
                break;
            case "money entry without legs":
                journal.Add(Next(journal, JournalEntryKind.Deposit));
                break;
            case "terms out of range":
                journal.Add(Next(journal, JournalEntryKind.InstrumentListed, stream: 2));
                break;
            case "stream falls back":
                journal.Add(Next(journal, JournalEntryKind.StreamAdvanced, stream: Market, sequence: 3));
                break;
            case "hold below zero":
                journal.Add(Next(journal, JournalEntryKind.HoldReleased, legs:
                    [(LedgerAccount.Held(Alice, Cash), -1_101), (cash, 1_101)]));
                break;
            case "available below zero":
                journal.Add(Next(journal, JournalEntryKind.Withdrawal, legs: [(cash, -8_901), (counter, 8_901)]));
                break;
            case "listed twice":
                journal.Add(Next(
                    journal, JournalEntryKind.InstrumentListed, stream: Market, terms: new(1, Coin, Cash, 1, 1)));
                break;
            default:
                journal.Add(Next(journal, JournalEntryKind.Reversal, legs: [(cash, 1), (counter, -1)]));
                journal.Add(Next(journal, JournalEntryKind.Reversal, legs: [(cash, 1), (counter, -1)]));
                break;
        }
    }

    private static JournalEntry Next(
        List<JournalEntry> journal,
        JournalEntryKind kind,
        (LedgerAccount Account, Int128 Units)[]? legs = null,
        uint stream = Market,
        ulong sequence = 4,
        ulong pastChain = 0,
        InstrumentTerms terms = default)
    {
        var postings = (legs ?? []).Select(leg => new Posting(
            leg.Account,
            new OrderId(leg.Account.Kind == LedgerAccountKind.Held ? 1UL : 0),
            new Amount(leg.Units)));
        var entry = new JournalEntry
        {
            Number = (ulong)journal.Count + 1,
            Kind = kind,
            Reference = EventId.Of(1, stream, sequence),
            LogIndex = 9,
            LogTime = 9_000,
            Term = 7,
            OutsideReference = 1,
            Reverses = 2,
            Terms = terms,
            Postings = [.. postings],
            PreviousChain = journal[^1].Chain + pastChain,
        };
        entry.Chain = JournalCodec.ChainOf(entry, new OutputBuffer());
        return entry;
    }
}
