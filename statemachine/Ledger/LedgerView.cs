using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// What the ledger says: balances, holds and sums, either now (<see cref="GeneralLedger.View"/>) or as of a log index
/// or time, rebuilt from the journal. One thread at a time, the ledger's.
/// </summary>
public sealed class LedgerView
{
    internal LedgerView(LedgerState state) => State = state;

    /// <summary>Number of the last journal entry.</summary>
    public ulong JournalNumber => State.Head.Number;

    /// <summary>Chain hash of the last journal entry: two ledgers that agree on it agree on every entry.</summary>
    public ulong JournalChain => State.Head.Chain;

    /// <summary>Log index of the last event applied.</summary>
    public ulong LogIndex => State.Head.LogIndex;

    /// <summary>Log time of the last event applied, nanoseconds.</summary>
    public long LogTime => State.Head.LogTime;

    /// <summary>Hash of balances, holds, streams, instruments, reversals and the journal's end.</summary>
    public ulong StateHash => State.Hash;

    /// <summary>How many accounts were ever used; they are listed in the order of first use.</summary>
    public int AccountCount => State.Balances.SlotCount;

    /// <summary>Orders that hold something.</summary>
    public int OpenOrderCount => State.Orders.Count;

    /// <summary>How many assets ever moved; they are listed in the order of first use.</summary>
    public int AssetCount => State.Totals.SlotCount;

    internal LedgerState State { get; }

    /// <summary>
    /// Rebuilds from a whole journal, in order of number. A host that streams it uses the rebuild itself.
    /// </summary>
    public static LedgerResult TryRebuild(ReadOnlySpan<JournalEntry> journal, out LedgerView view) =>
        TryRebuild(journal, new LedgerRebuild(), out view);

    /// <summary>Rebuilds the ledger as it was after a log index: what came later is left out.</summary>
    public static LedgerResult TryRebuildAtIndex(
        ReadOnlySpan<JournalEntry> journal, ulong logIndex, out LedgerView view) =>
        TryRebuild(journal, new LedgerRebuild(logIndexMax: logIndex), out view);

    /// <summary>Rebuilds the ledger as it was at a log time, nanoseconds.</summary>
    public static LedgerResult TryRebuildAtTime(
        ReadOnlySpan<JournalEntry> journal, long logTime, out LedgerView view) =>
        TryRebuild(journal, new LedgerRebuild(logTimeMax: logTime), out view);

    /// <summary>An account of the exchange in one piece.</summary>
    public LedgerBalance Balance(AccountId account, AssetId asset) => new(
        Available(account, asset), Held(account, asset), BalanceOf(LedgerAccount.Correction(account, asset)), LogIndex);

    /// <summary>The free balance: equal to the core's at the same log index.</summary>
    public Amount Available(AccountId account, AssetId asset) => BalanceOf(LedgerAccount.Available(account, asset));

    /// <summary>What open orders hold: equal to the core's at the same log index.</summary>
    public Amount Held(AccountId account, AssetId asset) => BalanceOf(LedgerAccount.Held(account, asset));

    /// <summary>Any account's balance; zero where it was never used.</summary>
    public Amount BalanceOf(LedgerAccount account) => new(State.Balance(account));

    /// <summary>An account by its place in the list.</summary>
    public LedgerAccount AccountAt(int place) => State.Balances.KeyAt(place);

    /// <summary>An asset by its place in the list.</summary>
    public AssetId AssetAt(int place) => State.Totals.KeyAt(place);

    /// <summary>What one order holds; zero where it is done or unknown.</summary>
    public Amount HoldOf(OrderId order) => new(State.Orders.Get(order).Units);

    /// <summary>The sums of an asset by kind; together zero.</summary>
    public TrialBalance TrialBalance(AssetId asset) => State.Totals.Get(asset).Balance;

    /// <summary>The last event of a stream that was applied; sequence zero where none was.</summary>
    public EventId LastOf(uint stream)
    {
        var cursor = State.Streams.Get(stream);
        return EventId.Of(cursor.Epoch, stream, cursor.Sequence);
    }

    /// <summary>
    /// How many events of a stream the core is ahead; negative where the ledger is, which must never be.
    /// </summary>
    public Int128 GapTo(uint stream, ulong coreSequence) => (Int128)coreSequence - State.Streams.Get(stream).Sequence;

    /// <summary>The terms of a listed instrument; empty where there is none.</summary>
    public InstrumentTerms TermsOf(InstrumentId instrument) => State.Instruments.Get(instrument.Value).Terms;

    /// <summary>
    /// Checks everything again from the rows: sums of each asset, holds against held balances, signs, hashes. Costs
    /// time in proportion to the state.
    /// </summary>
    public LedgerError Audit() => LedgerAudit.Run(State);

    private static LedgerResult TryRebuild(
        ReadOnlySpan<JournalEntry> journal, LedgerRebuild rebuild, out LedgerView view)
    {
        view = rebuild.View;
        var applied = 0;
        foreach (var entry in journal)
        {
            var result = rebuild.Add(entry);
            if (result.Error != LedgerError.None)
            {
                return result with { Offset = applied };
            }

            if (result.Applied == 0)
            {
                break;
            }

            applied++;
        }

        return new LedgerResult { LogIndex = view.LogIndex, Applied = applied };
    }
}
