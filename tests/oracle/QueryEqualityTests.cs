using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Oracle.Tests.Harness;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Model;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Oracle.Tests;

/// <summary>What clients may ask is what the model says, whatever happened before.</summary>
public sealed class QueryEqualityTests
{
    private const int StepsOfWorkload = 1_200;

    private readonly OutputBuffer _rows = new();
    private readonly Seen _seen = new();

    [Fact]
    public void Queries_answer_what_the_model_says()
    {
        for (var seed = 1ul; seed <= 12; seed++)
        {
            var workload = Workload.Of(seed << 24, StepsOfWorkload);
            var asked = new AskedSubject(Check);
            var run = new WorkloadRun(workload, new WorkloadCoverage(), new ComparableModel(), asked);
            var difference = run.Run(workload);
            Assert.True(difference is null, difference);
        }

        var isEnough = _seen is { Orders: > 500, Waiting: > 100, Levels: > 300, Balances: > 1000, Sessions: > 100 };
        Assert.True(isEnough, $"{_seen}");
    }

    private void Check(ExchangeQueries queries, StateView view)
    {
        CheckState(queries, view);
        CheckMarkets(queries, view);
        foreach (var account in view.Accounts)
        {
            CheckAccount(queries, view, account);
        }

        foreach (var user in view.Users)
        {
            Assert.Equal(user.Enabled ? (Roles)user.Roles : default, queries.RolesOf(user.Id));
        }

        Assert.Equal(default, queries.RolesOf(0));
        Assert.Equal(default, queries.RolesOf((uint)view.Users.Count + 1));
        foreach (var session in view.Sessions)
        {
            Assert.True(queries.TrySession(session.Id, out var answer));
            Assert.Equal(
                (session.Id, session.Account, session.User, session.Next),
                (answer.Session.Value, answer.Account.Value, answer.User.Value, answer.Next));
            _seen.Sessions++;
        }

        Assert.False(queries.TrySession(uint.MaxValue, out _));
        Assert.False(queries.TryOrder(0, out _));
        Assert.False(queries.TryOrder(ulong.MaxValue, out _));
    }

    private static void CheckState(ExchangeQueries queries, StateView view)
    {
        var state = queries.State;
        Assert.Equal(view.Exchange.AppliedIndex, state.Index);
        Assert.Equal(view.Exchange.AcceptanceCount, state.OrdersAccepted);
        Assert.Equal(view.Exchange.BehaviourVersion, state.BehaviourVersion);
    }

    private void CheckMarkets(ExchangeQueries queries, StateView view)
    {
        var assets = Rows<AssetAnswer>(queries.Assets);
        Assert.Equal(
            view.Assets.Select(asset => (asset.Id, asset.Code, (uint)asset.Scale)),
            assets.Select(row => (row.Asset.Value, row.Code, row.Scale)));
        Assert.Equal(
            view.Assets.Select(asset => (asset.Deposits, asset.Withdrawals, asset.Adjustments)),
            assets.Select(row => (row.Deposits.Units, row.Withdrawals.Units, row.Adjustments.Units)));
        var instruments = Rows<InstrumentAnswer>(queries.Instruments);
        Assert.Equal(
            view.Instruments.Select(market => (market.Id, market.Symbol, market.BaseAsset, market.QuoteAsset)),
            instruments.Select(row => (row.Instrument.Value, row.Symbol, row.BaseAsset.Value, row.QuoteAsset.Value)));
        Assert.Equal(
            view.Instruments.Select(market => (market.LotUnits, market.NotionalUnits)),
            instruments.Select(row => (row.LotUnits, row.NotionalUnits)));
        Assert.Equal(
            view.Instruments.Select(market => (market.Mode, market.LastPrice, market.ReferencePrice, market.Sequence)),
            instruments.Select(row => (row.Mode, row.LastPrice.Ticks, row.ReferencePrice.Ticks, row.Sequence)));
        foreach (var market in view.Instruments)
        {
            CheckBook(queries, view, market.Id);
        }

        Assert.Equal(0u, queries.Book(0, levelsMax: 10, _rows));
        Assert.Equal(0u, queries.Book((uint)view.Instruments.Count + 1, levelsMax: 10, _rows));
    }

