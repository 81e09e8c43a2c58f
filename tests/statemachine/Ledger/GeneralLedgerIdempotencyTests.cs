using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;
using static Exchange.Rsm.StateMachine.Tests.Ledger.ScriptedCore;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

public sealed class GeneralLedgerIdempotencyTests
{
    [Fact]
    [Trait("Covers", "INV-05")]
    public void Delivery_that_comes_again_is_a_duplicate_and_changes_nothing()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 4) { MakerHold = 60, TakerHold = 700 }).Level();
        var delivery = books.Core.Take();
        books.Ledger.Apply(delivery, books.Journal);
        var before = (books.Ledger.View.StateHash, books.Journal.Count);

        var again = books.Ledger.Apply(delivery, books.Journal);

        Assert.True(again.IsDuplicate);
        Assert.Equal((0, 2), (again.Applied, again.Duplicates));
        Assert.Equal(before, (books.Ledger.View.StateHash, books.Journal.Count));
    }

    [Fact]
    public void Any_earlier_delivery_may_come_again_after_later_ones_and_after_a_restart()
    {
        var books = new Books();
        List<byte[]> deliveries = [];
        books.Core.List();
        for (var i = 1; i <= 20; i++)
        {
            books.Core.Deposit(Alice, Cash, 10 * i).Accept((ulong)i, Alice, Side.Buy, i).Level();
            deliveries.Add(books.Core.Take());
            Assert.Equal(LedgerError.None, books.Ledger.Apply(deliveries[^1], books.Journal).Error);
        }

        books.Restart();
        var before = (books.Ledger.View.StateHash, books.Journal.Count);

        foreach (var delivery in deliveries)
            Assert.True(books.Ledger.Apply(delivery, books.Journal).IsDuplicate);
        Assert.True(books.Ledger.Apply(deliveries.SelectMany(one => one).ToArray(), books.Journal).IsDuplicate);

        Assert.Equal(before, (books.Ledger.View.StateHash, books.Journal.Count));
        books.AssertEqualToCore();
    }

    [Fact]
    public void Overlapping_deliveries_apply_only_what_is_new()
    {
        var books = Books.Funded();
        var first = books.Core.Deposit(Alice, Cash, 1).Take();
        var second = books.Core.Deposit(Alice, Cash, 2).Take();
        var third = books.Core.Deposit(Alice, Cash, 4).Take();

        var one = books.Ledger.Apply([.. first, .. second], books.Journal);
        var two = books.Ledger.Apply([.. first, .. second, .. third], books.Journal);

        Assert.Equal((2, 0), (one.Applied, one.Duplicates));
        Assert.Equal((1, 2), (two.Applied, two.Duplicates));
        books.AssertEqualToCore();
    }

    [Fact]
    public void Entry_that_was_cut_between_two_events_goes_on_where_it_ended()
    {
        var books = Books.Funded();
        var part = books.Core.Deposit(Alice, Cash, 1).Level().Take();
        var rest = books.Core.SameEntry().Deposit(Alice, Cash, 2).Level().Take();
        var frame = rest.AsSpan(0, 80);
        byte[] whole = [.. frame, .. part.AsSpan(80), .. rest.AsSpan(80)];

        Assert.Equal(2, books.Ledger.Apply(part, books.Journal).Applied);
        var result = books.Ledger.Apply(whole, books.Journal);

        Assert.Equal((2, 2), (result.Applied, result.Duplicates));
        books.AssertEqualToCore();
        books.Restart();
    }

    [Fact]
    public void Last_event_of_a_stream_with_other_content_is_a_mismatch()
    {
        var books = Books.Funded();
        var (index, time) = (books.Core.Index, books.Core.Time);
        books.Core.Deposit(Alice, Cash, 5);
        books.Apply();

        var other = new ScriptedCore { Index = index, Time = time };
        other.Event(EventKind.Deposited, EventStream.Ledger, default(BalanceChanged), (ref BalanceChanged e) =>
        {
            e.Header.Sequence = books.Core.Sequence(EventStream.Ledger);
            (e.Account, e.Asset, e.Amount) = (Alice, Cash, new Amount(6));
        });

        books.Refuse(LedgerError.Mismatch, other.Take());
    }

    [Fact]
    public void Event_at_another_log_index_is_a_mismatch()
    {
        var books = Books.Funded();
        var delivery = books.Core.Deposit(Alice, Cash, 5).Take();
        books.Ledger.Apply(delivery, books.Journal);
        books.Core.Level();
        books.Apply();

        // The entry frame's index stands in its header's sequence, at byte 8.
        delivery[8]--;

        books.Refuse(LedgerError.Mismatch, delivery);
    }

    [Fact]
    public void Same_bytes_in_other_portions_give_the_same_balances()
    {
        var script = Books.Quoted().Core;
        var delivery = script.Trade(new ScriptedTrade(2, 1, 20, 4) { MakerHold = 60, TakerHold = 700 }).Level()
            .Entry().Cancel(1).Level().Deposit(Bob, Cash, 9).Take();
        for (var cut = 0; cut <= delivery.Length; cut++)
        {
            var books = Books.Quoted();
            var first = books.Ledger.Apply(delivery.AsSpan(0, cut), books.Journal);
            Assert.True(first.Error is LedgerError.None or LedgerError.Truncated);
            Assert.Equal(LedgerError.None, books.Ledger.Apply(delivery, books.Journal).Error);

            Assert.Equal(script.Available(Bob, Cash), books.Ledger.Available(Bob, Cash).Units);
            Assert.Equal(script.Available(Alice, Cash), books.Ledger.Available(Alice, Cash).Units);
            books.Restart();
        }
    }

    [Fact]
    [Trait("Covers", "INV-05")]
    public void New_epoch_that_goes_on_where_the_ledger_ends_is_followed()
    {
        var books = Books.Quoted();
        var old = books.Core.Level().Take();
        books.Ledger.Apply(old, books.Journal);
        books.Core.Epoch = 2;
        books.Core.Term = 1;
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 4) { MakerHold = 60, TakerHold = 700 });

        books.Apply();

        Assert.Equal(EventId.Of(2, Market, 5), books.Journal[^1].Reference);
        Assert.True(books.Ledger.Apply(old, books.Journal).IsDuplicate);
        books.AssertEqualToCore();
    }

    [Fact]
    public void Restored_core_is_followed_by_a_ledger_rebuilt_up_to_the_restored_point()
    {
        var books = Books.Quoted();
        var restored = books.Core.Index;
        books.Core.Deposit(Alice, Cash, 50);
        books.Apply();
        var lost = new ScriptedCore { Epoch = 2, Index = restored, Time = 2_000 };
        lost.Event(EventKind.BookDelta, Market, default(BookDelta), (ref BookDelta e) => e.Header.Sequence = 4);
        var delivery = lost.Take();
        books.Refuse(LedgerError.EpochRewound, delivery);

        Assert.Equal(LedgerError.None, LedgerView.TryRebuildAtIndex([.. books.Journal], restored, out var view).Error);
        var ledger = new GeneralLedger(view);

        Assert.Equal(1, ledger.Apply(delivery, []).Applied);
        Assert.Equal(8_900, ledger.Available(Alice, Cash).Units);
    }

    [Fact]
    public void Nothing_is_nothing()
    {
        var books = Books.Quoted();

        var result = books.Ledger.Apply([], books.Journal);

        Assert.Equal((LedgerError.None, 0, 0), (result.Error, result.Applied, result.Duplicates));
        Assert.False(result.IsDuplicate);
    }
}
