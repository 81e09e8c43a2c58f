using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// The self-trade group of an order: a group number, or an account that is a group of its own. A group number never
/// equals an account number.
/// </summary>
internal readonly record struct TradeGroup(uint Group, uint Account)
{
    public static TradeGroup Of(ModelAccount account) =>
        account.Group != 0 ? new TradeGroup(account.Group, 0) : new TradeGroup(0, account.Id);
}

/// <summary>An order: open as a taker, waiting for its trigger, or resting in the book.</summary>
internal sealed class ModelOrder
{
    public ulong Id;
    public UInt128 ClientOrderId;
    public uint Account;
    public uint User;
    public Side Side;
    public OrderType Type;
    public TimeInForce TimeInForce;
    public SelfTradePrevention Prevention;
    public bool PostOnly;
    public TradeGroup Group;
    public int MakerRate;
    public int TakerRate;

    /// <summary>The worst price it may trade at: limit or collar.</summary>
    public long Price;

    public long StopPrice;
    public long ExpiresAt;

    /// <summary>Total lots, executed ones included; zero by budget.</summary>
    public long Quantity;

    /// <summary>Lots open; zero by budget.</summary>
    public long Open;

    public long Display;
    public long Executed;

    public bool ByBudget;
    public Int128 BudgetLeft;

    /// <summary>F of the contract: sum of rate × notional of trades with a rate of zero or more.</summary>
    public Int128 FeeMillionths;

    /// <summary>R of the contract: sum of |rate| × notional of trades with a negative rate.</summary>
    public Int128 RebateMillionths;

    /// <summary>What is held for it: quote units of a buy, base units of a sell.</summary>
    public Int128 Hold;

    public bool Waiting;
    public bool Resting;

    /// <summary>Lots that an order by budget lost to self-trade prevention.</summary>
    public long Decremented;

    /// <summary>Lots shown while it rests.</summary>
    public long Shown;

    /// <summary>When it came to the end of its level: smaller is older.</summary>
    public ulong Priority;

    /// <summary>Whether its expiry has a timer: not any more where a cancel already waits.</summary>
    public bool ExpiryArmed;

    /// <summary>A cancel that waits for the instrument to leave hard halt.</summary>
    public CancelReason WaitingCancel;

    public required ModelInstrument Instrument;

    /// <summary>The asset its hold is in.</summary>
    public uint HoldAsset => Side == Side.Buy ? Instrument.QuoteAsset : Instrument.BaseAsset;

    public int MakerOrTakerRateMax => Math.Max(Math.Max(MakerRate, TakerRate), 0);

    /// <summary>Whether what does not trade at once stays in the book.</summary>
    public bool RestsAfterMatching => OrderRules.MayRest(Type, TimeInForce);

    public bool HasNothingOpen => ByBudget ? BudgetLeft == 0 : Open == 0;

    /// <summary>Lots it could still trade at a price.</summary>
    public long OpenLotsAt(long price)
    {
        if (!ByBudget)
        {
            return Open;
        }

        var affordable = BudgetLeft / ((Int128)price * Instrument.NotionalUnits);
        return (long)Int128.Min(affordable, Contracts.Trading.Quantity.Max - Executed - Decremented);
    }

    /// <summary>Whether it may trade at a price of the other side.</summary>
    public bool Reaches(long price) => Side == Side.Buy ? price <= Price : price >= Price;

    /// <summary>Whether a last price has reached its stop.</summary>
    public bool IsDueAt(long lastPrice) =>
        OrderRules.TriggersOnRise(Type, Side) ? lastPrice >= StopPrice : lastPrice <= StopPrice;

    /// <summary>Shows as much as it may of what is open.</summary>
    public void ShowAnew() => Shown = Display == 0 ? Open : Math.Min(Display, Open);
}
