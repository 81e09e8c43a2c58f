using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>A balance. Every posting moves one; a row once used stays.</summary>
internal readonly record struct BalanceRow(Int128 Units) : ILedgerRow<LedgerAccount>
{
    public ulong HashWith(LedgerAccount key) => Units == 0
        ? 0
        : RowHash.Of(1, ((ulong)key.Account.Value << 32) | key.Asset.Value, (ulong)key.Kind, Units);
}

/// <summary>The sums of one asset. Follows from the balances, so it adds nothing to the hash.</summary>
internal readonly record struct TotalsRow(TrialBalance Balance) : ILedgerRow<AssetId>
{
    public ulong HashWith(AssetId key) => 0;
}

/// <summary>What an open order holds; more than zero, or the row is gone.</summary>
internal readonly record struct OrderHold(AccountId Account, AssetId Asset, uint Instrument, Int128 Units)
    : ILedgerRow<OrderId>
{
    public ulong HashWith(OrderId key) => RowHash.Of(
        2, key.Value, StableHash.Mix(((ulong)Account.Value << 32) | Asset.Value, Instrument), Units);
}

/// <summary>
/// The last event applied of a stream. Moved by every event, one step at a time. IsRecorded: a journal entry says so;
/// at the end of each log entry it is true for all streams, so it is not in the hash.
/// </summary>
internal readonly record struct StreamCursor(ushort Epoch, ulong Sequence, ulong ContentHash, bool IsRecorded)
    : ILedgerRow<uint>
{
    public ulong HashWith(uint key) => RowHash.Of(3, ((ulong)Epoch << 32) | key, Sequence, ContentHash);
}

/// <summary>An instrument's terms by its number.</summary>
internal readonly record struct InstrumentRow(InstrumentTerms Terms) : ILedgerRow<uint>
{
    public ulong HashWith(uint key)
    {
        var units = StableHash.Mix((ulong)Terms.LotUnits, (ulong)Terms.NotionalUnits);
        var assets = ((ulong)Terms.BaseAsset.Value << 32) | Terms.QuoteAsset.Value;
        return RowHash.Of(4, key, StableHash.Mix(units, assets), unchecked((Int128)Terms.Symbol));
    }
}

/// <summary>The reference under which an entry, by its number, was reversed.</summary>
internal readonly record struct ReversedRow(UInt128 Reference) : ILedgerRow<ulong>
{
    public ulong HashWith(ulong key) =>
        RowHash.Of(5, key, (ulong)(Reference >> 64), unchecked((ulong)Reference));
}

/// <summary>
/// The entry that a reference reversed. The other direction of <see cref="ReversedRow"/>, so not in the hash.
/// </summary>
internal readonly record struct ReversalReferenceRow(ulong EntryNumber) : ILedgerRow<UInt128>
{
    public ulong HashWith(UInt128 key) => 0;
}

/// <summary>Mixes a row's words into its share of the state hash.</summary>
internal static class RowHash
{
    /// <summary>Hash of two words and an amount in a domain: the number of the table.</summary>
    public static ulong Of(ulong table, ulong first, ulong second, Int128 amount)
    {
        // Unchecked: the halves of a negative amount are its two's complement.
        var low = unchecked((ulong)amount);
        var high = unchecked((ulong)(amount >> 64));
        return StableHash.Mix(StableHash.Mix(StableHash.Mix(table, first), second), StableHash.Mix(low, high));
    }
}
