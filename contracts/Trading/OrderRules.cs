using System.Runtime.CompilerServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Which time in force and flags go with which order type: the type × time-in-force matrix of the README.
/// </summary>
public static class OrderRules
{
    // One row per type; columns GTC, GTD, IOC, FOK. A waiting order may carry IOC or FOK for its limit child: the
    // trigger itself then waits until cancelled.
    private static ReadOnlySpan<byte> Allowed =>
    [
        1, 1, 1, 1, // Limit
        0, 0, 1, 1, // Market
        1, 1, 0, 0, // Stop
        1, 1, 1, 1, // StopLimit
        1, 1, 0, 0, // TakeProfit
        1, 1, 1, 1, // TakeProfitLimit
    ];

    /// <summary>Whether the type takes the time in force. Both must be defined values.</summary>
    /// <param name="type">The type.</param>
    /// <param name="timeInForce">The time in force.</param>
    /// <returns>True where it does.</returns>
    public static bool Allows(OrderType type, TimeInForce timeInForce) =>
        Allowed[((int)type * 4) + (int)timeInForce] != 0;

    /// <summary>Whether the pair may be post-only or iceberg: limit-priced, and good till cancel or date.</summary>
    /// <param name="type">The type.</param>
    /// <param name="timeInForce">The time in force.</param>
    /// <returns>True where it may.</returns>
    public static bool MayRest(OrderType type, TimeInForce timeInForce) =>
        HasLimit(type) && timeInForce <= TimeInForce.GoodTillDate;

    /// <summary>Whether the type carries a limit price.</summary>
    /// <param name="type">The type.</param>
    /// <returns>True for limit, stop-limit and take-profit-limit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasLimit(OrderType type) =>
        type is OrderType.Limit or OrderType.StopLimit or OrderType.TakeProfitLimit;

    /// <summary>Whether the type waits for a trigger.</summary>
    /// <param name="type">The type.</param>
    /// <returns>True for the stop and take-profit types.</returns>
    public static bool Waits(OrderType type) => type >= OrderType.Stop;

    /// <summary>Whether the trigger is a rise: last price at or above the stop. Else a fall: at or below.</summary>
    /// <param name="type">A waiting type.</param>
    /// <param name="side">The side.</param>
    /// <returns>True for a buy stop and a sell take-profit.</returns>
    public static bool TriggersOnRise(OrderType type, Side side) =>
        type is OrderType.Stop or OrderType.StopLimit == (side == Side.Buy);
}

/// <summary>What each mode allows: the mode × command matrix of the README.</summary>
public static class ModeRules
{
    /// <summary>
    /// Whether a mode refuses a command on its instrument. Operators' commands are never refused; a cancel-all without
    /// an account is one of them and not asked about here.
    /// </summary>
    /// <param name="mode">The instrument's mode.</param>
    /// <param name="kind">The command.</param>
    /// <param name="rests">For place and test: it is a limit order, good till cancel or date, not post-only.</param>
    /// <returns><see cref="RejectCode.None"/>, or the code of the refusal.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RejectCode Refusal(SymbolMode mode, CommandKind kind, bool rests) =>
        mode == SymbolMode.Normal ? RejectCode.None : OtherRefusal(mode, kind, rests);

    private static RejectCode OtherRefusal(SymbolMode mode, CommandKind kind, bool rests)
    {
        return kind switch
        {
            CommandKind.PlaceOrder or CommandKind.TestOrder => mode switch
            {
                SymbolMode.HardHalt => RejectCode.HardHalted,
                SymbolMode.SoftHalt => RejectCode.MarketHalted,
                SymbolMode.CancelOnly => RejectCode.CancelOnly,
                _ => rests ? RejectCode.None : RejectCode.AuctionOnly,
            },
            CommandKind.ReplaceOrder => mode switch
            {
                SymbolMode.HardHalt => RejectCode.HardHalted,
                SymbolMode.SoftHalt => RejectCode.MarketHalted,
                SymbolMode.CancelOnly => RejectCode.CancelOnly,
                _ => RejectCode.None,
            },
            CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.CancelAll =>
                mode == SymbolMode.HardHalt ? RejectCode.HardHalted : RejectCode.None,
            _ => RejectCode.None,
        };
    }
}
