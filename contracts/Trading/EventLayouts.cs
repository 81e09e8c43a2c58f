using System.Runtime.CompilerServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>How long each kind of event is. The reader and the tests of the layouts use the same table.</summary>
public static class EventLayouts
{
    /// <summary>Bytes of the longest event.</summary>
    public const int SizeMax = 168;

    private static readonly ushort[] Sizes = Build();

    /// <summary>The kinds that exist, frames included, in order of number.</summary>
    public static ReadOnlySpan<EventKind> Kinds => ExistingKinds;

    private static readonly EventKind[] ExistingKinds = KindsOf(Sizes);

    /// <summary>Exact bytes of an event of a kind.</summary>
    /// <param name="kind">The kind; any byte.</param>
    /// <returns>Header included; zero where there is no such kind.</returns>
    public static int SizeOf(EventKind kind) => Sizes[(int)kind];

    /// <summary>Whether the kind is a frame: part of the envelope of what follows, not an event of a stream.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>True for entry and cause.</returns>
    public static bool IsFrame(EventKind kind) => kind is EventKind.Entry or EventKind.Cause;

    private static ushort[] Build()
    {
        var sizes = new ushort[256];
        void Add<T>(EventKind kind)
            where T : unmanaged => sizes[(int)kind] = (ushort)Unsafe.SizeOf<T>();

        Add<EntryFrame>(EventKind.Entry);
        Add<CauseFrame>(EventKind.Cause);

        Add<OrderAccepted>(EventKind.OrderAccepted);
        Add<CommandRejected>(EventKind.OrderRejected);
        Add<CommandRejected>(EventKind.CommandRejected);
        Add<TradeExecuted>(EventKind.TradeExecuted);
        Add<OrderCancelled>(EventKind.OrderCancelled);
        Add<OrderChanged>(EventKind.OrderAmended);
        Add<OrderChanged>(EventKind.OrderReplaced);
        Add<OrderTriggered>(EventKind.OrderTriggered);
        Add<BookDelta>(EventKind.BookDelta);
        Add<SelfTradePrevented>(EventKind.SelfTradePrevented);
        Add<OrderReplenished>(EventKind.OrderReplenished);
        Add<ModeChanged>(EventKind.ModeChanged);
        Add<ReferencePriceChanged>(EventKind.ReferencePriceChanged);
        Add<AuctionUncrossed>(EventKind.AuctionUncrossed);
        Add<InstrumentCreated>(EventKind.InstrumentCreated);

        Add<BalanceChanged>(EventKind.Deposited);
        Add<BalanceChanged>(EventKind.Withdrawn);
        Add<BalanceChanged>(EventKind.Adjusted);
        Add<AssetCreated>(EventKind.AssetCreated);

        Add<Administered>(EventKind.Administered);
        Add<TimerFired>(EventKind.TimerFired);
        Add<Checkpoint>(EventKind.Checkpoint);
        return sizes;
    }

    private static EventKind[] KindsOf(ushort[] sizes)
    {
        var kinds = new EventKind[sizes.Length];
        var count = 0;
        for (var kind = 0; kind < sizes.Length; kind++)
        {
            if (sizes[kind] != 0)
            {
                kinds[count++] = (EventKind)kind;
            }
        }

        return kinds[..count];
    }
}
