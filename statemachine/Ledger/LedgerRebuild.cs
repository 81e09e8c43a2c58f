using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// Rebuilds the ledger from its stored journal, entry by entry as the host reads them. Each is held against its chain
/// hash, its number and the rules of double entry before it counts.
/// </summary>
/// <param name="logIndexMax">Entries of a later log index are left out.</param>
/// <param name="logTimeMax">Entries of a later log time, nanoseconds, are left out.</param>
public sealed class LedgerRebuild(ulong logIndexMax = ulong.MaxValue, long logTimeMax = long.MaxValue)
{
    private readonly LedgerState _state = new(LedgerCapacity.Default);
    private readonly OutputBuffer _scratch = new();
    private LedgerView? _view;

    /// <summary>The ledger so far.</summary>
    public LedgerView View => _view ??= new LedgerView(_state);

    /// <summary>Takes the next entry, or says why it cannot be the next; the ledger is then what it was.</summary>
    /// <returns>Applied is 1, or 0 for an entry beyond the limit: there is nothing more to read.</returns>
    public LedgerResult Add(JournalEntry entry)
    {
        if (entry.LogIndex > logIndexMax || entry.LogTime > logTimeMax)
        {
            return new LedgerResult { LogIndex = _state.Head.LogIndex };
        }

        var error = JournalCodec.IsChained(entry, _scratch) ? _state.Append(entry) : LedgerError.JournalChainBroken;
        if (error == LedgerError.None)
        {
            _state.Mark();
            return new LedgerResult { LogIndex = _state.Head.LogIndex, Applied = 1 };
        }

        _state.Rollback();
        return new LedgerResult
        {
            Error = error,
            Reference = entry.Reference,
            LogIndex = entry.LogIndex,
            Actual = entry.Number,
            Expected = (Int128)_state.Head.Number + 1,
        };
    }
}
