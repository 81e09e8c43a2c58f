using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>The policies of a new exchange and of a new instrument.</summary>
public static class DefaultPolicy
{
    /// <summary>The global policy of genesis.</summary>
    public static GlobalPolicy Global => new()
    {
        RateWindow = 1_000_000_000,
        RateCount = 100_000,
        KeyRetention = 86_400_000_000_000,
        ClockLeadMax = 5_000_000_000,
        ClientOrderIdRetention = 86_400_000_000_000,
        OpenOrdersMax = 10_000,
        KeysMax = 100_000,
        ClientOrderIdsMax = 100_000,
        CheckpointInterval = 4_096,
        SessionsMax = 16,
        StepsMax = EffectLimits.StepsMax,
        EntryBytesMax = EffectLimits.EntryBytesMax,
    };

    /// <summary>The policy an instrument is created with: checks that need a market's own figures are off.</summary>
    public static InstrumentPolicy Instrument => new()
    {
        QuantityMax = new Quantity(Quantity.Max),
        QuantityMin = new Quantity(1),
        NotionalMax = Amount.Max,
        CollarBasisPoints = 500,
        OpenOrdersMax = 1_000_000,
        StopOrdersMax = 10_000,
        BreakerMode = SymbolMode.CancelOnly,
    };
}

/// <summary>
/// Names the policy in force at a decision: a 64-bit <see cref="StableHash"/> over the layouts' bytes. Equal policies
/// have equal hashes on every build; it detects change, it does not resist forgery.
/// </summary>
public static class PolicyHash
{
    /// <summary>Hash of the global policy and the withdrawal halt.</summary>
    /// <param name="policy">The global policy.</param>
    /// <param name="withdrawalsHalted">Whether withdrawals are halted.</param>
    /// <returns>The hash.</returns>
    public static ulong OfGlobal(in GlobalPolicy policy, bool withdrawalsHalted) =>
        StableHash.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<GlobalPolicy>(in policy)), withdrawalsHalted ? 1UL : 0UL);

    /// <summary>Hash of an instrument's policy on top of the global one.</summary>
    /// <param name="globalHash">The global policy's hash.</param>
    /// <param name="policy">The instrument's policy.</param>
    /// <param name="makerRates">Maker rates of its fee schedule, tiers 0 to 15.</param>
    /// <param name="takerRates">Taker rates of its fee schedule, tiers 0 to 15.</param>
    /// <returns>The hash.</returns>
    public static ulong OfInstrument(
        ulong globalHash,
        in InstrumentPolicy policy,
        ReadOnlySpan<int> makerRates,
        ReadOnlySpan<int> takerRates)
    {
        var hash = StableHash.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<InstrumentPolicy>(in policy)), globalHash);
        hash = StableHash.Of(MemoryMarshal.AsBytes(makerRates), hash);
        return StableHash.Of(MemoryMarshal.AsBytes(takerRates), hash);
    }
}

/// <summary>Identities derived from a command's scope.</summary>
public static class CommandIdentity
{
    /// <summary>
    /// The command id of a keyed command: the first 128 bits, low half first, of SHA-256 over account, instrument (4
    /// bytes each), kind (8) and key (16), the lowest bit set. Known to the client before it sends. The key is the
    /// client's to choose and the id leads to a stored reply, so the hash must resist one who wants another's.
    /// </summary>
    /// <param name="account">The header's account.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="instrument">The header's instrument.</param>
    /// <param name="key">The key.</param>
    /// <returns>The id, never zero.</returns>
    public static UInt128 OfKey(AccountId account, CommandKind kind, InstrumentId instrument, UInt128 key)
    {
        Span<byte> scope = stackalloc byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(scope, account.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(scope[4..], instrument.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(scope[8..], (ulong)kind);
        BinaryPrimitives.WriteUInt128LittleEndian(scope[16..], key);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(scope, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest) | 1;
    }

    /// <summary>
    /// Fingerprint of a command's content: kind, account, instrument, user and body; not its stamp, key or correlation.
    /// A repeat with the same key must have the same.
    /// </summary>
    /// <param name="command">The whole command.</param>
    /// <returns>The 64-bit fingerprint.</returns>
    public static ulong Fingerprint(ReadOnlySpan<byte> command)
    {
        ref readonly var header = ref MemoryMarshal.AsRef<CommandHeader>(command);
        var scope = ((ulong)header.Account.Value << 32) | header.Instrument.Value;
        var seed = StableHash.Mix(scope, ((ulong)header.User.Value << 8) | (ulong)header.Kind);
        return StableHash.Of(command[Size..], seed);
    }

    private const int Size = 64;
}
