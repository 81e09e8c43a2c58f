using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

public sealed class SnapshotStreamReaderTests
{
    private readonly byte[] _stream;
    private readonly SnapshotManifest _manifest;

    public SnapshotStreamReaderTests()
    {
        using var member = new Lone(new MemoryDisk(), new DiskSnapshotStore(new MemoryDisk(), Lone.Small));
        member.Apply((5, "five"), (1, new string('x', 700)), (3, "three"));
        member.Apply((UInt128.MaxValue, "last"), (4, "gone"));
        member.Apply((4, ""));
        _stream = member.Machine.Stream();
        var digest = System.Security.Cryptography.SHA256.HashData(_stream);
        var header = new SnapshotHeader { Index = 3, RecordCount = 5, Length = (ulong)_stream.Length };
        _manifest = SnapshotManifest.Create(header, []).WithDigest(ChainHash.From(digest));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(100)]
    [InlineData(100_000)]
    public void A_stream_reads_well_in_pieces_of_any_size(int piece)
    {
        using var reader = new SnapshotStreamReader(_manifest, target: null);
        Assert.Equal(SnapshotFault.None, Read(reader, _stream, piece));
        Assert.Equal((ulong)_stream.Length, reader.VerifiedLength);
        Assert.Equal(_manifest.Header.Digest, reader.Digest);
    }

    [Theory]
    [Trait("Covers", "DUR-06")]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(100_000)]
    public void Every_flipped_bit_of_a_stream_is_found(int piece)
    {
        for (var bit = 0; bit < _stream.Length * 8; bit += 3)
        {
            var damaged = (byte[])_stream.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            using var reader = new SnapshotStreamReader(_manifest, target: null);
            Assert.NotEqual(SnapshotFault.None, Read(reader, damaged, piece));
        }
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        Assert.Equal(SnapshotFault.Length, Fault(_stream[..^1]));
        Assert.Equal(SnapshotFault.Length, Fault([.. _stream, 0]));
        Assert.Equal(SnapshotFault.RecordChecksum, Fault(With(40)));
        Assert.Equal(SnapshotFault.RecordContent, Fault(With(3)));
        Assert.Equal(SnapshotFault.RecordCount, Fault(_stream, records: 6));
        Assert.Equal(SnapshotFault.RecordCount, Fault(_stream, records: 4));
        Assert.Equal(SnapshotFault.Digest, Fault(_stream, digest: new byte[32]));
    }

    [Fact]
    public void Records_out_of_order_or_twice_are_refused()
    {
        var first = _stream[..LengthAt(0)];
        var second = _stream[first.Length..(first.Length + LengthAt(first.Length))];
        Assert.Equal(SnapshotFault.RecordOrder, Fault([.. second, .. first], records: 2));
        Assert.Equal(SnapshotFault.RecordOrder, Fault([.. first, .. first], records: 2));
    }

    private int LengthAt(int offset) =>
        32 + (int)MemoryMarshal.Read<SnapshotRecordHeader>(_stream.AsSpan(offset)).Length;

    private static SnapshotFault Read(SnapshotStreamReader reader, byte[] stream, int piece)
    {
        for (var at = 0; at < stream.Length; at += piece)
        {
            if (!reader.TryRead(stream.AsSpan(at, Math.Min(piece, stream.Length - at))))
            {
                return reader.Fault;
            }
        }

        reader.TryEnd();
        return reader.Fault;
    }

    private byte[] With(int damagedByte)
    {
        var damaged = (byte[])_stream.Clone();
        damaged[damagedByte] ^= 0x80;
        return damaged;
    }

    private SnapshotFault Fault(byte[] stream, ulong records = 0, byte[]? digest = null)
    {
        var header = _manifest.Header;
        if (records != 0)
        {
            (header.RecordCount, header.Length, header.HasDigest) = (records, (ulong)stream.Length, 0);
        }

        if (digest is not null)
        {
            header.Digest = ChainHash.From(digest);
        }

        using var reader = new SnapshotStreamReader(SnapshotManifest.Create(header, []), target: null);
        return Read(reader, stream, 64);
    }
}
