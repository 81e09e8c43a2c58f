using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// The second pure machine: events of the core in, balanced journal entries out. It trusts no event. It recomputes what
/// can be recomputed, holds the rest against its own books and against the core's receipts, and where they differ it
/// refuses the whole delivery and stays as it was.
/// <para>Duties of the caller: (1) deliveries come in log order; a delivery is the events of one or more log entries,
/// as the core made them, and may come again at any time; (2) the journal entries that a call adds are stored, in
/// order and in one transaction, before they count: they carry the marks of how far each stream was read, so there is
/// nothing else to store; (3) an error stops consumption until a person has looked, nothing is skipped; (4) an
/// exception is a bug: the instance is then undefined and is rebuilt from the journal.</para>
/// <para>An event's reference (epoch, stream, sequence) is applied once. A repeat at or below the stream's last
/// sequence changes nothing; the last event of each stream is also compared by content, older ones by their number
/// alone, so that memory stays bounded.</para>
/// </summary>
public sealed class GeneralLedger
{
    private readonly LedgerState _state;
    private readonly EventLegs _legs;
    private readonly JournalDraft _draft = new();
    private readonly OutputBuffer _scratch = new();

    // Streams of the current log entry whose last event made no journal entry. Emptied when the log entry ends.
    private readonly List<uint> _unrecorded = [];

    // The log entry being read: epoch, index, time and term of its frame.
    private LedgerHead _at;

    // Why that entry may bring nothing new, or none: it lies before the head.
    private LedgerError _newsError;

    /// <summary>Starts with empty books, before the first event.</summary>
    public GeneralLedger()
        : this(new LedgerView(new LedgerState(LedgerCapacity.Default)))
    {
    }

    /// <summary>Goes on where a rebuilt view ends. The view becomes this ledger's own.</summary>
    public GeneralLedger(LedgerView view)
    {
        View = view;
        _state = view.State;
        _legs = new EventLegs(_state);
    }

    /// <summary>The books, live.</summary>
    public LedgerView View { get; }

    /// <summary>The free balance: equal to the core's at the same log index.</summary>
    public Amount Available(AccountId account, AssetId asset) => View.Available(account, asset);

    /// <summary>What open orders hold: equal to the core's at the same log index.</summary>
    public Amount Held(AccountId account, AssetId asset) => View.Held(account, asset);

    /// <summary>Applies the events of one or more log entries: all that is new in them, or nothing.</summary>
    /// <param name="events">Entry frames, cause frames and events.</param>
    /// <param name="journal">Receives the journal entries.</param>
    /// <returns>What happened.</returns>
    public LedgerResult Apply(ReadOnlySpan<byte> events, List<JournalEntry> journal)
    {
        var journalCount = journal.Count;
        _unrecorded.Clear();
        _draft.Clear();
        _at = default;
        var reader = new EventReader(events);
        var result = default(LedgerResult);
        while (result.Error == LedgerError.None && reader.TryRead(out var envelope))
        {
            result = ApplyOne(in envelope, in result, journal);
            result = result with { Offset = reader.Position - envelope.Bytes.Length };
        }

        if (result.Error == LedgerError.None && reader.Error != EventError.None)
        {
            result = new LedgerResult
            {
                Error = (LedgerError)reader.Error,
                LogIndex = _at.LogIndex,
                Offset = reader.Position,
            };
        }

        if (result.Error == LedgerError.None)
        {
            result = result with { Error = RecordStreams(journal) };
        }

        if (result.Error == LedgerError.None)
        {
            _state.Mark();
            return new LedgerResult
            {
                LogIndex = _state.Head.LogIndex,
                Applied = result.Applied,
                Duplicates = result.Duplicates,
            };
        }

        _state.Rollback();
        journal.RemoveRange(journalCount, journal.Count - journalCount);
        return result with { Applied = 0, Duplicates = 0, Actual = _draft.Actual, Expected = _draft.Expected };
    }

