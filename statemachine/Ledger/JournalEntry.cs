using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>Why a journal entry was made. Numbers are frozen: they stand in journals.</summary>
public enum JournalEntryKind : byte
{
    /// <summary>Not an entry.</summary>
    None = 0,

    /// <summary>An accepted order's funds went from available to held.</summary>
    HoldPlaced = 1,

    /// <summary>A cancelled or decremented order's funds went back.</summary>
    HoldReleased = 2,

    /// <summary>An amended or replaced order's hold became another.</summary>
    HoldChanged = 3,

    /// <summary>
    /// A trade: captures from both holds, payment, delivery, fees, and release of what is no longer needed.
    /// </summary>
    Trade = 4,

    /// <summary>Money came in.</summary>
    Deposit = 5,

    /// <summary>Money went out.</summary>
    Withdrawal = 6,

    /// <summary>An approved adjustment.</summary>
    Adjustment = 7,

    /// <summary>An approved adjustment that carries out an earlier reversal.</summary>
    CorrectionSettled = 8,

    /// <summary>The mirror image of an earlier entry.</summary>
    Reversal = 9,

    /// <summary>An instrument's terms. No postings.</summary>
    InstrumentListed = 10,

    /// <summary>
    /// How far a stream was read, where its last events moved no money. No postings: it keeps the journal whole, so
    /// that a ledger rebuilt from it knows news from repeats.
    /// </summary>
    StreamAdvanced = 11,
}

/// <summary>
/// One balanced line of the journal. The ledger's state is a function of its entries in order of number and of nothing
/// else; the host stores them and never changes one.
/// </summary>
public sealed class JournalEntry
{
    /// <summary>1, 2, 3… without gaps.</summary>
    public required ulong Number { get; init; }

    /// <summary>Why it was made.</summary>
    public required JournalEntryKind Kind { get; init; }

    /// <summary>
    /// The event it comes from; of a reversal, the event of the reversed entry. The core never gives an id twice, so
    /// it is the ledger's idempotency key; of a trade it is the trade's id.
    /// </summary>
    public required EventId Reference { get; init; }

    /// <summary>Hash of the event's bytes and log index; zero for a reversal.</summary>
    public ulong ContentHash { get; init; }

    /// <summary>Log index of the event; of a reversal, the last one the ledger had applied.</summary>
    public required ulong LogIndex { get; init; }

    /// <summary>Log time at that index, nanoseconds.</summary>
    public required long LogTime { get; init; }

    /// <summary>Raft term at that index.</summary>
    public required ulong Term { get; init; }

    /// <summary>The event's `causation_id`: the command or timer.</summary>
    public UInt128 Causation { get; init; }

    /// <summary>The event's `correlation_id`.</summary>
    public UInt128 Correlation { get; init; }

    /// <summary>
    /// The outside reference of a deposit, withdrawal or adjustment; the reason's reference of a reversal.
    /// </summary>
    public UInt128 OutsideReference { get; init; }

    /// <summary>Who booked, proposed or asked for it; zero where an order did it.</summary>
    public UserId User { get; init; }

    /// <summary>Who approved it; zero where nobody had to.</summary>
    public UserId Approver { get; init; }

    /// <summary>Number of the entry this one reverses, or zero.</summary>
    public ulong Reverses { get; init; }

    /// <summary>The terms of a listed instrument; else empty.</summary>
    public InstrumentTerms Terms { get; init; }

    /// <summary>The legs; they sum to zero in each asset. Nobody writes to the array.</summary>
    public required Posting[] Postings { get; init; }

    /// <summary>Chain hash of the entry before; zero for the first.</summary>
    public required ulong PreviousChain { get; init; }

    /// <summary>Hash of this entry's bytes over <see cref="PreviousChain"/>; see <see cref="JournalCodec"/>.</summary>
    public ulong Chain { get; internal set; }
}
