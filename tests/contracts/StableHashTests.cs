using System.Text;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Tests;

public class StableHashTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 100).Select(i => (byte)(i * 31 + 5 & 0xFF))];

    [Fact]
    public void Hashes_are_the_ones_in_the_file()
    {
        var text = new StringBuilder();
        for (var length = 0; length <= Bytes.Length; length++)
        {
            foreach (var seed in new[] { 0UL, 1UL, ulong.MaxValue })
            {
                text.Append($"of {length} {seed:x16} {StableHash.Of(Bytes.AsSpan(0, length), seed):x16}\n");
            }
        }

        foreach (var length in new[] { 0, 1, 31, 32, 33, 63, 64, 65, 100 })
        {
            text.Append($"many {length} {StableHash.OfMany(Bytes.AsSpan(0, length), 1):x16}\n");
        }

        foreach (var (left, right) in new[] { (0UL, 0UL), (1UL, 0UL), (0UL, 1UL), (ulong.MaxValue, ulong.MaxValue) })
        {
            text.Append($"mix {left:x16} {right:x16} {StableHash.Mix(left, right):x16}\n");
        }

        text.Append($"record {SnapshotRecordHeader.ChecksumOf(7, new UInt128(3, 5), Bytes):x16}\n");
        Golden.Check("stable-hash.txt", text.ToString());
    }

    [Fact]
    public void Mix_is_the_product_of_both_words_folded()
    {
        var product = (UInt128)(5UL ^ 0x6A09E667F3BCC909) * (9UL ^ 0xBB67AE8584CAA73B);
        Assert.Equal((ulong)(product >> 64) ^ (ulong)(product & ulong.MaxValue), StableHash.Mix(5, 9));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(0xFEDCBA9876543210UL)]
    public void The_hash_of_many_bytes_is_the_one_computed_word_by_word(ulong seed)
    {
        for (var length = 0; length < 400; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(i => (byte)((i * 57) + 11 & 0xFF)).ToArray();
            Assert.Equal(WordByWord(bytes, seed), StableHash.OfMany(bytes, seed));
        }
    }

    [Fact]
    public void Any_flipped_bit_changes_the_hash_of_many_bytes()
    {
        for (var length = 1; length <= Bytes.Length; length++)
        {
            var hash = StableHash.OfMany(Bytes.AsSpan(0, length), 0);
            for (var bit = 0; bit < length * 8; bit++)
            {
                var changed = Bytes[..length];
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.NotEqual(hash, StableHash.OfMany(changed, 0));
            }
        }
    }

    [Fact]
    public void Words_that_change_places_and_zeros_at_the_end_change_the_hash_of_many_bytes()
    {
        var hashes = new HashSet<ulong>();
        for (var place = 0; place < 200; place++)
        {
            var bytes = new byte[1_600];
            bytes[place * 8] = 1;
            Assert.True(hashes.Add(StableHash.OfMany(bytes, 0)));
            Assert.True(hashes.Add(StableHash.OfMany(new byte[place], 0)));
            Assert.True(hashes.Add(StableHash.OfMany(new byte[place], 1)));
        }
    }

    [Fact]
    public void Any_flipped_bit_changes_the_hash()
    {
        for (var length = 1; length <= Bytes.Length; length++)
        {
            var hash = StableHash.Of(Bytes.AsSpan(0, length), 0);
            for (var bit = 0; bit < length * 8; bit++)
            {
                var changed = Bytes[..length];
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.NotEqual(hash, StableHash.Of(changed, 0));
            }
        }
    }

    [Fact]
    public void Zeros_at_the_end_and_seeds_change_the_hash()
    {
        var hashes = new HashSet<ulong>();
        for (var length = 0; length < 200; length++)
        {
            Assert.True(hashes.Add(StableHash.Of(new byte[length], 0)));
            Assert.True(hashes.Add(StableHash.Of(new byte[length], 1)));
        }
    }

    [Fact]
    public void Kind_and_both_halves_of_the_key_are_in_a_records_checksum()
    {
        var checksums = new HashSet<ulong>
        {
            SnapshotRecordHeader.ChecksumOf(1, 1, Bytes),
            SnapshotRecordHeader.ChecksumOf(2, 1, Bytes),
            SnapshotRecordHeader.ChecksumOf(1, 2, Bytes),
            SnapshotRecordHeader.ChecksumOf(1, new UInt128(8, 1), Bytes),
            SnapshotRecordHeader.ChecksumOf(1, 1, Bytes.AsSpan(1)),
            SnapshotRecordHeader.ChecksumOf(1, 1, []),
        };
        Assert.Equal(6, checksums.Count);
        SnapshotRecordHeader.ChecksumOf(ushort.MaxValue, UInt128.MaxValue, Bytes);
    }

    // The definition without vectors.
    private static ulong WordByWord(byte[] bytes, ulong seed)
    {
        unchecked
        {
            const ulong Golden = 0x9E3779B97F4A7C15;
            ulong[] constants = [0x6A09E667F3BCC909, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1];
            var padded = new byte[(bytes.Length + 31) / 32 * 32];
            bytes.CopyTo(padded, 0);
            var sum = 0UL;
            for (var i = 0; i < padded.Length / 8; i++)
            {
                var word = BitConverter.ToUInt64(padded, i * 8)
                    ^ ((constants[i % 4] ^ (seed * Golden)) + ((ulong)(i / 4) * Golden));
                word *= 0xBF58476D1CE4E5B9;
                word ^= word >> 32;
                word *= 0x94D049BB133111EB;
                sum += word ^ (word >> 29);
            }

            return StableHash.Mix(StableHash.Mix(sum, seed), (ulong)bytes.Length ^ constants[3]);
        }
    }
}