    /// <summary>
    /// Reverses a stored trade, deposit, withdrawal or adjustment by its mirror image. Customers' legs go to their
    /// correction accounts until an approved adjustment of the core, under the reversal's reference, carries them
    /// out. Refused, in this order: a reference of zero, or one that reversed another entry; want of two persons; an
    /// entry that does not exist, cannot be reversed, was reversed, or is not as the journal has it; a customer's
    /// money that is gone.
    /// </summary>
    /// <param name="original">The entry, as the journal has it.</param>
    /// <param name="reversal">Reference, who asks and who approved.</param>
    /// <param name="journal">Receives the mirror entry.</param>
    /// <returns>What happened; a repeat of the same request is a duplicate.</returns>
    public LedgerResult Reverse(JournalEntry original, in Reversal reversal, List<JournalEntry> journal)
    {
        _draft.Clear();
        var error = ReversalLegs.Check(_state, original, in reversal, _scratch, out var isRepeat);
        if (isRepeat)
        {
            return new LedgerResult { LogIndex = _state.Head.LogIndex, Duplicates = 1 };
        }

        if (error == LedgerError.None)
        {
            error = ReversalLegs.Draft(_state, original, in reversal, _draft);
        }

        if (error == LedgerError.None)
        {
            error = Append(NewEntry(original.Reference, _state.Head), journal);
        }

        if (error == LedgerError.None)
        {
            _state.Mark();
            return new LedgerResult { LogIndex = _state.Head.LogIndex, Applied = 1 };
        }

        _state.Rollback();
        return new LedgerResult
        {
            Error = error,
            Reference = original.Reference,
            LogIndex = original.LogIndex,
            Actual = _draft.Actual,
            Expected = _draft.Expected,
        };
    }

    private LedgerResult ApplyOne(in EventEnvelope envelope, in LedgerResult before, List<JournalEntry> journal)
    {
        var at = new LedgerHead(0, 0, envelope.Epoch, envelope.Index, envelope.OccurredAt, envelope.Term);
        var error = at == _at ? LedgerError.None : RecordStreams(journal);
        if (error == LedgerError.None && at != _at)
        {
            _at = at;
            error = Enter();
        }

        var isRepeat = false;
        if (error == LedgerError.None)
        {
            error = Place(in envelope, out isRepeat);
        }

        if (error == LedgerError.None && !isRepeat)
        {
            error = ApplyNew(in envelope, journal);
        }

        return new LedgerResult
        {
            Error = error,
            Reference = envelope.EventId,
            LogIndex = envelope.Index,
            Applied = before.Applied + (isRepeat ? 0 : 1),
            Duplicates = before.Duplicates + (isRepeat ? 1 : 0),
        };
    }

    /// <summary>Places a log entry before, at or after the head.</summary>
    private LedgerError Enter()
    {
        var head = _state.Head;
        _newsError = LedgerError.None;
        if (head.LogIndex == 0)
        {
            return LedgerError.None;
        }

        if (_at.Epoch > head.Epoch && _at.LogIndex <= head.LogIndex)
        {
            return _draft.Refuse(LedgerError.EpochRewound, _at.LogIndex, head.LogIndex);
        }

        if (_at.Epoch < head.Epoch || _at.LogIndex < head.LogIndex)
        {
            _newsError = _at.Epoch < head.Epoch ? LedgerError.StaleEpoch : LedgerError.IndexRegressed;
            return LedgerError.None;
        }

        if (_at.LogIndex == head.LogIndex)
        {
            return _at.Term == head.Term && _at.LogTime == head.LogTime ? LedgerError.None : LedgerError.Mismatch;
        }

        // A new epoch is a new cluster, whose terms start where its backup's ended: not comparable.
        if (_at.Epoch == head.Epoch && _at.Term < head.Term)
        {
            return _draft.Refuse(LedgerError.TermRegressed, _at.Term, head.Term);
        }

        return _at.LogTime > head.LogTime
            ? LedgerError.None
            : _draft.Refuse(LedgerError.TimeRegressed, _at.LogTime, head.LogTime);
    }

    /// <summary>Tells a repeat from the next event of its stream, and from everything else.</summary>
    private LedgerError Place(in EventEnvelope envelope, out bool isRepeat)
    {
        var cursor = _state.Streams.Get(envelope.Stream);
        isRepeat = envelope.Sequence <= cursor.Sequence && envelope.Epoch <= cursor.Epoch;
        if (isRepeat)
        {
            var isLast = envelope.Sequence == cursor.Sequence && envelope.Epoch == cursor.Epoch;
            return isLast && ContentHash(in envelope) != cursor.ContentHash ? LedgerError.Mismatch : LedgerError.None;
        }

        if (_newsError != LedgerError.None)
        {
            return _newsError;
        }

        var expected = (Int128)cursor.Sequence + 1;
        if (envelope.Sequence == expected)
        {
            return LedgerError.None;
        }

        var error = envelope.Sequence > expected ? LedgerError.SequenceHole : LedgerError.EpochRewound;
        return _draft.Refuse(error, envelope.Sequence, expected);
    }

