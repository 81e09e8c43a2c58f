using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;
using static Exchange.Rsm.StateMachine.Tests.Ledger.ScriptedCore;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

public sealed class GeneralLedgerReversalTests
{
    private static readonly Reversal Request = new(0xC0FFEE, new UserId(5), new UserId(6));

    [Fact]
    public void Reversal_of_a_trade_is_its_mirror_image_on_the_correction_accounts()
    {
        var books = Traded();
        var original = books.Journal[^1];

        var result = books.Ledger.Reverse(original, in Request, books.Journal);

        Assert.Equal((LedgerError.None, 1), (result.Error, result.Applied));
        Assert.Equal(
            """
            Reversal
            Alice Correction cash +408
            Bob Correction coin +40
            Bob Correction cash -396
            House Correction cash -12
            Alice Correction coin -40
            """,
            Books.Text(books.Journal[^1]));
        Assert.Equal((original.Number, original.Reference), (books.Journal[^1].Reverses, books.Journal[^1].Reference));
        Assert.Equal((new UserId(5), new UserId(6)), (books.Journal[^1].User, books.Journal[^1].Approver));
        Assert.Equal(10_000, books.Ledger.View.Balance(Alice, Cash).Total.Units);
        Assert.Equal(1_000, books.Ledger.View.Balance(Bob, Coin).Total.Units);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Reversal_of_a_deposit_gives_back_what_the_counter_account_lost()
    {
        var books = Books.Funded();
        var deposit = books.Journal.Single(entry => entry.Postings.Any(leg => leg.Account.Account == Alice));

        books.Ledger.Reverse(deposit, in Request, books.Journal);

        Assert.Equal(
            "Reversal\nAlice Correction cash -10000\nDeposits cash +10000", Books.Text(books.Journal[^1]));
        Assert.Equal(0, books.Ledger.View.TrialBalance(Cash).Deposits.Units);
        Assert.Equal(0, books.Ledger.View.TrialBalance(Cash).Sum.Units);
    }

    [Fact]
    public void Adjustment_under_the_reversals_reference_carries_it_out()
    {
        var books = Traded();
        books.Ledger.Reverse(books.Journal[^1], in Request, books.Journal);
        books.Core.Adjust(Alice, Cash, 408, Request.Reference).Adjust(Bob, Coin, 40, Request.Reference)
            .Adjust(Bob, Cash, -396, Request.Reference).Adjust(House, Cash, -12, Request.Reference)
            .Adjust(Alice, Coin, -40, Request.Reference);

        books.Apply();

        Assert.Equal(
            "CorrectionSettled\nAlice Available coin -40\nAlice Correction coin +40",
            Books.Text(books.Journal[^1]));
        foreach (var asset in (AssetId[])[Coin, Cash])
        {
            Assert.Equal(0, books.Ledger.View.TrialBalance(asset).Correction.Units);
            Assert.Equal(0, books.Ledger.View.TrialBalance(asset).Adjustments.Units);
        }

        Assert.Equal(0, books.Ledger.Available(House, Cash).Units);
        books.AssertEqualToCore();
        books.Restart();
    }

    [Theory]
    [InlineData(409, 0xC0FFEE)]
    [InlineData(-1, 0xC0FFEE)]
    [InlineData(408, 0xC0DE)]
    public void Adjustment_that_goes_beyond_or_names_another_reference_stands_on_its_own(int amount, ulong reference)
    {
        var books = Traded();
        books.Ledger.Reverse(books.Journal[^1], in Request, books.Journal);
        books.Core.Adjust(Alice, Cash, amount, reference);

        books.Apply();

        Assert.Equal(JournalEntryKind.Adjustment, books.Journal[^1].Kind);
        Assert.Equal(408, books.Ledger.View.BalanceOf(LedgerAccount.Correction(Alice, Cash)).Units);
        books.AssertEqualToCore();
    }

    [Fact]
    [Trait("Covers", "INV-05")]
    public void Same_request_again_is_a_duplicate_also_after_a_restart()
    {
        var books = Traded();
        var original = books.Journal[^1];
        books.Ledger.Reverse(original, in Request, books.Journal);
        books.Restart();
        var before = books.Ledger.View.StateHash;

        var again = books.Ledger.Reverse(original, in Request, books.Journal);

        Assert.True(again.IsDuplicate);
        Assert.Equal(before, books.Ledger.View.StateHash);
    }

    [Fact]
    [Trait("Covers", "H-41")]
    public void Reversal_takes_two_persons()
    {
        var books = Traded();

        Refuse(books, LedgerError.SeparationOfDuties, books.Journal[^1], Request with { Approver = Request.User });
        Refuse(books, LedgerError.SeparationOfDuties, books.Journal[^1], Request with { Approver = default });
        Refuse(books, LedgerError.SeparationOfDuties, books.Journal[^1], Request with { User = default });
    }

    [Fact]
    public void Reversal_needs_a_reference_of_its_own()
    {
        var books = Traded();
        var trade = books.Journal[^1];
        books.Ledger.Reverse(trade, in Request, books.Journal);

        Refuse(books, LedgerError.FieldOutOfRange, trade, Request with { Reference = 0 });
        Refuse(books, LedgerError.Mismatch, books.Journal[1], Request);
        Refuse(books, LedgerError.AlreadyReversed, trade, Request with { Reference = 0xBEEF });
    }

    [Fact]
    public void Only_entries_that_moved_somebodys_money_are_reversed()
    {
        var books = Traded();
        books.Ledger.Reverse(books.Journal[^1], in Request, books.Journal);
        books.Core.Adjust(Alice, Cash, 408, Request.Reference).Cancel(1).Level();
        books.Apply();
        var reversible = books.Journal.Where(entry => entry.Kind is JournalEntryKind.Trade or JournalEntryKind.Deposit);

        foreach (var entry in books.Journal.Except(reversible))
            Refuse(books, LedgerError.NotReversible, entry, Request with { Reference = 2 });
    }

    [Fact]
    public void Entry_that_is_not_as_the_journal_has_it_is_not_reversed()
    {
        var books = Traded();
        var trade = books.Journal[^1];
        var deposit = books.Journal[1];

        Refuse(books, LedgerError.UnknownEntry, Altered(trade, trade.Number + 1), Request);
        Refuse(books, LedgerError.UnknownEntry, Altered(trade, 0), Request);
        Refuse(books, LedgerError.JournalChainBroken, Altered(trade, deposit.Number), Request);
        trade.Postings[0] = trade.Postings[0] with { Amount = new Amount(1) };
        Refuse(books, LedgerError.JournalChainBroken, trade, Request);
    }

    [Fact]
    public void Customers_money_that_is_gone_is_not_reversed()
    {
        var books = Traded();
        var trade = books.Journal[^1];
        books.Core.Withdraw(Bob, Cash, 1);
        books.Apply();

        Refuse(books, LedgerError.InsufficientAvailable, trade, Request);

        books.Core.Deposit(Bob, Cash, 1);
        books.Apply();
        Assert.Equal(LedgerError.None, books.Ledger.Reverse(trade, in Request, books.Journal).Error);
    }

    [Fact]
    public void Two_reversals_cannot_take_the_same_money()
    {
        var books = Books.Funded();
        books.Core.Withdraw(Alice, Cash, 10_000).Deposit(Alice, Cash, 7);
        books.Apply();
        books.Core.Deposit(Alice, Cash, 5);
        books.Apply();
        books.Core.Withdraw(Alice, Cash, 5);
        books.Apply();
        var (five, seven) = (books.Journal[^2], books.Journal[^3]);

        Assert.Equal(LedgerError.None, books.Ledger.Reverse(five, in Request, books.Journal).Error);
        Refuse(books, LedgerError.InsufficientAvailable, seven, Request with { Reference = 2 });
    }

    private static Books Traded()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 4)
        {
            TakerFee = 8,
            MakerFee = 4,
            TakerHold = 600,
            MakerHold = 60,
        });
        books.Apply();
        return books;
    }

    private static void Refuse(Books books, LedgerError error, JournalEntry original, Reversal request)
    {
        var before = (books.Ledger.View.StateHash, books.Journal.Count);
        Assert.Equal(error, books.Ledger.Reverse(original, in request, books.Journal).Error);
        Assert.Equal(before, (books.Ledger.View.StateHash, books.Journal.Count));
        Assert.Equal(LedgerError.None, books.Ledger.View.Audit());
    }

    private static JournalEntry Altered(JournalEntry entry, ulong number) => new()
    {
        Number = number,
        Kind = entry.Kind,
        Reference = entry.Reference,
        LogIndex = entry.LogIndex,
        LogTime = entry.LogTime,
        Term = entry.Term,
        Postings = entry.Postings,
        PreviousChain = entry.PreviousChain,
        Chain = entry.Chain,
    };
}
