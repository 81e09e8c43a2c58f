using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;
using static Exchange.Rsm.StateMachine.Tests.Ledger.ScriptedCore;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

public sealed class GeneralLedgerRefusalTests
{
    private static readonly ScriptedTrade Trade = new(2, 1, 20, 4)
    {
        TakerFee = 8,
        MakerFee = 4,
        TakerHold = 600,
        MakerHold = 60,
    };

    /// <summary>What a core must not say to quoted books, in the order of the errors' numbers.</summary>
    private static readonly (LedgerError Error, string What, Action<ScriptedCore> Say)[] Rows =
    [
        (LedgerError.UnknownKind, "kind", core => core.Level((ref BookDelta e) => e.Header.Kind = (EventKind)99)),
        (LedgerError.UnknownVersion, "version", core => core.Level((ref BookDelta e) => e.Header.Version = 2)),
        (LedgerError.WrongLength, "length", core => core.Level((ref BookDelta e) => e.Header.Length--)),
        (LedgerError.MissingFrame, "cause without entry", core => core.Cause()),
        (LedgerError.EntryFrame, "epoch", core => core.Entry((ref EntryFrame e) => e.Header.Stream = 65_536).Level()),
        (LedgerError.EntryFrame, "index zero", core => core.Entry((ref EntryFrame e) => e.Header.Sequence = 0).Level()),
        (LedgerError.CauseFrame, "causation", core => core.Entry().Write(EventKind.Cause, default(CauseFrame))),
        (LedgerError.UnknownStream, "stream", core => core.Event(EventKind.BookDelta, 70_000, default(BookDelta))),
        (LedgerError.MissingSequence, "sequence", core => core.Level((ref BookDelta e) => e.Header.Sequence = 0)),

        (LedgerError.StaleEpoch, "old epoch", core => core.Entry((ref EntryFrame e) => e.Header.Stream = 0).Level()),
        (LedgerError.EpochRewound, "old index, new epoch", core => core.Entry((ref EntryFrame e) =>
            (e.Header.Stream, e.Header.Sequence) = (2, 1)).Level()),
        (LedgerError.EpochRewound, "old sequence, new epoch", core => core.Entry((ref EntryFrame e) =>
            e.Header.Stream = 2).Level((ref BookDelta e) => e.Header.Sequence = 1)),
        (LedgerError.IndexRegressed, "old index", core => core.Entry((ref EntryFrame e) =>
            e.Header.Sequence = 1).Level()),
        (LedgerError.TermRegressed, "term", core => core.Entry((ref EntryFrame e) => e.Term--).Level()),
        (LedgerError.TimeRegressed, "time", core => core.Entry((ref EntryFrame e) => e.Timestamp -= 10).Level()),
        (LedgerError.SequenceHole, "hole", core => core.Level((ref BookDelta e) => e.Header.Sequence++)),
        (LedgerError.SequenceHole, "hole in a new stream", core =>
            core.Event(EventKind.BookDelta, 2, default(BookDelta), (ref BookDelta e) => e.Header.Sequence = 2)),
        (LedgerError.Mismatch, "other time of the same entry", core =>
            core.SameEntry().Entry((ref EntryFrame e) => e.Header.Sequence--).Level()),

        (LedgerError.WrongStream, "deposit in a market", core =>
            core.Event(EventKind.Deposited, Market, default(BalanceChanged))),
        (LedgerError.WrongStream, "checkpoint in a market", core =>
            core.Event(EventKind.Checkpoint, Market, default(Checkpoint))),
        (LedgerError.WrongStream, "trade in the ledger", core =>
            core.Event(EventKind.TradeExecuted, EventStream.Ledger, default(TradeExecuted))),
        (LedgerError.WrongStream, "trade in the system", core =>
            core.Event(EventKind.TradeExecuted, EventStream.System, default(TradeExecuted))),
        (LedgerError.UnknownInstrument, "unlisted", core => core.Event(EventKind.BookDelta, 2, default(BookDelta))),
        (LedgerError.InstrumentExists, "listed twice", core => core.List()),

        (LedgerError.FieldOutOfRange, "one asset", core => core.List(2, (ref InstrumentCreated e) =>
            e.QuoteAsset = Coin)),
        (LedgerError.FieldOutOfRange, "no symbol", core => core.List(2, (ref InstrumentCreated e) => e.Symbol = 0)),
        (LedgerError.FieldOutOfRange, "units", core => core.List(2, (ref InstrumentCreated e) =>
            e.NotionalUnits = CreateInstrument.UnitsMax + 1)),
        (LedgerError.FieldOutOfRange, "nobody's order", core => core.Accept(3, Bob, Side.Buy, 0,
            (ref OrderAccepted e) => e.Account = default)),
        (LedgerError.FieldOutOfRange, "side", core => core.Accept(3, Bob, Side.Buy, 0, (ref OrderAccepted e) =>
            e.Side = (Side)2)),
        (LedgerError.FieldOutOfRange, "hold", core => core.Accept(3, Bob, Side.Buy, 0, (ref OrderAccepted e) =>
            e.Hold = new Amount(-1))),
        (LedgerError.FieldOutOfRange, "price", core => core.Trade(Trade, (ref TradeExecuted e) => e.Price = default)),
        (LedgerError.FieldOutOfRange, "price above", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.Price = new Price(Price.Max + 1))),
        (LedgerError.FieldOutOfRange, "lots", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.Quantity = new Quantity(-4))),
        (LedgerError.FieldOutOfRange, "trade's side", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.TakerSide = (Side)7)),
        (LedgerError.FieldOutOfRange, "negative deposit", core => core.Deposit(Bob, Cash, -1)),
        (LedgerError.FieldOutOfRange, "deposit of nothing", core => core.Deposit(Bob, Cash, 0)),
        (LedgerError.FieldOutOfRange, "positive withdrawal", core => core.Withdraw(Bob, Cash, -1)),
        (LedgerError.FieldOutOfRange, "deposit too large", core => core.Deposit(Bob, Cash, Amount.Max.Units + 1)),
        (LedgerError.FieldOutOfRange, "extreme", core => core.Deposit(Bob, Cash, 1, (ref BalanceChanged e) =>
            e.Amount = new Amount(Int128.MinValue))),
        (LedgerError.NotionalMismatch, "notional above", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.Notional = new Amount(401))),
        (LedgerError.NotionalMismatch, "notional below", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.Notional = new Amount(0))),
        (LedgerError.FeeOutOfRange, "fee", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.TakerFee = new Amount(401))),
        (LedgerError.FeeOutOfRange, "rebate", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.MakerFee = new Amount(Int128.MinValue))),
        (LedgerError.OrderExists, "id again", core => core.Accept(3, Alice, Side.Buy, 5, (ref OrderAccepted e) =>
            e.OrderId = new OrderId(1))),
        (LedgerError.UnknownOrder, "trade", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.MakerOrderId = new OrderId(9))),
        (LedgerError.UnknownOrder, "cancel", core => core.Cancel(1, (ref OrderCancelled e) =>
            e.OrderId = new OrderId(9))),
        (LedgerError.UnknownOrder, "amend", core => core.Amend(1, 9, (ref OrderChanged e) =>
            e.OrderId = new OrderId(9))),
        (LedgerError.UnknownOrder, "prevented", core => core.Prevent(1, 2, 5, 5, (ref SelfTradePrevented e) =>
            e.TakerOrderId = new OrderId(9))),
        (LedgerError.OrderMismatch, "account", core => core.Trade(Trade, (ref TradeExecuted e) => e.Maker = Alice)),
        (LedgerError.OrderMismatch, "side", core => core.Trade(Trade, (ref TradeExecuted e) =>
            e.TakerSide = Side.Sell)),
        (LedgerError.OrderMismatch, "cancel's side", core => core.Cancel(1, (ref OrderCancelled e) =>
            e.Side = Side.Sell)),
        (LedgerError.OrderMismatch, "one order", core => core.Prevent(1, 2, 0, 0, (ref SelfTradePrevented e) =>
            e.TakerOrderId = new OrderId(1))),
        (LedgerError.OrderMismatch, "other market", core => core.List(2).Event(
            EventKind.OrderCancelled, 2, new OrderCancelled { Account = Alice, OrderId = new OrderId(1) })),
        (LedgerError.HoldExceeded, "capture", core => core.Trade(Trade with { TakerHold = 693 })),
        (LedgerError.HoldExceeded, "delivery", core => core.Trade(Trade with { Lots = 11, MakerHold = 0 })),
        (LedgerError.HoldExceeded, "amend", core => core.Amend(1, 1_101)),
        (LedgerError.HoldExceeded, "decrement", core => core.Prevent(1, 2, 1_101, 100)),
        (LedgerError.HoldMismatch, "cancel", core => core.Cancel(1, (ref OrderCancelled e) =>
            e.Released = new Amount(1_099))),
        (LedgerError.InsufficientAvailable, "order", core => core.Accept(3, Bob, Side.Buy, 1)),
        (LedgerError.InsufficientAvailable, "replace", core => core.Replace(1, 10_001)),
        (LedgerError.InsufficientAvailable, "withdrawal", core => core.Withdraw(Alice, Cash, 8_901)),
        (LedgerError.InsufficientAvailable, "adjustment", core => core.Adjust(Alice, Cash, -8_901)),
        (LedgerError.Overflow, "deposits without end", core =>
        {
            for (var i = 0; i <= 1 << 10; i++)
                core.Deposit(Bob, Cash, Amount.Max.Units);
        }),
        (LedgerError.AvailableMismatch, "order", core => core.Accept(3, Alice, Side.Buy, 1, (ref OrderAccepted e) =>
            e.Available = new Amount(8_900))),
        (LedgerError.AvailableMismatch, "order without hold", core => core.Accept(3, Alice, Side.Buy, 0,
            (ref OrderAccepted e) => e.Available = new Amount(8_901))),
        (LedgerError.AvailableMismatch, "replace", core => core.Replace(1, 1, (ref OrderChanged e) =>
            e.Available = new Amount(1))),
        (LedgerError.AvailableMismatch, "deposit", core => core.Deposit(Alice, Cash, 1, (ref BalanceChanged e) =>
            e.Available = new Amount(1))),
    ];

    public static IEnumerable<TheoryDataRow<int, LedgerError, string>> RowNumbers =>
        Rows.Select((row, number) => new TheoryDataRow<int, LedgerError, string>(number, row.Error, row.What));

    // The row of the missing frame is none behind an event: there a frame is not missing.
    public static IEnumerable<TheoryDataRow<int, LedgerError, string>> RowNumbersBehindAnEvent =>
        RowNumbers.Where(row => Rows[row.Data.Item1].Error != LedgerError.MissingFrame);

    [Theory]
    [MemberData(nameof(RowNumbers))]
    [Trait("Covers", "H-32")]
    public void What_cannot_be_true_is_refused_and_changes_nothing(int number, LedgerError error, string what)
    {
        var books = Books.Quoted();
        Rows[number].Say(books.Core);

        var result = books.Refuse(error);

        Assert.True(result.Error == error, what);
    }

    [Theory]
    [MemberData(nameof(RowNumbersBehindAnEvent))]
    public void Refused_event_takes_the_whole_delivery_with_it(int number, LedgerError error, string what)
    {
        var books = Books.Quoted();
        books.Core.Deposit(Alice, Coin, 7).List(3).Level();
        Rows[number].Say(books.Core);

        var result = books.Ledger.Apply(books.Core.Take(), books.Journal);

        Assert.True(result.Error != LedgerError.None, $"{what}: {error}");
        Assert.Equal(0, books.Ledger.Available(Alice, Coin).Units);
        Assert.Equal(LedgerError.None, books.Ledger.View.Audit());
        books.Restart();
    }

    [Fact]
    public void Every_error_of_an_event_has_a_row_and_the_rows_are_in_order()
    {
        Assert.Equal(Rows.Select(row => row.Error).Order(), Rows.Select(row => row.Error));
        LedgerError[] elsewhere = [LedgerError.None, LedgerError.Truncated, LedgerError.CapacityExhausted];
        var expected = Enum.GetValues<LedgerError>().Where(error => (int)error < 40).Except(elsewhere);
        Assert.Equal(expected, Rows.Select(row => row.Error).Distinct());
    }

    [Fact]
    public void Numbers_of_bad_bytes_are_those_of_the_event_reader()
    {
        var expected = Enum.GetValues<EventError>().Select(error => (byte)error);
        Assert.Equal(expected, Enum.GetValues<LedgerError>().Select(error => (byte)error).Where(number => number < 10));
        Assert.Equal((byte)EventError.MissingFrame, (byte)LedgerError.MissingFrame);
        Assert.Equal((byte)EventError.Sequence, (byte)LedgerError.MissingSequence);
    }

    [Fact]
    [Trait("Covers", "H-34")]
    public void Notional_in_the_event_is_recomputed_and_the_two_values_are_reported()
    {
        var books = Books.Quoted();
        books.Core.Trade(Trade, (ref TradeExecuted e) => e.Notional = new Amount(399));

        var result = books.Refuse(LedgerError.NotionalMismatch);

        Assert.Equal((399, 400), (result.Actual, result.Expected));
        Assert.Equal(EventId.Of(1, Market, 4), result.Reference);
        Assert.Equal(books.Core.Index, result.LogIndex);
    }

    [Fact]
    [Trait("Covers", "H-36")]
    public void Hole_in_a_stream_is_reported_with_what_came_and_what_was_due()
    {
        var books = Books.Quoted();
        books.Core.Level();
        books.Core.Take();
        books.Core.Level();

        var result = books.Refuse(LedgerError.SequenceHole);

        Assert.Equal((5, 4), (result.Actual, result.Expected));
    }

    [Fact]
    [Trait("Covers", "H-36")]
    public void Gap_to_the_core_is_signed()
    {
        var view = Books.Quoted().Ledger.View;

        Assert.Equal(2, view.GapTo(Market, 5));
        Assert.Equal(0, view.GapTo(Market, 3));
        Assert.Equal(-3, view.GapTo(Market, 0));
        Assert.Equal(ulong.MaxValue, view.GapTo(9, ulong.MaxValue));
    }

    [Theory]
    [InlineData(4, 9)]
    [InlineData(9, 1)]
    public void Full_table_refuses_the_next_row(int balancesMax, int ordersMax)
    {
        var state = new LedgerState(new LedgerCapacity(balancesMax, ordersMax, ReversalsMax: 0));
        var ledger = new GeneralLedger(new LedgerView(state));
        List<JournalEntry> journal = [];
        var core = new ScriptedCore();
        core.List().Deposit(Alice, Cash, 9).Deposit(Alice, Coin, 9);
        Assert.Equal(LedgerError.None, ledger.Apply(core.Take(), journal).Error);
        Assert.Equal(4, ledger.View.AccountCount);
        if (balancesMax > 4)
            core.Accept(1, Alice, Side.Buy, 3);

        var result = ledger.Apply(core.Accept(2, Alice, Side.Buy, 3).Take(), journal);

        Assert.Equal(LedgerError.CapacityExhausted, result.Error);
        Assert.DoesNotContain(journal, entry => entry.Kind == JournalEntryKind.HoldPlaced);
        Assert.Equal(LedgerError.None, ledger.View.Audit());
    }

    [Fact]
    public void Trade_that_is_wrong_in_everything_is_refused_for_the_lowest_number_first()
    {
        var books = Books.Quoted();
        TradeExecuted right = default;
        Books.Quoted().Core.Trade(Trade, (ref TradeExecuted e) => right = e);
        var trade = right;
        trade.Price = default;
        trade.Notional = new Amount(1);
        trade.MakerFee = new Amount(500);
        trade.MakerOrderId = new OrderId(9);
        trade.Taker = Bob;
        trade.TakerHold = new Amount(1_000);

        Refuse(books, trade, LedgerError.FieldOutOfRange);
        trade.Price = right.Price;
        Refuse(books, trade, LedgerError.NotionalMismatch);
        trade.Notional = right.Notional;
        Refuse(books, trade, LedgerError.FeeOutOfRange);
        trade.MakerFee = right.MakerFee;
        trade.TakerOrderId = new OrderId(9);
        Refuse(books, trade, LedgerError.UnknownOrder);
        trade.TakerOrderId = right.TakerOrderId;
        Refuse(books, trade, LedgerError.OrderMismatch);
        trade.Taker = right.Taker;
        Refuse(books, trade, LedgerError.HoldExceeded);
        trade.TakerHold = right.TakerHold;
        Refuse(books, trade, LedgerError.UnknownOrder);
        trade.MakerOrderId = right.MakerOrderId;

        books.Core.Event(EventKind.TradeExecuted, Market, default(TradeExecuted), (ref TradeExecuted e) => e = trade);
        books.Apply();
    }

    [Fact]
    public void Cut_or_flipped_bytes_never_throw_and_a_refusal_changes_nothing()
    {
        var script = Books.Quoted().Core;
        var delivery = script.Trade(Trade).Level().Amend(1, 500).Deposit(Bob, Cash, 3).Cancel(2).Checkpoint().Take();
        var books = Books.Quoted();
        var before = books.Ledger.View.StateHash;
        for (var at = 0; at < delivery.Length * 8; at++)
        {
            var damaged = delivery.ToArray();
            damaged[at / 8] ^= (byte)(1 << (at % 8));
            if (books.Ledger.Apply(damaged, books.Journal).Error == LedgerError.None)
                books = Books.Quoted();
            Assert.Equal(before, books.Ledger.View.StateHash);
        }

        for (var length = 0; length < delivery.Length; length++)
        {
            var error = books.Ledger.Apply(delivery.AsSpan(0, length), books.Journal).Error;
            Assert.True(error is LedgerError.None or LedgerError.Truncated);
        }

        books.Ledger.Apply(delivery, books.Journal);
        Assert.Equal(script.Available(Bob, Cash), books.Ledger.Available(Bob, Cash).Units);
        Assert.Equal(LedgerError.None, books.Ledger.View.Audit());
    }

    private static void Refuse(Books books, TradeExecuted trade, LedgerError error)
    {
        var core = new ScriptedCore { Index = books.Ledger.View.LogIndex, Time = books.Ledger.View.LogTime };
        core.Entry().Write(EventKind.TradeExecuted, trade);
        books.Refuse(error, core.Take());
        Assert.Equal(Unsafe.SizeOf<TradeExecuted>(), trade.Header.Length);
    }
}
