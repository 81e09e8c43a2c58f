using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Queries;

/// <summary>
/// What a decision about an account on an instrument looks at, besides the book and the balances. Either may be absent:
/// its part is then zero.
/// </summary>
public readonly record struct DecisionInputs
{
    /// <summary>Log time.</summary>
    public required long Timestamp { get; init; }

    /// <summary>The global policy.</summary>
    public required GlobalPolicy GlobalPolicy { get; init; }

    /// <summary>Whether withdrawals are halted.</summary>
    public required bool WithdrawalsHalted { get; init; }

    /// <summary>The instrument's policy.</summary>
    public required InstrumentPolicy Policy { get; init; }

    /// <summary>Hash of all policy in force: what the events of a decision carry.</summary>
    public required ulong PolicyHash { get; init; }

    /// <summary>When the reference price changed last, log time.</summary>
    public required long ReferenceAt { get; init; }

    /// <summary>Which throttle window the count is of.</summary>
    public required long ThrottleWindow { get; init; }

    /// <summary>New orders in that window.</summary>
    public required uint ThrottleCount { get; init; }

    /// <summary>Which window of band violations the count is of.</summary>
    public required long ViolationWindow { get; init; }

    /// <summary>Band violations in that window.</summary>
    public required uint Violations { get; init; }

    /// <summary>Parts per million that the account pays as maker; negative for a rebate.</summary>
    public required int MakerRate { get; init; }

    /// <summary>Parts per million that the account pays as taker.</summary>
    public required int TakerRate { get; init; }

    /// <summary>The account's owner.</summary>
    public required uint Owner { get; init; }

    /// <summary>Its group for self-trade prevention; zero for none.</summary>
    public required uint Group { get; init; }

    /// <summary>Its fee tier.</summary>
    public required uint Tier { get; init; }

    /// <summary>What it may not do.</summary>
    public required byte Freeze { get; init; }

    /// <summary>Which rate window the count is of.</summary>
    public required long RateWindow { get; init; }

    /// <summary>Order commands in that window.</summary>
    public required uint RateCount { get; init; }

    /// <summary>Its orders open or waiting.</summary>
    public required uint OpenOrders { get; init; }

    /// <summary>Client order ids that are remembered for it.</summary>
    public required uint ClientOrderIds { get; init; }
}
