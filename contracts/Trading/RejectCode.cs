namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Why a command was refused. Numbers are frozen and stand in order of precedence: where several apply, the lowest is
/// the answer. Below <see cref="UnknownInstrument"/> nothing changes and no event is made; from it on the refusal is a
/// committed decision with an event and, under a session or key, a stored reply.
/// </summary>
public enum RejectCode : ushort
{
    /// <summary>Accepted.</summary>
    None = 0,

    /// <summary>Length or kind is not that of any command.</summary>
    Malformed = 1,

    /// <summary>The layout version is not one this build reads.</summary>
    UnsupportedVersion = 2,

    /// <summary>
    /// A reserved byte is set, an enumeration undefined, or a header field set that its dedup mode does not use.
    /// </summary>
    NotCanonical = 3,

    /// <summary>The entry's events have reached their bound; nothing was looked at: send it again.</summary>
    EntryFull = 4,

    /// <summary>The user does not exist or is disabled.</summary>
    UnknownUser = 10,

    /// <summary>The user lacks the role the command needs.</summary>
    NotAuthorized = 11,

    /// <summary>The account does not exist, or the command needs one, or takes none.</summary>
    UnknownAccount = 12,

    /// <summary>The account belongs to another user.</summary>
    NotOwner = 13,

    /// <summary>The command must come in a session or with a key.</summary>
    IdentityRequired = 20,

    /// <summary>No such session of this account and user.</summary>
    UnknownSession = 21,

    /// <summary>The number is beyond the session's next one.</summary>
    SessionGap = 22,

    /// <summary>The number was used more than 64 commands ago; its reply is no longer held.</summary>
    SessionWindowPassed = 23,

    /// <summary>The key is older than the retention, so whether it was used is no longer known.</summary>
    StaleCommand = 24,

    /// <summary>The key's stamp lies further ahead of log time than the policy allows.</summary>
    CreatedInFuture = 25,

    /// <summary>A query fenced this command id before the command came.</summary>
    CommandFenced = 26,

    /// <summary>The key was used with another content.</summary>
    KeyReused = 27,

    /// <summary>The remembered keys of the account or user are at the cap; nothing live is evicted.</summary>
    IdempotencyFull = 28,

    /// <summary>A fence's answer: the command did not enter, and now never will.</summary>
    NeverEntered = 29,

    /// <summary>The instrument does not exist, or the command needs one.</summary>
    UnknownInstrument = 30,

    /// <summary>
    /// Type, time in force and flags do not go together, or a field is set that the type does not use.
    /// </summary>
    InvalidCombination = 40,

    /// <summary>The limit price is out of range.</summary>
    InvalidPrice = 41,

    /// <summary>The quantity is out of range.</summary>
    InvalidQuantity = 42,

    /// <summary>The stop price is out of range.</summary>
    InvalidStopPrice = 43,

    /// <summary>The display quantity is out of range.</summary>
    InvalidDisplayQuantity = 44,

    /// <summary>The budget is out of range.</summary>
    InvalidBudget = 45,

    /// <summary>The expiry is not after log time.</summary>
    InvalidExpiry = 46,

    /// <summary>A field of an administrative command is out of its range.</summary>
    InvalidValue = 47,

    /// <summary>No such open order of this account on this instrument.</summary>
    UnknownOrder = 50,

    /// <summary>The asset does not exist.</summary>
    UnknownAsset = 51,

    /// <summary>The code, symbol or key is taken.</summary>
    AlreadyExists = 52,

    /// <summary>The user, session, proposal, API key or drain named does not exist.</summary>
    UnknownTarget = 53,

    /// <summary>A table of the core is full.</summary>
    CapacityExhausted = 54,

    /// <summary>The instrument takes operator commands only.</summary>
    HardHalted = 60,

    /// <summary>The instrument is halted; cancels are possible.</summary>
    MarketHalted = 61,

    /// <summary>The instrument takes cancels only.</summary>
    CancelOnly = 62,

    /// <summary>The instrument is in auction and takes resting limit orders only.</summary>
    AuctionOnly = 63,

    /// <summary>The account may not do this now.</summary>
    AccountFrozen = 64,

    /// <summary>Withdrawals are halted.</summary>
    WithdrawalsHalted = 65,

    /// <summary>The account's order commands of this rate window are used up.</summary>
    RateLimited = 70,

    /// <summary>The instrument's new orders of this throttle window are used up.</summary>
    SymbolThrottled = 71,

    /// <summary>The account has as many open orders as it may.</summary>
    OpenOrderLimit = 72,

    /// <summary>The instrument has as many open orders as it may.</summary>
    InstrumentFull = 73,

    /// <summary>The instrument has as many waiting stop orders as it may.</summary>
    StopOrderLimit = 74,

    /// <summary>The quantity exceeds the instrument's maximum.</summary>
    QuantityLimit = 75,

    /// <summary>The quantity is below the instrument's minimum.</summary>
    QuantityTooSmall = 76,

    /// <summary>The worst notional exceeds the instrument's maximum.</summary>
    NotionalLimit = 77,

    /// <summary>The worst notional is below the instrument's minimum.</summary>
    NotionalTooSmall = 78,

    /// <summary>The client order id is taken in this account.</summary>
    DuplicateClientOrderId = 80,

    /// <summary>The account's remembered client order ids are at the cap.</summary>
    ClientOrderIdsFull = 81,

    /// <summary>A market order met an empty opposite side.</summary>
    NoLiquidity = 90,

    /// <summary>The limit price is outside the band around the reference price.</summary>
    PriceBand = 91,

    /// <summary>The last trade price has already reached the stop.</summary>
    StopWouldTrigger = 92,

    /// <summary>An amendment must lower the quantity.</summary>
    QuantityNotReduced = 93,

    /// <summary>The new quantity is not above what has traded.</summary>
    QuantityBelowExecuted = 94,

    /// <summary>Only resting limit orders can be replaced.</summary>
    NotReplaceable = 95,

    /// <summary>A post-only order would have traded at once.</summary>
    PostOnlyWouldCross = 96,

    /// <summary>A fill-or-kill order could not trade in full.</summary>
    FillOrKillUnfillable = 97,

    /// <summary>An amount would exceed <see cref="Amount.Max"/>.</summary>
    AmountOverflow = 100,

    /// <summary>The available balance does not cover it.</summary>
    InsufficientFunds = 101,

    /// <summary>The token is not that of the last claim.</summary>
    FencingToken = 110,

    /// <summary>The position is behind the cursor or beyond the log.</summary>
    CursorOutOfRange = 111,

    /// <summary>Not the next version, or not every announced voter can apply it.</summary>
    BehaviourUnsupported = 112,

    /// <summary>Who proposed may not decide, and the root user may not be restricted.</summary>
    SeparationOfDuties = 113,
}
