namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// Why the ledger refused. Numbers are frozen. A delivery is refused for its first bad event, and that event for the
/// lowest number that applies. 1 to 9 are the numbers of <see cref="Contracts.Trading.EventError"/>.
/// </summary>
public enum LedgerError : byte
{
    /// <summary>Done, or nothing to do because it was done before.</summary>
    None = 0,

    /// <summary>The bytes end within an event.</summary>
    Truncated = 1,

    /// <summary>No such event: it may come from a newer build.</summary>
    UnknownKind = 2,

    /// <summary>Another layout version than this build reads.</summary>
    UnknownVersion = 3,

    /// <summary>The length is not the event's.</summary>
    WrongLength = 4,

    /// <summary>An event outside a cause, or a cause outside an entry.</summary>
    MissingFrame = 5,

    /// <summary>An entry frame without index or log time, or with an epoch above 65,535.</summary>
    EntryFrame = 6,

    /// <summary>A cause frame without a causation id.</summary>
    CauseFrame = 7,

    /// <summary>No stream has the number.</summary>
    UnknownStream = 8,

    /// <summary>The event has no sequence.</summary>
    MissingSequence = 9,

    /// <summary>Something new of an epoch that is over.</summary>
    StaleEpoch = 11,

    /// <summary>
    /// A new epoch starts before what the ledger has applied: the core was restored to an earlier point. The ledger
    /// has to be rebuilt up to that point first, and its later entries set aside.
    /// </summary>
    EpochRewound = 12,

    /// <summary>Something new at a log index that has passed.</summary>
    IndexRegressed = 13,

    /// <summary>The term fell.</summary>
    TermRegressed = 14,

    /// <summary>Log time did not rise.</summary>
    TimeRegressed = 15,

    /// <summary>A stream's sequence jumped: events are missing.</summary>
    SequenceHole = 16,

    /// <summary>The same reference with other content.</summary>
    Mismatch = 17,

    /// <summary>The event does not belong in this stream.</summary>
    WrongStream = 20,

    /// <summary>The stream's instrument was never listed.</summary>
    UnknownInstrument = 21,

    /// <summary>The instrument is listed already.</summary>
    InstrumentExists = 22,

    /// <summary>A value outside its range, or an undefined enumeration value.</summary>
    FieldOutOfRange = 23,

    /// <summary>The notional is not price × quantity × notional units.</summary>
    NotionalMismatch = 24,

    /// <summary>A fee or rebate above the notional.</summary>
    FeeOutOfRange = 25,

    /// <summary>The order is open already.</summary>
    OrderExists = 26,

    /// <summary>No open order of this id holds anything.</summary>
    UnknownOrder = 27,

    /// <summary>The order has another account, side or instrument.</summary>
    OrderMismatch = 28,

    /// <summary>More would be captured or kept than is held.</summary>
    HoldExceeded = 29,

    /// <summary>What was released is not what was held.</summary>
    HoldMismatch = 30,

    /// <summary>A table of the ledger is full.</summary>
    CapacityExhausted = 31,

    /// <summary>An available balance would be negative.</summary>
    InsufficientAvailable = 32,

    /// <summary>A balance would leave its range.</summary>
    Overflow = 33,

    /// <summary>The core's receipt of what stayed available differs from the ledger.</summary>
    AvailableMismatch = 34,

    /// <summary>A reversal needs a user and another one who approves.</summary>
    SeparationOfDuties = 40,

    /// <summary>There is no journal entry of this number.</summary>
    UnknownEntry = 41,

    /// <summary>The entry moved nobody's money, or is itself a correction.</summary>
    NotReversible = 42,

    /// <summary>The entry was reversed before, under another reference.</summary>
    AlreadyReversed = 43,

    /// <summary>
    /// Journal entries are not numbered without gaps, or log index, log time, epoch or a stream falls back.
    /// </summary>
    JournalOutOfOrder = 50,

    /// <summary>An entry's chain hash is not that of its bytes over the one before.</summary>
    JournalChainBroken = 51,

    /// <summary>An entry whose postings do not sum to zero in each asset.</summary>
    JournalUnbalanced = 52,

    /// <summary>An entry no ledger can have made: a malformed posting, or a kind without what it needs.</summary>
    JournalMalformed = 53,

    /// <summary>
    /// An audit found that a balance is not the sum of its parts: memory was damaged, or the code is wrong.
    /// </summary>
    AuditFailed = 60,
}
