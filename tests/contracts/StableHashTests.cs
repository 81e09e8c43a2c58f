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
}
