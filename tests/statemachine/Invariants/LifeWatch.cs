using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Invariants;

/// <summary>Follows each order from its acceptance to its end: nothing happens to it before or after.</summary>
internal sealed class LifeWatch(ExchangeState state)
{
    private readonly Dictionary<ulong, Life> _lives = [];
    private ulong _lastCount;

    public int Orders => _lives.Count;

    public void Observe(IReadOnlyList<Happened> events)
    {
        foreach (var cause in events.GroupBy(happened => (happened.Offset, happened.Causation)))
        {
            foreach (var happened in cause)
            {
                Take(happened);
            }

            // An order for a budget never outlives its command, whether it ended with a cancel or with a fill.
            foreach (var life in _lives.Values.Where(life => life.IsOpen && life.HasBudget))
            {
                life.IsOpen = false;
            }
        }

        CompareOpen();
    }

    private void Take(Happened happened)
    {
        switch (happened.Kind)
        {
            case EventKind.OrderAccepted:
                Accept(in happened.As<OrderAccepted>());
                break;
            case EventKind.OrderTriggered:
                var triggered = Open(happened.As<OrderTriggered>().OrderId);
                Assert.True(triggered.IsWaiting, "what does not wait was triggered");
                triggered.IsWaiting = false;
                break;
            case EventKind.TradeExecuted:
                ref readonly var trade = ref happened.As<TradeExecuted>();
                Trading(trade.MakerOrderId).Fill(trade.Quantity.Lots);
                Trading(trade.TakerOrderId).Fill(trade.Quantity.Lots);
                break;
            case EventKind.SelfTradePrevented:
                ref readonly var prevented = ref happened.As<SelfTradePrevented>();
                Trading(prevented.MakerOrderId).Lose(prevented.Quantity.Lots);
                Trading(prevented.TakerOrderId).Lose(prevented.Quantity.Lots);
                break;
            case EventKind.OrderReplenished:
                Trading(happened.As<OrderReplenished>().OrderId);
                break;
            case EventKind.OrderAmended or EventKind.OrderReplaced:
                Change(happened.Kind, in happened.As<OrderChanged>());
                break;
            case EventKind.OrderCancelled:
                ref readonly var cancelled = ref happened.As<OrderCancelled>();
                var life = Open(cancelled.OrderId);
                Assert.Equal(life.Remaining, cancelled.Remaining.Lots);
                life.IsOpen = false;
                break;
            default:
                break;
        }
    }

    private void Accept(in OrderAccepted accepted)
    {
        Assert.True(accepted.OrderId.Count > _lastCount, "order ids go back");
        _lastCount = accepted.OrderId.Count;
        _lives.Add(accepted.OrderId.Value, new Life
        {
            IsOpen = true,
            IsWaiting = accepted.Type >= OrderType.Stop,
            HasBudget = accepted.QuoteBudget.Units != 0,
            Quantity = accepted.Quantity.Lots,
        });
    }

    private void Change(EventKind kind, in OrderChanged changed)
    {
        var life = Open(changed.OrderId);
        Assert.True(changed.Quantity.Lots > life.Executed, "an order was made smaller than what it traded");
        Assert.True(kind == EventKind.OrderReplaced || changed.Quantity.Lots < life.Quantity, "an amendment raised");
        life.Quantity = changed.Quantity.Lots;
        Assert.Equal(life.Remaining, changed.Remaining.Lots);
    }

    private Life Open(OrderId order)
    {
        var life = _lives[order.Value];
        Assert.True(life.IsOpen, "something happened to an order after its end");
        return life;
    }

    private Life Trading(OrderId order)
    {
        var life = Open(order);
        Assert.False(life.IsWaiting, "a waiting order traded");
        return life;
    }

    private void CompareOpen()
    {
        var open = 0;
        for (var slot = 0; slot < state.Orders.Limit; slot++)
        {
            ref var order = ref state.Orders.At(slot);
            if (order.Id == 0)
            {
                continue;
            }

            open++;
            var life = Open(new OrderId(order.Id));
            Assert.Equal((life.IsWaiting, life.Remaining), (order.IsWaiting, order.Open));
            Assert.Equal(life.Quantity, state.Orders.At(slot).Terms.Quantity);
        }

        Assert.Equal(_lives.Values.Count(life => life.IsOpen), open);
    }

    private sealed class Life
    {
        public bool IsOpen { get; set; }

        public bool IsWaiting { get; set; }

        public bool HasBudget { get; init; }

        public long Quantity { get; set; }

        public long Executed { get; private set; }

        public long Remaining => HasBudget ? 0 : Quantity - Executed;

        public void Fill(long lots)
        {
            Executed += lots;
            CloseWhenDone();
        }

        public void Lose(long lots) => Quantity -= HasBudget ? 0 : lots;

        private void CloseWhenDone()
        {
            Assert.True(HasBudget || Executed <= Quantity, "an order traded more than it has");
            IsOpen = HasBudget || Executed < Quantity;
        }
    }
}
