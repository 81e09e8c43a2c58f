using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;
using static Exchange.Rsm.StateMachine.Tests.Ledger.ScriptedCore;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

public sealed class GeneralLedgerPostingTests
{
    [Fact]
    public void Deposit_comes_from_the_deposits_counter_account_and_not_from_nowhere()
    {
        var books = new Books();
        books.Core.Deposit(Alice, Cash, 500);

        books.Apply();

        AssertLast(books, """
            Deposit
            Alice Available cash +500
            Deposits cash -500
            """);
    }

    [Fact]
    public void Withdrawal_goes_to_the_withdrawals_counter_account()
    {
        var books = Books.Funded();
        books.Core.Withdraw(Alice, Cash, 400);

        books.Apply();

        AssertLast(books, """
            Withdrawal
            Alice Available cash -400
            Withdrawals cash +400
            """);
    }

    [Theory]
    [InlineData(30, "+30", "-30")]
    [InlineData(-30, "-30", "+30")]
    public void Adjustment_goes_against_the_adjustments_counter_account(int amount, string leg, string counter)
    {
        var books = Books.Funded();
        books.Core.Adjust(Alice, Cash, amount, reference: 99, (ref BalanceChanged e) => e.Approver = new UserId(6));

        books.Apply();

        AssertLast(books, $"Adjustment\nAlice Available cash {leg}\nAdjustments cash {counter}");
        Assert.Equal((UInt128)99, books.Journal[^1].OutsideReference);
        Assert.Equal((new UserId(5), new UserId(6)), (books.Journal[^1].User, books.Journal[^1].Approver));
    }

    [Theory]
    [InlineData(Side.Buy, "Alice Available cash -70\nAlice Held cash order 4 +70")]
    [InlineData(Side.Sell, "Alice Available coin -70\nAlice Held coin order 4 +70")]
    public void Accepted_order_holds_the_asset_it_gives(Side side, string legs)
    {
        var books = Books.Funded();
        books.Core.Deposit(Alice, Coin, 100).Accept(4, Alice, side, 70);

        books.Apply();

        AssertLast(books, "HoldPlaced\n" + legs);
        Assert.Equal(70, books.Ledger.View.HoldOf(new OrderId(4)).Units);
    }

    [Fact]
    public void Order_that_holds_nothing_makes_no_hold_and_may_be_cancelled()
    {
        var books = Books.Funded();
        var before = books.Journal.Count;
        books.Core.Accept(4, Bob, Side.Sell, 0);
        books.Core.Event(EventKind.OrderCancelled, Market, new OrderCancelled
        {
            Account = Bob,
            Side = Side.Sell,
            OrderId = new OrderId(4),
        });

        books.Apply();

        Assert.Equal(JournalEntryKind.StreamAdvanced, Assert.Single(books.Journal[before..]).Kind);
        books.AssertEqualToCore();
    }