    private void CheckBook(ExchangeQueries queries, StateView view, uint instrument)
    {
        List<(Side Side, long Price, long Shown, uint Orders)> expected = [];
        foreach (var side in new[] { Side.Buy, Side.Sell })
        {
            var levels = view.Book.Where(row => row.Instrument == instrument && row.Side == side)
                .GroupBy(row => row.Price);
            var ordered = side == Side.Buy
                ? levels.OrderByDescending(level => level.Key)
                : levels.OrderBy(level => level.Key);
            expected.AddRange(ordered.Take(5)
                .Select(level => (side, level.Key, level.Sum(row => row.Shown), (uint)level.Count())));
        }

        var rows = Rows<LevelAnswer>(output => queries.Book(instrument, levelsMax: 5, output));
        Assert.Equal(expected, rows.Select(row => (row.Side, row.Price.Ticks, row.Visible.Lots, row.Orders)));
        _seen.Levels += rows.Length;
    }

    private void CheckAccount(ExchangeQueries queries, StateView view, AccountView account)
    {
        Assert.Equal(account.Owner, queries.OwnerOf(account.Id));
        var balances = Rows<BalanceAnswer>(output => queries.Balances(account.Id, output))
            .Where(row => row.Available.Units != 0 || row.Held.Units != 0);
        var expectedBalances = view.Balances.Where(balance => balance.Account == account.Id).ToArray();
        Assert.Equal(
            expectedBalances.Select(balance => (balance.Asset, balance.Available, balance.Held)),
            balances.Select(row => (row.Asset.Value, row.Available.Units, row.Held.Units)));
        _seen.Balances += expectedBalances.Length;

        var orders = view.Orders.Where(order => order.Account == account.Id).ToArray();
        CheckPages(queries, account.Id, orders);
        foreach (var order in orders)
        {
            Assert.True(queries.TryOrder(order.Id, out var answer));
            Assert.Equal(Comparable(order), Comparable(in answer));
            _seen.Orders++;
            _seen.Waiting += order.Waiting ? 1 : 0;
        }
    }

    // Three rows at a time: each page goes on behind the last row of the one before.
    private void CheckPages(ExchangeQueries queries, uint account, OrderView[] expected)
    {
        List<ulong> ids = [];
        bool hasMore;
        do
        {
            _rows.Clear();
            var count = queries.OpenOrders(account, ids.LastOrDefault(), countMax: 3, _rows, out hasMore);
            var rows = MemoryMarshal.Cast<byte, OrderAnswer>(_rows.Written);
            Assert.Equal(count, (uint)rows.Length);
            foreach (ref readonly var row in rows)
            {
                ids.Add(row.Order.Value);
            }
        }
        while (hasMore);
        Assert.Equal(expected.Select(order => order.Id), ids);
    }

    private static object Comparable(OrderView order) => (
        (order.ClientOrderId, order.Account, order.Instrument, order.Side, order.Type, order.TimeInForce),
        (order.Prevention, order.PostOnly, order.Waiting, order.StopPrice, order.ExpiresAt),
        (order.Quantity, order.Open, order.Waiting ? 0 : order.Shown, order.Hold));

    private static object Comparable(in OrderAnswer row) => (
        (row.ClientOrderId, row.Account.Value, row.Instrument.Value, row.Side, row.Type, row.TimeInForce),
        (row.SelfTradePrevention, row.PostOnly != 0, row.Waiting != 0, row.StopPrice.Ticks, row.ExpiresAt),
        (row.Quantity.Lots, row.Remaining.Lots, row.Visible.Lots, row.Hold.Units));

    private T[] Rows<T>(Func<OutputBuffer, uint> query)
        where T : unmanaged
    {
        _rows.Clear();
        var count = query(_rows);
        Assert.Equal(count * (uint)Unsafe.SizeOf<T>(), (uint)_rows.Length);
        return MemoryMarshal.Cast<byte, T>(_rows.Written).ToArray();
    }

    private sealed record Seen
    {
        public int Orders { get; set; }

        public int Waiting { get; set; }

        public int Levels { get; set; }

        public int Balances { get; set; }

        public int Sessions { get; set; }
    }

    private sealed class AskedSubject : ISubject
    {
        private readonly MachineSubject _machine = new();
        private readonly ExchangeQueries _queries;
        private readonly Action<ExchangeQueries, StateView> _check;

        public AskedSubject(Action<ExchangeQueries, StateView> check)
        {
            _queries = new ExchangeQueries(_machine.Machine);
            _check = check;
        }

        public long NextDeadline => _machine.NextDeadline;

        public void Apply(Entry entry, OutputBuffer events, OutputBuffer results) =>
            _machine.Apply(entry, events, results);

        // Called where the run compares the whole states, so what is checked here against the view is checked against
        // the model as well.
        public StateView View()
        {
            var view = _machine.View();
            _check(_queries, view);
            return view;
        }
    }
}
