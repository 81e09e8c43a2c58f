using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;
using static Exchange.Rsm.StateMachine.Tests.Ledger.ScriptedCore;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

/// <summary>Random histories: what holds after every event of each.</summary>
public sealed class LedgerHistoryTests
{
    private const int Steps = 400;

    // What is held for a buyer beyond the notional: 2 %, while fees are at most 1 %.
    private const int ReserveDivisor = 50;
    private const int FeeDivisor = 100;

    [Theory]
    [MemberData(nameof(Seeds))]
    [Trait("Covers", "INV-05")]
    public void Books_follow_the_core_through_repeats_restarts_and_portions(ulong seed)
    {
        var history = new History(seed);
        for (var step = 0; step < Steps; step++)
        {
            history.Step();
            history.Deliver();
            history.Books.AssertEqualToCore();
        }

        AssertOncePerEvent(history.Books.Journal);
        AssertPast(history);
        history.Books.Restart();
    }

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 12).Select(seed => (ulong)seed)];

    /// <summary>An event makes one entry of each kind at most, and a stream's entries rise.</summary>
    private static void AssertOncePerEvent(List<JournalEntry> journal)
    {
        var references = journal.Select(entry => entry.Reference);
        foreach (var stream in references.GroupBy(reference => reference.Stream))
        {
            var sequences = stream.Select(reference => reference.Sequence).ToList();
            Assert.Equal(sequences.Distinct().Order(), sequences);
        }

        foreach (var entry in journal)
        {
            foreach (var asset in entry.Postings.GroupBy(leg => leg.Account.Asset))
                Assert.Equal(Int128.Zero, asset.Aggregate(Int128.Zero, (sum, leg) => sum + leg.Amount.Units));
        }
    }

    private static void AssertPast(History history)
    {
        foreach (var (index, available) in history.Past.Where((_, place) => place % 37 == 0))
        {
            Assert.Equal(
                LedgerError.None, LedgerView.TryRebuildAtIndex([.. history.Books.Journal], index, out var view).Error);
            Assert.Equal(available, view.Available(Alice, Cash).Units);
        }
    }

    private sealed class History(ulong seed)
    {
        private readonly List<byte[]> _deliveries = [];
        private readonly Dictionary<ulong, (long Price, long Lots)> _open = [];
        private ulong _draws;
        private ulong _orderIds = 2;

        public Books Books { get; } = Books.Funded();

        public List<(ulong Index, Int128 Available)> Past { get; } = [];

        private ScriptedCore Core => Books.Core;

        public void Step()
        {
            for (var events = Draw(4); events >= 0; events--)
                OneEvent();
            if (Draw(3) == 0)
                Core.Level();
        }

        /// <summary>
        /// New bytes whole, or cut and sent again; sometimes old ones too; sometimes after a restart.
        /// </summary>
        public void Deliver()
        {
            var delivery = Core.Take();
            if (delivery.Length == 0)
                return;
            if (Draw(20) == 0)
                Books.Restart();
            if (Draw(4) == 0)
                Books.Ledger.Apply(delivery.AsSpan(0, (int)Draw(delivery.Length)), Books.Journal);
            Assert.Equal(LedgerError.None, Books.Ledger.Apply(delivery, Books.Journal).Error);
            _deliveries.Add(delivery);
            Past.Add((Core.Index, Core.Available(Alice, Cash)));
            if (Draw(4) == 0)
                Assert.True(Books.Ledger.Apply(_deliveries[(int)Draw(_deliveries.Count)], Books.Journal).IsDuplicate);
        }

        private void OneEvent()
        {
            var account = Draw(2) == 0 ? Alice : Bob;
            var asset = Draw(2) == 0 ? Coin : Cash;
            switch (Draw(10))
            {
                case 0:
                    Core.Deposit(account, asset, 1 + Draw(5_000));
                    break;
                case 1 when Core.Available(account, asset) > 0:
                    Core.Withdraw(account, asset, 1 + Draw((long)Core.Available(account, asset)));
                    break;
                case 2:
                    Core.Adjust(account, asset, 1 + Draw(50));
                    break;
                case 3 when _open.Count > 0:
                    Cancel();
                    break;
                case 4 when _open.Count > 0:
                    Change();
                    break;
                case 5 or 6:
                    Match();
                    break;
                case 7:
                    Prevent();
                    break;
                default:
                    Accept(account);
                    break;
            }
        }

        private void Accept(AccountId account)
        {
            var side = Draw(2) == 0 ? Side.Buy : Side.Sell;
            var (price, lots) = (1 + Draw(20), 1 + Draw(20));
            var hold = Hold(side, price, lots);
            if (hold > Core.Available(account, side == Side.Buy ? Cash : Coin))
                return;
            Core.Accept(++_orderIds, account, side, hold);
            _open.Add(_orderIds, (price, lots));
        }

        private void Cancel()
        {
            var id = Any(_ => true);
            Core.Cancel(id);
            _open.Remove(id);
        }

        private void Change()
        {
            var id = Any(_ => true);
            var order = Core.Orders[id];
            var (price, lots) = _open[id];
            var isAmend = Draw(2) == 0 && lots > 1;
            var (newPrice, newLots) = isAmend ? (price, 1 + Draw(lots - 1)) : (1 + Draw(20), 1 + Draw(20));
            var hold = Hold(order.Side, newPrice, newLots);
            if (hold - order.Hold > Core.Available(order.Account, order.Asset))
                return;
            _ = isAmend ? Core.Amend(id, hold) : Core.Replace(id, hold);
            _open[id] = (newPrice, newLots);
        }

        private void Match()
        {
            if (!TryPair(out var buyer, out var seller))
                return;
            var price = _open[seller].Price + Draw(_open[buyer].Price - _open[seller].Price + 1);
            var lots = 1 + Draw(long.Min(_open[buyer].Lots, _open[seller].Lots));
            Shrink(buyer, lots);
            Shrink(seller, lots);
            var notional = (Int128)price * lots * NotionalUnits;
            var fee = Int128.Max((notional / FeeDivisor) - 1, 0);
            var isBuyerTaker = Draw(2) == 0;
            var (maker, taker) = isBuyerTaker ? (seller, buyer) : (buyer, seller);
            Core.Trade(new ScriptedTrade(maker, taker, price, lots)
            {
                TakerFee = fee,
                MakerFee = Draw(2) == 0 ? fee : -fee,
                MakerHold = HoldOf(maker),
                TakerHold = HoldOf(taker),
            });
            Forget(maker, taker);
        }

        private void Prevent()
        {
            if (!TryPair(out var buyer, out var seller))
                return;
            var lots = Draw(3) == 0 ? 0 : long.Min(_open[buyer].Lots, _open[seller].Lots);
            Shrink(buyer, lots);
            Shrink(seller, lots);
            Core.Prevent(buyer, seller, HoldOf(buyer), HoldOf(seller));
            Forget(buyer, seller);
        }

        private bool TryPair(out ulong buyer, out ulong seller)
        {
            buyer = Any(id => Core.Orders[id].Side == Side.Buy);
            var bid = _open.GetValueOrDefault(buyer).Price;
            seller = Any(id => Core.Orders[id].Side == Side.Sell && _open[id].Price <= bid);
            return buyer != 0 && seller != 0;
        }

        private ulong Any(Func<ulong, bool> which)
        {
            var candidates = _open.Keys.Order().Where(which).ToList();
            return candidates.Count == 0 ? 0 : candidates[(int)Draw(candidates.Count)];
        }

        private void Shrink(ulong id, long lots) => _open[id] = (_open[id].Price, _open[id].Lots - lots);

        private void Forget(ulong first, ulong second)
        {
            foreach (var id in (ulong[])[first, second])
            {
                if (_open[id].Lots == 0)
                    _open.Remove(id);
            }
        }

        private Int128 HoldOf(ulong id) => Hold(Core.Orders[id].Side, _open[id].Price, _open[id].Lots);

        private static Int128 Hold(Side side, long price, long lots)
        {
            var notional = (Int128)price * lots * NotionalUnits;
            return side == Side.Buy ? notional + (notional / ReserveDivisor) : lots * LotUnits;
        }

        /// <summary>0 to bound − 1, a function of seed and draw.</summary>
        private long Draw(long bound) => (long)(StableHash.Mix(seed, ++_draws) % (ulong)bound);
    }
}
