using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// How much one command and one entry can do, whatever the book looks like: without a bound an order that sweeps
/// icebergs, an auction, a cascade of triggers or a mass cancel could make more events than a buffer can hold, on every
/// replica. A step is one of: an incoming order meets a maker (trade or prevention), a trigger, a trade of an uncross,
/// a cancel out of a mass cancel. Each part of an effect takes at most <see cref="GlobalPolicy.StepsMax"/> steps. What
/// only reads is bounded by the entry: each order looked at on a walk counts as <see cref="LookBytes"/> bytes of it.
/// </summary>
public static class EffectLimits
{
    /// <summary>Most steps that the policy may allow.</summary>
    public const uint StepsMax = 10_000;

    /// <summary>Fewest bytes of events at which the policy may call an entry full.</summary>
    public const uint EntryBytesMin = 1_024;

    /// <summary>
    /// Most bytes of events at which the policy may call an entry full: more than the ordinary orders that fit into one
    /// can make.
    /// </summary>
    public const uint EntryBytesMax = 64 << 20;

    /// <summary>
    /// Bytes of an entry that an order looked at on a walk stands for: about the time that as many bytes of events
    /// take, so that an entry of nothing but walks does no more work than one of nothing but trades.
    /// </summary>
    public const int LookBytes = 64;

    /// <summary>Most timers that fire in one entry; the rest wait for the next.</summary>
    public const int TimersMax = 64;

    /// <summary>
    /// Most parts of one cause that take steps of their own: waiting cancels, an uncross, a cascade; or an order, its
    /// cascade. A cascade's last trigger begins below the bound and may meet as many makers again, so it counts twice.
    /// </summary>
    public const int PartsMax = 4;

    /// <summary>
    /// Most bytes that one command or timer adds to its entry's events: its steps, and once what frames them (frames,
    /// timer, acceptance or change, mode, reference, uncross, last levels, its own end), each as the longest event.
    /// </summary>
    public static readonly int CauseBytesMax =
        (PartsMax * (int)StepsMax * StepBytesMax()) + (16 * EventLayouts.SizeMax);

    /// <summary>
    /// Most bytes of an entry's events: all but the last cause began below the policy's bound; a checkpoint follows.
    /// </summary>
    public static readonly int EntryEventBytesMax = (int)EntryBytesMax + CauseBytesMax + (2 * EventLayouts.SizeMax);

    static EffectLimits()
    {
        // The buffer of an entry's events is an array and doubles: twice the largest entry must still be one.
        Invariant.Check(EntryEventBytesMax <= Array.MaxLength / 2);
        Invariant.Check(EntryBytesMin < EntryBytesMax);
    }

    /// <summary>The most bytes a step can add: of a meeting, a trigger, a trade of an uncross, a cancel.</summary>
    private static int StepBytesMax()
    {
        var delta = Unsafe.SizeOf<BookDelta>();
        var cancelled = Unsafe.SizeOf<OrderCancelled>();
        var trade = Unsafe.SizeOf<TradeExecuted>();
        var replenished = Unsafe.SizeOf<OrderReplenished>();
        var market = Math.Max(Unsafe.SizeOf<ModeChanged>(), Unsafe.SizeOf<ReferencePriceChanged>());

        // The maker trades or is prevented, comes up again or is cancelled; its level is told. An uncross: both sides.
        var traded = trade + (2 * replenished) + (2 * delta);
        var prevented = Unsafe.SizeOf<SelfTradePrevented>() + (2 * cancelled) + replenished + delta;

        // A trigger: the order rests or is cancelled, and what follows a taker; its meetings are steps of their own.
        var triggered = Unsafe.SizeOf<OrderTriggered>() + cancelled + delta + market;
        return Math.Max(Math.Max(traded, prevented), Math.Max(triggered, cancelled + delta));
    }
}
