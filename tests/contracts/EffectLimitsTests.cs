using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public sealed class EffectLimitsTests
{
    [Fact]
    public void The_events_of_any_entry_fit_into_the_buffer_that_holds_them()
    {
        Assert.InRange(EffectLimits.CauseBytesMax, 10_000_000, 32 << 20);
        Assert.InRange(EffectLimits.EntryEventBytesMax, (int)EffectLimits.EntryBytesMax, Array.MaxLength / 2);
    }

    [Fact]
    public void A_full_payload_of_ordinary_orders_does_not_fill_an_entry()
    {
        // Each accepted, with one trade, two levels told and a cancelled rest, in a frame of its own.
        var perOrder = (EventKind[])
        [
            EventKind.Cause, EventKind.OrderAccepted, EventKind.TradeExecuted, EventKind.BookDelta, EventKind.BookDelta,
            EventKind.OrderCancelled,
        ];
        var orders = EntryHeader.PayloadLengthMax / CommandRules.Of(CommandKind.PlaceOrder).Size;
        Assert.InRange(orders * perOrder.Sum(EventLayouts.SizeOf), 1, EffectLimits.EntryBytesMax);
    }

    [Fact]
    public void The_default_policy_lets_a_cancel_all_take_every_order_of_an_account() =>
        Assert.True(DefaultPolicy.Global.OpenOrdersMax <= DefaultPolicy.Global.StepsMax);
}
