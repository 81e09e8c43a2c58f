using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Holds, fees and the movement of balances.</summary>
internal sealed class Money(ModelState state)
{
    private const long Million = 1_000_000;

    /// <summary>Quote minor units of lots at a price.</summary>
    public static Int128 Notional(ModelInstrument instrument, long lots, long price) =>
        (Int128)lots * price * instrument.NotionalUnits;

    /// <summary>The worst price a market order may trade at, from a base price.</summary>
    public static long Collar(ModelInstrument instrument, Side side, long basePrice)
    {
        var reach = basePrice * instrument.Policy.CollarBasisPoints / InstrumentPolicy.BasisPoints;
        return side == Side.Buy ? Math.Min(basePrice + reach, Price.Max) : Math.Max(basePrice - reach, 1);
    }

    /// <summary>What an order must hold now.</summary>
    public static Int128 HoldOf(ModelOrder order)
    {
        if (order.Side == Side.Sell)
        {
            return (Int128)order.OpenLotsAt(order.Price) * order.Instrument.LotUnits;
        }

        var worst = order.ByBudget ? order.BudgetLeft : Notional(order.Instrument, order.Open, order.Price);
        var feeMillionths = order.MakerOrTakerRateMax * worst;
        return worst + RoundUp(order.FeeMillionths + feeMillionths) - RoundUp(order.FeeMillionths);
    }

    public Int128 Available(uint account, uint asset) => state.Balance(account, asset).Available;

    /// <summary>Moves between available and held so that the order holds what it must.</summary>
    public void Hold(ModelOrder order, Int128 hold)
    {
        var balance = state.Balance(order.Account, order.HoldAsset);
        balance.Available -= hold - order.Hold;
        balance.Held += hold - order.Hold;
        order.Hold = hold;
        CheckBalance(order.Account, balance);
    }

    /// <summary>Releases the hold of an order that is done.</summary>
    public Int128 Release(ModelOrder order)
    {
        var released = order.Hold;
        Hold(order, 0);
        return released;
    }

    /// <summary>Books one order's fee of a trade with the house, in the order's favour where it is negative.</summary>
    public static Int128 Fee(ModelOrder order, int rate, Int128 notional)
    {
        if (rate >= 0)
        {
            var charged = RoundUp(order.FeeMillionths);
            order.FeeMillionths += rate * notional;
            return RoundUp(order.FeeMillionths) - charged;
        }

        var paid = order.RebateMillionths / Million;
        order.RebateMillionths += -rate * notional;
        return paid - (order.RebateMillionths / Million);
    }

    /// <summary>Exchanges lots against notional, takes the fees, and holds anew what both orders must hold.</summary>
    public void Settle(ModelOrder buy, ModelOrder sell, long lots, Int128 notional, Int128 buyFee, Int128 sellFee)
    {
        var instrument = buy.Instrument;
        var baseUnits = (Int128)lots * instrument.LotUnits;
        state.Balance(buy.Account, instrument.QuoteAsset).Available -= notional + buyFee;
        state.Balance(buy.Account, instrument.BaseAsset).Available += baseUnits;
        state.Balance(sell.Account, instrument.BaseAsset).Available -= baseUnits;
        state.Balance(sell.Account, instrument.QuoteAsset).Available += notional - sellFee;
        state.Balance(AccountId.House.Value, instrument.QuoteAsset).Available += buyFee + sellFee;
        Hold(buy, HoldOf(buy));
        Hold(sell, HoldOf(sell));
    }

    private static Int128 RoundUp(Int128 millionths) => (millionths + Million - 1) / Million;

    private static void CheckBalance(uint account, ModelBalance balance)
    {
        Invariant.Check(balance.Held >= 0);
        Invariant.Check(balance.Available >= 0 || account == AccountId.House.Value);
    }
}
