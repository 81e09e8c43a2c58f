using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Invariants;

/// <summary>Holds replies to their shape: which status a command may have, and which numbers a status.</summary>
internal sealed class ResultWatch
{
    public HashSet<OrderStatus> Seen { get; } = [];

    public void Observe(Replica replica)
    {
        var index = replica.Machine.AppliedIndex;
        for (var offset = 0; offset < replica.Results.Length; offset++)
        {
            ref readonly var result = ref replica.Results[offset];
            Seen.Add(result.Status);
            var isOwn = result.Index < index || (result.Index == index && result.Offset <= offset);
            Assert.True(isOwn, "a reply of another command");
            Check(in result);
        }
    }

    private static void Check(in CommandResult result)
    {
        Assert.True(result.Executed.Lots >= 0 && result.Remaining.Lots >= 0 && result.Notional.Units >= 0);
        Assert.Equal(result.Executed.Lots == 0, result.Notional.Units == 0);
        if (result.Code != RejectCode.None)
        {
            var isOfOrder = result.Kind is CommandKind.PlaceOrder or CommandKind.TestOrder or CommandKind.ReplaceOrder;
            var isDecided = result.Code >= RejectCode.UnknownInstrument;
            Assert.Equal(isOfOrder && isDecided ? OrderStatus.Rejected : OrderStatus.None, result.Status);
            Assert.Equal((0ul, 0L, 0L), (result.Id, result.Executed.Lots, result.Remaining.Lots));
            Assert.True(isDecided || result.Sequence == 0);
            return;
        }

        Assert.Contains(result.Status, Statuses(result.Kind));
        switch (result.Status)
        {
            case OrderStatus.Accepted or OrderStatus.Waiting when result.Kind != CommandKind.TestOrder:
                Assert.Equal(0, result.Executed.Lots);
                Assert.True(result.Remaining.Lots > 0);
                break;
            case OrderStatus.PartiallyFilled:
                Assert.True(result.Remaining.Lots > 0);
                Assert.True(result.Executed.Lots > 0 || result.Kind == CommandKind.AmendOrder);
                break;
            case OrderStatus.Filled:
                Assert.True(result.Executed.Lots > 0 && result.Remaining.Lots == 0);
                break;
            case OrderStatus.Cancelled:
                Assert.Equal(0, result.Remaining.Lots);
                break;
            default:
                break;
        }
    }

    private static OrderStatus[] Statuses(CommandKind kind) => kind switch
    {
        CommandKind.PlaceOrder =>
        [
            OrderStatus.Accepted, OrderStatus.PartiallyFilled, OrderStatus.Filled, OrderStatus.Cancelled,
            OrderStatus.Waiting,
        ],
        CommandKind.ReplaceOrder =>
            [OrderStatus.Accepted, OrderStatus.PartiallyFilled, OrderStatus.Filled, OrderStatus.Cancelled],
        CommandKind.AmendOrder => [OrderStatus.Accepted, OrderStatus.PartiallyFilled, OrderStatus.Waiting],
        CommandKind.CancelOrder => [OrderStatus.Cancelled],
        CommandKind.TestOrder => [OrderStatus.Accepted],
        _ => [OrderStatus.None],
    };
}
