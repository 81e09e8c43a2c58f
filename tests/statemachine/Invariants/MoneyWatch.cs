using System.Numerics;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Invariants;

/// <summary>
/// Follows the money of a run by the events alone, and compares after every entry: nothing is made or lost, fees are
/// what the rates say, and what is held is what the open orders need.
/// </summary>
internal sealed class MoneyWatch(ExchangeState state)
{
    private static readonly BigInteger Million = 1_000_000;

    private readonly Dictionary<uint, BigInteger> _totals = [];
    private readonly Dictionary<ulong, Account> _orders = [];
    private readonly Dictionary<uint, BigInteger> _fees = [];

    public long Trades { get; private set; }

    public long Rebates { get; private set; }

    public void Observe(IReadOnlyList<Happened> events)
    {
        foreach (var happened in events)
        {
            switch (happened.Kind)
            {
                case EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted:
                    ref readonly var change = ref happened.As<BalanceChanged>();
                    _totals[change.Asset.Value] = _totals.GetValueOrDefault(change.Asset.Value) + change.Amount.Units;
                    break;
                case EventKind.OrderAccepted:
                    ref readonly var accepted = ref happened.As<OrderAccepted>();
                    _orders[accepted.OrderId.Value] = new Account(accepted.MakerRate, accepted.TakerRate);
                    break;
                case EventKind.TradeExecuted:
                    Charge(happened.Stream, in happened.As<TradeExecuted>());
                    break;
                default:
                    break;
            }
        }

        CompareTotals();
        CompareHeld();
    }

    private void Charge(uint instrument, in TradeExecuted trade)
    {
        Trades++;
        var notional = (BigInteger)trade.Price.Ticks
            * trade.Quantity.Lots
            * state.Instruments.At((int)instrument).NotionalUnits;
        Assert.Equal(notional, (BigInteger)trade.Notional.Units);
        var maker = _orders[trade.MakerOrderId.Value];
        var taker = _orders[trade.TakerOrderId.Value];
        var makerRate = Math.Max(maker.MakerRate, -taker.TakerRate);
        Assert.Equal(maker.Charge(notional, makerRate), (BigInteger)trade.MakerFee.Units);
        Assert.Equal(taker.Charge(notional, taker.TakerRate), (BigInteger)trade.TakerFee.Units);
        Rebates += trade.MakerFee.Units < 0 ? 1 : 0;
        var quote = state.Instruments.At((int)instrument).QuoteAsset;
        _fees[quote] = _fees.GetValueOrDefault(quote) + trade.MakerFee.Units + trade.TakerFee.Units;
        Assert.True(_fees[quote] >= 0, $"more rebates than fees of asset {quote}");
    }

    private void CompareTotals()
    {
        var sums = new Dictionary<uint, BigInteger>();
        for (var slot = 0; slot < state.Balances.Limit; slot++)
        {
            ref var balance = ref state.Balances.At(slot);
            Assert.True(balance.Held >= 0, $"account {balance.Account} holds less than nothing");
            Assert.True(
                balance.Available >= 0 || balance.Account == AccountId.House.Value,
                $"account {balance.Account} has less than nothing");
            sums[balance.Asset] = sums.GetValueOrDefault(balance.Asset) + balance.Available + balance.Held;
        }

        for (var asset = 1u; asset <= state.Globals.Assets; asset++)
        {
            Assert.Equal(_totals.GetValueOrDefault(asset), sums.GetValueOrDefault(asset));
            Assert.Equal(_totals.GetValueOrDefault(asset), (BigInteger)state.Assets.At((int)asset).Total);
        }
    }

    private void CompareHeld()
    {
        var held = new Dictionary<(uint Account, uint Asset), BigInteger>();
        for (var slot = 0; slot < state.Orders.Limit; slot++)
        {
            ref var order = ref state.Orders.At(slot);
            if (order.Id == 0)
            {
                continue;
            }

            ref var instrument = ref state.Instruments.At(order.Instrument);
            var open = (BigInteger)(order.Visible + order.Hidden);
            var key = (order.Account, order.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset);
            var need = order.Side == Side.Sell
                ? open * instrument.LotUnits
                : _orders[order.Id].BuyHold(open * order.Price * instrument.NotionalUnits);
            held[key] = held.GetValueOrDefault(key) + need;
        }

        for (var slot = 0; slot < state.Balances.Limit; slot++)
        {
            ref var balance = ref state.Balances.At(slot);
            Assert.Equal(held.GetValueOrDefault((balance.Account, balance.Asset)), (BigInteger)balance.Held);
        }
    }

    /// <summary>One order's fees so far, as its trades tell them.</summary>
    private sealed class Account(int makerRate, int takerRate)
    {
        private BigInteger _fees;
        private BigInteger _rebates;

        public int MakerRate => makerRate;

        public int TakerRate => takerRate;

        public BigInteger Charge(BigInteger notional, int rate)
        {
            if (rate >= 0)
            {
                var feesBefore = _fees;
                _fees += notional * rate;
                return RoundUp(_fees) - RoundUp(feesBefore);
            }

            var before = _rebates;
            _rebates += notional * -rate;
            return (before / Million) - (_rebates / Million);
        }

        public BigInteger BuyHold(BigInteger worst)
        {
            var rate = Math.Max(0, Math.Max(makerRate, takerRate));
            return worst + RoundUp(_fees + (worst * rate)) - RoundUp(_fees);
        }

        private static BigInteger RoundUp(BigInteger accrued) => (accrued + Million - 1) / Million;
    }
}
