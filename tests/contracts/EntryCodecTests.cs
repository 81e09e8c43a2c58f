using System.Security.Cryptography;
using System.Text;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Tests;

public sealed class EntryCodecTests : IDisposable
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 150).Select(i => (byte)(i * 7 & 0xFF))];

    private readonly ChainHasher _hasher = new();

    public void Dispose() => _hasher.Dispose();

    [Fact]
    public void Sealed_entry_reads_back_whole()
    {
        var previous = _hasher.Of(ChainHash.Genesis, default, [1, 2, 3]);
        var header = Header();
        EntryCodec.Seal(ref header, Payload, previous, _hasher);
        var bytes = new byte[EntryCodec.HeaderSize + Payload.Length + 10];
        Assert.Equal(bytes.Length - 10, EntryCodec.Write(header, Payload, bytes));

        Assert.True(EntryCodec.TryRead(bytes, previous, _hasher, out var read, out var payload, out var error));
        Assert.Equal(EntryError.None, error);
        Assert.Equal(Layout.Write(header), Layout.Write(read));
        Assert.Equal(Payload, payload.ToArray());
    }

    [Theory]
    [InlineData(EntryKind.NoOperation)]
    [InlineData(EntryKind.Configuration)]
    [InlineData(EntryKind.Time)]
    public void Entry_without_a_payload_reads_back(EntryKind kind)
    {
        var header = Header() with { Kind = kind, CommandCount = 0 };
        var bytes = SealedBytes(header, []);
        Assert.True(EntryCodec.TryRead(bytes, ChainHash.Genesis, _hasher, out _, out var payload, out _));
        Assert.True(payload.IsEmpty);
    }

    [Fact]
    public void Header_checksum_covers_the_56_bytes_before_it()
    {
        var field = Layout.Of(typeof(EntryHeader)).Single(field => field.Name == "HeaderChecksum");
        Assert.Equal(56, field.Offset);
        var bytes = SealedBytes(Header(), Payload);
        Assert.Equal(Crc32C.Of(bytes.AsSpan(0, 56)), BitConverter.ToUInt32(bytes, 56));
    }

    [Fact]
    public void Chain_hash_covers_the_previous_one_the_64_bytes_before_it_and_the_payload()
    {
        var previous = _hasher.Of(ChainHash.Genesis, default, [9]);
        var bytes = SealedBytes(Header(), Payload, previous);
        var expected = SHA256.HashData([.. Layout.Write(previous), .. bytes[..64], .. Payload]);
        Assert.Equal(Convert.ToHexStringLower(expected), ChainHash.From(bytes.AsSpan(64)).ToString());
        Assert.Equal(64, Layout.Of(typeof(EntryHeader)).Single(field => field.Name == "ChainHash").Offset);
    }

    [Fact]
    public void Any_flipped_bit_is_noticed_and_blamed_on_the_right_part()
    {
        var original = SealedBytes(Header(), Payload);
        for (var place = 0; place < original.Length; place++)
        {
            var expected = place switch
            {
                < 60 => EntryError.HeaderChecksum,
                < 64 => EntryError.Reserved,
                < 96 => EntryError.Chain,
                _ => EntryError.PayloadChecksum,
            };
            for (var bit = 0; bit < 8; bit++)
            {
                var bytes = (byte[])original.Clone();
                bytes[place] ^= (byte)(1 << bit);
                Assert.False(EntryCodec.TryRead(bytes, ChainHash.Genesis, _hasher, out _, out _, out var error));
                Assert.True(expected == error, $"byte {place}, bit {bit}: {error}, not {expected}");
            }
        }
    }

    [Fact]
    public void Entry_cut_short_anywhere_is_too_short()
    {
        var bytes = SealedBytes(Header(), Payload);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(EntryCodec.TryRead(bytes.AsSpan(0, length), out _, out _, out var error));
            Assert.Equal(length < 96 ? EntryError.HeaderTooShort : EntryError.PayloadTooShort, error);
        }
    }

    [Fact]
    public void Undamaged_header_of_another_version_kind_or_count_is_named()
    {
        var header = Header();
        EntryCodec.Seal(ref header, Payload, ChainHash.Genesis, _hasher);
        Assert.Equal(EntryError.None, EntryCodec.CheckHeader(Checksummed(header)));
        Assert.Equal(EntryError.Version, EntryCodec.CheckHeader(Checksummed(header with { Version = 0 })));
        Assert.Equal(EntryError.Version, EntryCodec.CheckHeader(Checksummed(header with { Version = 2 })));
        Assert.Equal(EntryError.Kind, EntryCodec.CheckHeader(Checksummed(header with { Kind = EntryKind.None })));
        Assert.Equal(EntryError.Kind, EntryCodec.CheckHeader(Checksummed(header with { Kind = (EntryKind)5 })));
        Assert.Equal(EntryError.Reserved, EntryCodec.CheckHeader(Checksummed(header with { Reserved0 = 1 })));
        var time = header with { Kind = EntryKind.Time };
        Assert.Equal(EntryError.CommandCount, EntryCodec.CheckHeader(Checksummed(time)));
        var count = EntryHeader.CommandCountMax;
        Assert.Equal(EntryError.None, EntryCodec.CheckHeader(Checksummed(header with { CommandCount = count })));
        Assert.Equal(
            EntryError.CommandCount,
            EntryCodec.CheckHeader(Checksummed(header with { CommandCount = count + 1 })));
        var length = EntryHeader.PayloadLengthMax;
        Assert.Equal(EntryError.None, EntryCodec.CheckHeader(Checksummed(header with { PayloadLength = length })));
        Assert.Equal(
            EntryError.PayloadLength,
            EntryCodec.CheckHeader(Checksummed(header with { PayloadLength = length + 1 })));
    }

    [Fact]
    public void Payload_of_another_length_is_not_the_headers()
    {
        var header = Header();
        EntryCodec.Seal(ref header, Payload, ChainHash.Genesis, _hasher);
        Assert.Equal(EntryError.PayloadTooShort, EntryCodec.CheckPayload(header, Payload.AsSpan(1)));
        Assert.Equal(EntryError.PayloadTooShort, EntryCodec.CheckPayload(header, [.. Payload, 0]));
        Assert.Equal(EntryError.None, EntryCodec.CheckPayload(header, Payload));
    }

    [Fact]
    public void Largest_payload_is_sealed_and_a_larger_one_is_not()
    {
        var header = Header();
        EntryCodec.Seal(ref header, new byte[EntryHeader.PayloadLengthMax], ChainHash.Genesis, _hasher);
        Assert.Throws<InvariantViolationException>(() => EntryCodec.Seal(
            ref header,
            new byte[EntryHeader.PayloadLengthMax + 1],
            ChainHash.Genesis,
            _hasher));
    }

    [Fact]
    public void Entry_of_another_chain_is_refused()
    {
        var bytes = SealedBytes(Header(), Payload);
        var other = _hasher.Of(ChainHash.Genesis, default, [1]);
        Assert.False(EntryCodec.TryRead(bytes, other, _hasher, out _, out _, out var error));
        Assert.Equal(EntryError.Chain, error);
    }

    [Fact]
    public void Chain_of_a_few_entries_is_the_one_in_the_file()
    {
        var text = new StringBuilder();
        var previous = ChainHash.Genesis;
        for (var index = 1UL; index <= 8; index++)
        {
            var header = Header() with { Index = index, Timestamp = (long)index * 1000 };
            header.Kind = (EntryKind)(index % 4 + 1);
            header.CommandCount = header.Kind == EntryKind.Commands ? 1u : 0u;
            var bytes = SealedBytes(header, Payload[..(int)(index * 16)], previous);
            text.Append("entry ").Append(Convert.ToHexStringLower(bytes)).Append('\n');
            previous = ChainHash.From(bytes.AsSpan(64));
            text.Append("chain ").Append(previous).Append('\n');
        }

        Golden.Check("chain.txt", text.ToString());
    }

    [Fact]
    public void Checksum_is_the_published_crc_32c()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0u, Crc32C.Of([]));
    }

    [Fact]
    public void Thousand_sealed_and_read_entries_allocate_nothing()
    {
        var bytes = new byte[EntryCodec.HeaderSize + Payload.Length];
        Assert.Equal(0, Allocations.Fewest(() => SealAndRead(bytes, 1000)));
    }

    private void SealAndRead(byte[] bytes, int count)
    {
        var previous = ChainHash.Genesis;
        for (var i = 0; i < count; i++)
        {
            var header = Header() with { Index = (ulong)i + 1 };
            EntryCodec.Seal(ref header, Payload, previous, _hasher);
            EntryCodec.Write(header, Payload, bytes);
            Invariant.Check(EntryCodec.TryRead(bytes, previous, _hasher, out _, out _, out _));
            previous = header.ChainHash;
        }
    }

    private byte[] SealedBytes(EntryHeader header, byte[] payload, ChainHash previous = default)
    {
        EntryCodec.Seal(ref header, payload, previous, _hasher);
        var bytes = new byte[EntryCodec.HeaderSize + payload.Length];
        EntryCodec.Write(header, payload, bytes);
        return bytes;
    }

    private static EntryHeader Checksummed(EntryHeader header)
    {
        header.HeaderChecksum = Crc32C.Of(Layout.Write(header).AsSpan(0, 56));
        return header;
    }

    private static EntryHeader Header() => new()
    {
        ClusterId = new UInt128(0x1111111111111111, 0x2222222222222222),
        Term = 3,
        Index = 17,
        Timestamp = 1_700_000_000_000_000_000,
        Kind = EntryKind.Commands,
        Epoch = 4,
        CommandCount = 2,
    };
}
