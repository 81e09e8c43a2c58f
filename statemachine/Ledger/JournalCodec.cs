using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>
/// A journal entry as bytes: a fixed head, the terms where an instrument is listed, the legs, and the chain hash.
/// Little-endian, 128-bit fields low half first. The chain hash is the <see cref="StableHash"/> of all bytes before
/// it, seeded with the chain hash of the entry before. It finds damage and lost or swapped entries; it does not
/// resist a forger.
/// </summary>
public static class JournalCodec
{
    /// <summary>The layout version of this build.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Appends an entry's bytes.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="output">Receives the bytes.</param>
    public static void Write(JournalEntry entry, OutputBuffer output)
    {
        WriteChained(entry, output);
        output.Append<ulong>() = entry.Chain;
    }

    /// <summary>Reads the first entry of some bytes.</summary>
    /// <param name="bytes">One entry, and whatever follows it.</param>
    /// <param name="entry">The entry, with the chain hash as written: true to its bytes.</param>
    /// <param name="length">Bytes it took.</param>
    /// <returns>None, truncated, unknown version or kind, wrong length, or a broken chain hash.</returns>
    public static LedgerError TryRead(ReadOnlySpan<byte> bytes, out JournalEntry? entry, out int length)
    {
        entry = null;
        length = 0;
        if (bytes.Length < Unsafe.SizeOf<Head>())
        {
            return LedgerError.Truncated;
        }

        var head = MemoryMarshal.Read<Head>(bytes);
        if (head.Version != CurrentVersion)
        {
            return LedgerError.UnknownVersion;
        }

        if (head.Kind is JournalEntryKind.None or > JournalEntryKind.StreamAdvanced)
        {
            return LedgerError.UnknownKind;
        }

        if (head.Length != LengthOf(head.Kind, head.Postings))
        {
            return LedgerError.WrongLength;
        }

        if (bytes.Length < head.Length)
        {
            return LedgerError.Truncated;
        }

        var chained = bytes[..((int)head.Length - sizeof(ulong))];
        var chain = BinaryPrimitives.ReadUInt64LittleEndian(bytes[chained.Length..]);
        if (StableHash.Of(chained, head.PreviousChain) != chain)
        {
            return LedgerError.JournalChainBroken;
        }

        entry = Read(in head, chained[Unsafe.SizeOf<Head>()..], chain);
        length = (int)head.Length;
        return LedgerError.None;
    }

    /// <summary>True where an entry's chain hash is that of its bytes.</summary>
    internal static bool IsChained(JournalEntry entry, OutputBuffer scratch) =>
        entry.Postings.Length <= LedgerLimits.PostingsMax && ChainOf(entry, scratch) == entry.Chain;

    /// <summary>The chain hash an entry should have.</summary>
    internal static ulong ChainOf(JournalEntry entry, OutputBuffer scratch)
    {
        scratch.Clear();
        WriteChained(entry, scratch);
        return StableHash.Of(scratch.Written, entry.PreviousChain);
    }

    private static void WriteChained(JournalEntry entry, OutputBuffer output)
    {
        output.Append<Head>() = new Head
        {
            Length = LengthOf(entry.Kind, (ushort)entry.Postings.Length),
            Kind = entry.Kind,
            Version = CurrentVersion,
            Postings = (ushort)entry.Postings.Length,
            Number = entry.Number,
            Epoch = entry.Reference.Epoch,
            Stream = entry.Reference.Stream,
            Sequence = entry.Reference.Sequence,
            ContentHash = entry.ContentHash,
            LogIndex = entry.LogIndex,
            LogTime = entry.LogTime,
            Term = entry.Term,
            Causation = entry.Causation,
            Correlation = entry.Correlation,
            OutsideReference = entry.OutsideReference,
            User = entry.User,
            Approver = entry.Approver,
            Reverses = entry.Reverses,
            PreviousChain = entry.PreviousChain,
        };

        if (entry.Kind == JournalEntryKind.InstrumentListed)
        {
            var terms = entry.Terms;
            output.Append<Terms>() = new Terms
            {
                Symbol = terms.Symbol,
                BaseAsset = terms.BaseAsset,
                QuoteAsset = terms.QuoteAsset,
                LotUnits = terms.LotUnits,
                NotionalUnits = terms.NotionalUnits,
            };
        }

        foreach (var posting in entry.Postings)
        {
            output.Append<Leg>() = new Leg
            {
                Kind = (uint)posting.Account.Kind,
                Account = posting.Account.Account,
                Asset = posting.Account.Asset,
                Order = posting.Order,
                Amount = posting.Amount,
            };
        }
    }

    private static JournalEntry Read(in Head head, ReadOnlySpan<byte> rest, ulong chain)
    {
        var terms = default(InstrumentTerms);
        if (head.Kind == JournalEntryKind.InstrumentListed)
        {
            var stored = MemoryMarshal.Read<Terms>(rest);
            terms = new InstrumentTerms(
                stored.Symbol, stored.BaseAsset, stored.QuoteAsset, stored.LotUnits, stored.NotionalUnits);
            rest = rest[Unsafe.SizeOf<Terms>()..];
        }

        var postings = new Posting[head.Postings];
        for (var i = 0; i < postings.Length; i++)
        {
            var leg = MemoryMarshal.Read<Leg>(rest);

            // A kind beyond a byte becomes none, which the ledger refuses.
            var kind = leg.Kind <= byte.MaxValue ? (LedgerAccountKind)leg.Kind : LedgerAccountKind.None;
            postings[i] = new Posting(new LedgerAccount(kind, leg.Account, leg.Asset), leg.Order, leg.Amount);
            rest = rest[Unsafe.SizeOf<Leg>()..];
        }

        return new JournalEntry
        {
            Number = head.Number,
            Kind = head.Kind,
            Reference = EventId.Of(head.Epoch, head.Stream, head.Sequence),
            ContentHash = head.ContentHash,
            LogIndex = head.LogIndex,
            LogTime = head.LogTime,
            Term = head.Term,
            Causation = head.Causation,
            Correlation = head.Correlation,
            OutsideReference = head.OutsideReference,
            User = head.User,
            Approver = head.Approver,
            Reverses = head.Reverses,
            Terms = terms,
            Postings = postings,
            PreviousChain = head.PreviousChain,
            Chain = chain,
        };
    }

    private static uint LengthOf(JournalEntryKind kind, ushort postings)
    {
        var terms = kind == JournalEntryKind.InstrumentListed ? Unsafe.SizeOf<Terms>() : 0;
        return (uint)(Unsafe.SizeOf<Head>() + terms + (postings * Unsafe.SizeOf<Leg>()) + sizeof(ulong));
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 136)]
    private struct Head
    {
        public uint Length;
        public JournalEntryKind Kind;
        public byte Version;
        public ushort Postings;
        public ulong Number;
        public ushort Epoch;
        public ushort Reserved0;
        public uint Stream;
        public ulong Sequence;
        public ulong ContentHash;
        public ulong LogIndex;
        public long LogTime;
        public ulong Term;
        public UInt128 Causation;
        public UInt128 Correlation;
        public UInt128 OutsideReference;
        public UserId User;
        public UserId Approver;
        public ulong Reverses;
        public ulong PreviousChain;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
    private struct Terms
    {
        public UInt128 Symbol;
        public AssetId BaseAsset;
        public AssetId QuoteAsset;
        public long LotUnits;
        public long NotionalUnits;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
    private struct Leg
    {
        public uint Kind;
        public AccountId Account;
        public AssetId Asset;
        public uint Reserved0;
        public OrderId Order;
        public Amount Amount;
    }
}