    private LedgerError ApplyNew(in EventEnvelope envelope, List<JournalEntry> journal)
    {
        _draft.Clear();
        var error = _legs.Draft(in envelope, _draft);
        if (error == LedgerError.None && _draft.IsEmpty)
        {
            Follow(in envelope);
        }
        else if (error == LedgerError.None)
        {
            var entry = NewEntry(
                envelope.EventId, _at, ContentHash(in envelope), envelope.CausationId, envelope.CorrelationId);
            error = Append(entry, journal);
        }

        return error == LedgerError.None ? CheckReceipt() : error;
    }

    /// <summary>Moves a stream on by an event that moved no money.</summary>
    private void Follow(in EventEnvelope envelope)
    {
        var cursor = _state.Streams.Get(envelope.Stream);
        if (cursor.IsRecorded || cursor.Sequence == 0)
        {
            _unrecorded.Add(envelope.Stream);
        }

        var next = new StreamCursor(envelope.Epoch, envelope.Sequence, ContentHash(in envelope), IsRecorded: false);
        _state.Streams.Set(envelope.Stream, in next);
    }

    /// <summary>At the end of a log entry: the journal learns how far the streams were read.</summary>
    private LedgerError RecordStreams(List<JournalEntry> journal)
    {
        foreach (var stream in _unrecorded)
        {
            var cursor = _state.Streams.Get(stream);
            if (cursor.IsRecorded)
            {
                continue;
            }

            _draft.Clear();
            _draft.Kind = JournalEntryKind.StreamAdvanced;
            var reference = EventId.Of(cursor.Epoch, stream, cursor.Sequence);
            var error = Append(NewEntry(reference, _at, cursor.ContentHash), journal);
            if (error != LedgerError.None)
            {
                return error;
            }
        }

        _unrecorded.Clear();
        return LedgerError.None;
    }

    private LedgerError CheckReceipt()
    {
        if (_draft.ReceiptAccount.Kind == LedgerAccountKind.None)
        {
            return LedgerError.None;
        }

        var available = _state.Balance(_draft.ReceiptAccount);
        return available == _draft.ReceiptAvailable.Units
            ? LedgerError.None
            : _draft.Refuse(LedgerError.AvailableMismatch, _draft.ReceiptAvailable.Units, available);
    }

    private JournalEntry NewEntry(
        EventId reference,
        LedgerHead at,
        ulong contentHash = 0,
        UInt128 causation = default,
        UInt128 correlation = default)
    {
        var entry = new JournalEntry
        {
            Number = _state.Head.Number + 1,
            Kind = _draft.Kind,
            Reference = reference,
            ContentHash = contentHash,
            LogIndex = at.LogIndex,
            LogTime = at.LogTime,
            Term = at.Term,
            Causation = causation,
            Correlation = correlation,
            OutsideReference = _draft.OutsideReference,
            User = _draft.User,
            Approver = _draft.Approver,
            Reverses = _draft.Reverses,
            Terms = _draft.Terms,
            Postings = _draft.TakePostings(),
            PreviousChain = _state.Head.Chain,
        };
        entry.Chain = JournalCodec.ChainOf(entry, _scratch);
        return entry;
    }

    private LedgerError Append(JournalEntry entry, List<JournalEntry> journal)
    {
        var error = _state.Append(entry);

        // What this machine makes of an event is balanced, whole and in order, or it is the machine that is wrong. A
        // reversal mirrors what the caller handed in.
        var isOwn = entry.Kind != JournalEntryKind.Reversal;
        Invariant.Check(!isOwn || error is < LedgerError.JournalOutOfOrder or > LedgerError.JournalMalformed);
        if (error == LedgerError.None)
        {
            journal.Add(entry);
        }

        return error;
    }

    private static ulong ContentHash(in EventEnvelope envelope) => StableHash.Of(envelope.Bytes, envelope.Index);
}
