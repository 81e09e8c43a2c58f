using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

public sealed class SnapshotManifestTests
{
    [Fact]
    public void The_layout_is_frozen()
    {
        Assert.Equal(256, Unsafe.SizeOf<SnapshotHeader>());
        Assert.Equal(32, (int)Marshal.OffsetOf<SnapshotHeader>(nameof(SnapshotHeader.Index)));
        Assert.Equal(104, (int)Marshal.OffsetOf<SnapshotHeader>(nameof(SnapshotHeader.ChainHash)));
        Assert.Equal(136, (int)Marshal.OffsetOf<SnapshotHeader>(nameof(SnapshotHeader.Digest)));
        Assert.Equal(252, (int)Marshal.OffsetOf<SnapshotHeader>(nameof(SnapshotHeader.HeaderChecksum)));
        Assert.Equal(20, Enum.GetValues<SnapshotFault>().Length);
        Assert.Equal(14, (int)SnapshotFault.StateHash);
    }

    [Fact]
    [Trait("Covers", "H-29")]
    public void Bytes_are_the_golden_ones_and_read_back()
    {
        var sector = Bytes(Sample());
        var text = Convert.ToHexStringLower(sector.AsSpan(0, 259));
        Golden.Check("manifest.txt", string.Join('\n', text.Chunk(64).Select(line => new string(line))) + "\n");
        Assert.Equal(SnapshotFault.None, SnapshotManifest.TryRead(sector, out var back));
        Assert.Equal(sector, Bytes(back!));
        Assert.Equal(-1, sector.AsSpan(259).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    [Trait("Covers", "H-29")]
    public void Every_flipped_bit_is_found()
    {
        var sector = Bytes(Sample());
        for (var bit = 0; bit < sector.Length * 8; bit++)
        {
            sector[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(SnapshotFault.None, SnapshotManifest.TryRead(sector, out _));
            sector[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Nothing_written_is_missing_and_not_damaged()
    {
        Assert.Equal(SnapshotFault.Missing, SnapshotManifest.TryRead(new byte[4096], out _));
        Assert.Equal(SnapshotFault.Length, SnapshotManifest.TryRead(Bytes(Sample()).AsSpan(0, 4095), out _));
    }

    [Fact]
    public void A_version_that_this_build_does_not_read_is_named()
    {
        var sector = Bytes(Sample());
        sector[8] = 2;
        BitConverter.TryWriteBytes(sector.AsSpan(252), Crc32C.Of(sector.AsSpan(0, 252)));
        Assert.Equal(SnapshotFault.ManifestVersion, SnapshotManifest.TryRead(sector, out _));
    }

    [Fact]
    public void The_digest_alone_does_not_make_it_another_snapshot()
    {
        var manifest = Sample();
        var digest = ChainHash.From(new byte[32]);
        Assert.True(manifest.IsSameSnapshot(manifest.WithDigest(in digest)));
        var header = manifest.Header;
        header.Term++;
        Assert.False(manifest.IsSameSnapshot(SnapshotManifest.Create(header, [7, 8, 9])));
        Assert.False(manifest.IsSameSnapshot(SnapshotManifest.Create(manifest.Header, [7, 8])));
    }

    private static byte[] Bytes(SnapshotManifest manifest)
    {
        var sector = new byte[SnapshotManifest.Size];
        manifest.Write(sector);
        return sector;
    }

    private static SnapshotManifest Sample() => SnapshotManifest.Create(
        new SnapshotHeader
        {
            Epoch = 2,
            BehaviourVersion = 3,
            ClusterId = new UInt128(0x1112131415161718, 0x191A1B1C1D1E1F20),
            Index = 100_000,
            Term = 7,
            Timestamp = 1_700_000_000_000_000_000,
            StateHash = 0xA1A2A3A4A5A6A7A8,
            EventChainHash = 0xB1B2B3B4B5B6B7B8,
            RecordCount = 12,
            Length = 1_024,
            ConfigurationIndex = 99,
            HasDigest = 1,
            ChainHash = ChainHash.From([.. Enumerable.Range(1, 32).Select(value => (byte)value)]),
            Digest = ChainHash.From([.. Enumerable.Range(101, 32).Select(value => (byte)value)]),
        },
        [7, 8, 9]);
}