    [Fact]
    [Trait("Covers", "INV-05")]
    public void Trade_captures_the_buyers_hold_and_releases_the_improvement()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(Maker: 2, Taker: 1, Price: 20, Lots: 4)
        {
            TakerFee = 8,
            MakerFee = 4,
            TakerHold = 600,
            MakerHold = 60,
        });

        books.Apply();

        AssertLast(books, """
            Trade
            Alice Held cash order 1 -408
            Alice Available cash +92
            Alice Held cash order 1 -92
            Bob Held coin order 2 -40
            Bob Available cash +396
            House Available cash +8
            House Available cash +4
            Alice Available coin +40
            """);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Rebate_comes_from_the_house_which_alone_may_run_negative()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(1, 2, 20, 4)
        {
            MakerFee = -9,
            TakerFee = 3,
            MakerHold = 700,
            TakerHold = 60,
        });

        books.Apply();

        AssertLast(books, """
            Trade
            Alice Held cash order 1 -391
            Alice Available cash +9
            Alice Held cash order 1 -9
            Bob Held coin order 2 -40
            Bob Available cash +397
            House Available cash -9
            House Available cash +3
            Alice Available coin +40
            """);
        Assert.Equal(-6, books.Ledger.Available(House, Cash).Units);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Account_that_trades_with_itself_only_pays_the_fees()
    {
        var books = Books.Quoted();
        books.Core.Deposit(Alice, Coin, 50).Accept(3, Alice, Side.Sell, 50);
        books.Core.Trade(new ScriptedTrade(3, 1, 20, 5) { TakerFee = 5, TakerHold = 595 });

        books.Apply();

        Assert.Equal(10_000 - 5, books.Ledger.View.Balance(Alice, Cash).Total.Units);
        Assert.Equal(50, books.Ledger.View.Balance(Alice, Coin).Total.Units);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Filled_orders_hold_nothing_and_are_forgotten()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 10) { TakerFee = 20 });

        books.Apply();

        Assert.Equal(0, books.Ledger.View.OpenOrderCount);
        Assert.Equal(0, books.Ledger.Held(Alice, Cash).Units);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Cancelled_order_releases_its_whole_hold()
    {
        var books = Books.Quoted();
        books.Core.Cancel(1);

        books.Apply();

        AssertLast(books, """
            HoldReleased
            Alice Available cash +1100
            Alice Held cash order 1 -1100
            """);
    }

    [Fact]
    public void Amended_order_gives_back_what_it_no_longer_needs()
    {
        var books = Books.Quoted();
        books.Core.Amend(1, 700);

        books.Apply();

        AssertLast(books, """
            HoldChanged
            Alice Available cash +400
            Alice Held cash order 1 -400
            """);
    }

    [Theory]
    [InlineData(1_500, "-400", "+400")]
    [InlineData(700, "+400", "-400")]
    public void Replaced_order_holds_more_or_less(int hold, string available, string held)
    {
        var books = Books.Quoted();
        books.Core.Replace(1, hold);

        books.Apply();

        AssertLast(books, $"HoldChanged\nAlice Available cash {available}\nAlice Held cash order 1 {held}");
    }

    [Fact]
    public void Decrement_shrinks_both_holds_and_the_cancel_that_follows_finds_nothing()
    {
        var books = Books.Quoted();
        books.Core.Deposit(Alice, Coin, 50).Accept(3, Alice, Side.Sell, 50).Prevent(1, 3, 600, 0);
        books.Core.Event(EventKind.OrderCancelled, Market, new OrderCancelled
        {
            Account = Alice,
            Side = Side.Sell,
            OrderId = new OrderId(3),
        });

        books.Apply();

        Assert.Equal(
            """
            HoldReleased
            Alice Available cash +500
            Alice Held cash order 1 -500
            Alice Available coin +50
            Alice Held coin order 3 -50
            """,
            Books.Text(books.Journal[^2]));
        books.AssertEqualToCore();
    }

    [Fact]
    public void Prevented_self_trade_that_expires_an_order_leaves_the_holds_to_the_cancels()
    {
        var books = Books.Quoted();
        books.Core.Deposit(Alice, Coin, 50).Accept(3, Alice, Side.Sell, 50).Prevent(1, 3, 1_100, 50).Cancel(3);

        books.Apply();

        Assert.Equal(1_100, books.Ledger.View.HoldOf(new OrderId(1)).Units);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Entry_carries_the_envelope_of_its_event()
    {
        var books = Books.Quoted();
        books.Core.Cancel(1);

        books.Apply();

        var entry = books.Journal[^1];
        Assert.Equal(EventId.Of(1, Market, 4), entry.Reference);
        Assert.Equal((3UL, 1_030L, 7UL), (entry.LogIndex, entry.LogTime, entry.Term));
        Assert.Equal(((UInt128)903, (UInt128)77), (entry.Causation, entry.Correlation));
        Assert.Equal((ulong)books.Journal.Count, entry.Number);
        Assert.Equal(books.Journal[^2].Chain, entry.PreviousChain);
    }

    [Fact]
    [Trait("Covers", "H-37")]
    public void Journal_carries_how_far_each_stream_was_read()
    {
        var books = Books.Quoted();
        var before = books.Journal.Count;
        books.Core.Level().Cancel(1).Level().Level().Checkpoint();

        books.Apply();

        var entries = books.Journal[before..];
        Assert.Equal(
            [JournalEntryKind.HoldReleased, JournalEntryKind.StreamAdvanced, JournalEntryKind.StreamAdvanced],
            entries.Select(entry => entry.Kind));
        Assert.Equal(EventId.Of(1, Market, books.Core.Sequence(Market)), entries[1].Reference);
        Assert.Equal(EventId.Of(1, EventStream.System, 1), entries[2].Reference);
    }

    [Fact]
    [Trait("Covers", "H-33")]
    public void Largest_possible_notional_does_not_overflow()
    {
        var books = new Books();
        var notional = (Int128)Price.Max * Quantity.Max * CreateInstrument.UnitsMax;
        Int128 lots = (Int128)Quantity.Max * CreateInstrument.UnitsMax;
        books.Core.List(edit: (ref InstrumentCreated e) =>
        {
            e.LotUnits = CreateInstrument.UnitsMax;
            e.NotionalUnits = CreateInstrument.UnitsMax;
        });
        books.Core.Deposit(Alice, Cash, notional).Deposit(Bob, Coin, lots);
        books.Core.Accept(1, Alice, Side.Buy, notional).Accept(2, Bob, Side.Sell, lots);
        books.Apply();
        books.Core.Event(EventKind.TradeExecuted, Market, new TradeExecuted
        {
            Price = new Price(Price.Max),
            Quantity = new Quantity(Quantity.Max),
            MakerOrderId = new OrderId(2),
            TakerOrderId = new OrderId(1),
            Maker = Bob,
            Taker = Alice,
            Notional = new Amount(notional),
        });

        books.Apply();

        Assert.Equal(notional, books.Ledger.Available(Bob, Cash).Units);
        Assert.Equal(lots, books.Ledger.Available(Alice, Coin).Units);
        Assert.Equal(LedgerError.None, books.Ledger.View.Audit());
    }

    private static void AssertLast(Books books, string expected) =>
        Assert.Equal(expected, Books.Text(books.Journal[^1]));
}
