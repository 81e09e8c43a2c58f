using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

public sealed class JournalCodecTests
{
    [Fact]
    public void Journal_written_and_read_back_rebuilds_the_same_ledger()
    {
        var books = Books.Quoted();
        books.Core.Trade(new ScriptedTrade(2, 1, 20, 4) { MakerFee = -3, MakerHold = 60, TakerHold = 700 }).Level();
        books.Apply();
        var trade = books.Journal.Single(entry => entry.Kind == JournalEntryKind.Trade);
        books.Ledger.Reverse(trade, new Reversal(UInt128.MaxValue, new(5), new(6)), books.Journal);
        var output = new OutputBuffer();
        foreach (var entry in books.Journal)
            JournalCodec.Write(entry, output);

        var rest = output.Written;
        List<JournalEntry> read = [];
        while (!rest.IsEmpty)
        {
            Assert.Equal(LedgerError.None, JournalCodec.TryRead(rest, out var entry, out var length));
            read.Add(entry!);
            rest = rest[length..];
        }

        Assert.Equal(LedgerError.None, LedgerView.TryRebuild([.. read], out var view).Error);
        Assert.Equal(books.Ledger.View.StateHash, view.StateHash);
        Assert.Equal(books.Journal.Select(Books.Text), read.Select(Books.Text));
        Assert.Equal(books.Journal.Select(entry => entry.Causation), read.Select(entry => entry.Causation));
        Assert.Equal(books.Journal[^1].OutsideReference, read[^1].OutsideReference);
    }

    [Fact]
    public void Layout_is_frozen()
    {
        var output = new OutputBuffer();
        JournalCodec.Write(Sample(), output);

        Assert.Equal(
            "e000000004010200" // length 136 + 2 × 40 + 8, kind, version, legs
            + "0102030405060708" // number
            + "0200000003000000" // epoch, stream
            + "0400000000000000" // sequence
            + "0500000000000000" // content hash
            + "0600000000000000" // log index
            + "0700000000000000" // log time
            + "0800000000000000" // term
            + "09000000000000000000000000000000" // causation
            + "0a000000000000000000000000000000" // correlation
            + "0b00000000000000ffffffffffffffff" // outside reference, low half first
            + "0c0000000d000000" // user, approver
            + "0e00000000000000" // reverses
            + "0f00000000000000" // chain before
            + "010000001000000011000000000000000000000000000000feffffffffffffffffffffffffffffff"
            + "0200000010000000110000000000000012000000000000000200000000000000" + "0000000000000000"
            + "1f25aadb23ca3b6f", // chain
            Convert.ToHexStringLower(output.Written));
    }

    [Fact]
    public void Cut_or_flipped_bytes_are_refused()
    {
        var output = new OutputBuffer();
        JournalCodec.Write(Sample(), output);
        var bytes = output.Written.ToArray();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(LedgerError.Truncated, JournalCodec.TryRead(bytes.AsSpan(0, length), out _, out _));

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(LedgerError.None, JournalCodec.TryRead(bytes, out var entry, out _));
            Assert.Null(entry);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static JournalEntry Sample()
    {
        var entry = new JournalEntry
        {
            Number = 0x0807060504030201,
            Kind = JournalEntryKind.Trade,
            Reference = EventId.Of(2, 3, 4),
            ContentHash = 5,
            LogIndex = 6,
            LogTime = 7,
            Term = 8,
            Causation = 9,
            Correlation = 10,
            OutsideReference = new UInt128(ulong.MaxValue, 11),
            User = new UserId(12),
            Approver = new UserId(13),
            Reverses = 14,
            Postings =
            [
                new Posting(LedgerAccount.Available(new(16), new(17)), default, new Amount(-2)),
                new Posting(LedgerAccount.Held(new(16), new(17)), new OrderId(18), new Amount(2)),
            ],
            PreviousChain = 15,
        };
        entry.Chain = JournalCodec.ChainOf(entry, new OutputBuffer());
        return entry;
    }
}
