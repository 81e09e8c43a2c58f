namespace Exchange.Rsm.Contracts.Trading;

/// <summary>Side of an order.</summary>
public enum Side : byte
{
    /// <summary>Buys the base asset with the quote asset.</summary>
    Buy = 0,

    /// <summary>Sells the base asset for the quote asset.</summary>
    Sell = 1,
}

/// <summary>Kind of order.</summary>
public enum OrderType : byte
{
    /// <summary>Trades at its price or better; the rest follows the time in force.</summary>
    Limit = 0,

    /// <summary>Trades at once within the price collar, by quantity or by quote budget; never rests.</summary>
    Market = 1,

    /// <summary>
    /// Waits for the last trade price to reach the stop against it, then is a market order within its collar.
    /// </summary>
    Stop = 2,

    /// <summary>Waits as <see cref="Stop"/>, then is a limit order.</summary>
    StopLimit = 3,

    /// <summary>
    /// Waits for the last trade price to reach the stop in its favour, then is a market order within its collar.
    /// </summary>
    TakeProfit = 4,

    /// <summary>Waits as <see cref="TakeProfit"/>, then is a limit order.</summary>
    TakeProfitLimit = 5,
}

/// <summary>How long an order lives.</summary>
public enum TimeInForce : byte
{
    /// <summary>Until filled or cancelled.</summary>
    GoodTillCancel = 0,

    /// <summary>Until filled, cancelled, or log time reaches its expiry.</summary>
    GoodTillDate = 1,

    /// <summary>What does not trade at once is cancelled.</summary>
    ImmediateOrCancel = 2,

    /// <summary>Trades in full at once, or not at all.</summary>
    FillOrKill = 3,
}

/// <summary>
/// What happens when an order meets a resting one of its own account group. The taker's choice rules.
/// </summary>
public enum SelfTradePrevention : byte
{
    /// <summary>They trade.</summary>
    None = 0,

    /// <summary>The taker's rest is cancelled.</summary>
    ExpireTaker = 1,

    /// <summary>The maker is cancelled, the taker goes on.</summary>
    ExpireMaker = 2,

    /// <summary>Both are cancelled.</summary>
    ExpireBoth = 3,

    /// <summary>Both lose the smaller quantity without a trade.</summary>
    Decrement = 4,
}

/// <summary>What an instrument allows; see the mode × command matrix in the README of this folder.</summary>
public enum SymbolMode : byte
{
    /// <summary>Everything.</summary>
    Normal = 0,

    /// <summary>Cancels and reductions only; nothing matches.</summary>
    CancelOnly = 1,

    /// <summary>As cancel-only: an operator's pause.</summary>
    SoftHalt = 2,

    /// <summary>Limit orders collect without matching; leaving to normal uncrosses them at one price.</summary>
    Auction = 3,

    /// <summary>Operator commands only; timers wait.</summary>
    HardHalt = 4,
}

/// <summary>State of an order as a reply or event reports it.</summary>
public enum OrderStatus : byte
{
    /// <summary>The command concerned no order.</summary>
    None = 0,

    /// <summary>Open, nothing traded.</summary>
    Accepted = 1,

    /// <summary>Open, part traded.</summary>
    PartiallyFilled = 2,

    /// <summary>Done, all traded.</summary>
    Filled = 3,

    /// <summary>Done, the rest was cancelled.</summary>
    Cancelled = 4,

    /// <summary>Never entered.</summary>
    Rejected = 5,

    /// <summary>Waits for its trigger.</summary>
    Waiting = 6,
}

/// <summary>Why an order's rest was cancelled.</summary>
public enum CancelReason : byte
{
    /// <summary>Not cancelled.</summary>
    None = 0,

    /// <summary>Its owner asked.</summary>
    User = 1,

    /// <summary>A cancel-all of the owner or an operator.</summary>
    CancelAll = 2,

    /// <summary>Immediate-or-cancel, or the rest of a market order.</summary>
    ImmediateOrCancel = 3,

    /// <summary>A triggered fill-or-kill that could not fill.</summary>
    FillOrKill = 4,

    /// <summary>A triggered post-only that would have crossed.</summary>
    PostOnly = 5,

    /// <summary>Self-trade prevention.</summary>
    SelfTrade = 6,

    /// <summary>Log time reached its expiry.</summary>
    Expired = 7,

    /// <summary>The account's dead-man switch fired.</summary>
    DeadMan = 8,

    /// <summary>The account's session stayed disconnected past its grace.</summary>
    Disconnected = 9,

    /// <summary>It met as many makers as one order may at once (<see cref="GlobalPolicy.StepsMax"/>).</summary>
    StepsMax = 10,
}

/// <summary>How a command is told from its repeats.</summary>
public enum DedupMode : byte
{
    /// <summary>Not at all: allowed only where a repeat changes nothing (see <see cref="CommandRules"/>).</summary>
    None = 0,

    /// <summary>By its number in a replicated session: 1, 2, 3… without gaps.</summary>
    Session = 1,

    /// <summary>By a key in the scope account + kind + instrument, for the retention of the policy.</summary>
    Keyed = 2,
}

/// <summary>What a user may do; a set of bits.</summary>
[Flags]
public enum Roles
{
    /// <summary>Nothing beyond the commands every user has.</summary>
    None = 0,

    /// <summary>Trades on accounts the user owns.</summary>
    Trader = 1,

    /// <summary>Sets modes and reference prices, cancels all orders of an instrument.</summary>
    Operator = 2,

    /// <summary>Sets policies, fees and limits, freezes accounts, halts withdrawals.</summary>
    RiskOfficer = 4,

    /// <summary>Books deposits and withdrawals, proposes adjustments.</summary>
    Treasurer = 8,

    /// <summary>Approves another user's adjustments.</summary>
    Approver = 16,

    /// <summary>Creates assets, instruments, accounts, users and keys.</summary>
    Administrator = 32,

    /// <summary>Runs drains, sessions' connection notices and behaviour announcements.</summary>
    Service = 64,

    /// <summary>Every role.</summary>
    All = 127,
}

/// <summary>What is withheld from an account; a set of bits.</summary>
[Flags]
public enum AccountFreeze
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Placing and replacing orders. Cancels stay possible; resting orders stay.</summary>
    Trading = 1,

    /// <summary>Withdrawing.</summary>
    Withdrawals = 2,
}
