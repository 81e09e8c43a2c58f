using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Framing;
using Exchange.Rsm.Hosts.Transport.Peers;

namespace Exchange.Rsm.Transport.Tests;

public sealed class FrameCodecTests
{
    [Fact]
    public void Frame_has_its_golden_bytes() => Assert.Equal(
        "d25d041f" + "5852534d" + "03000000" + "03" + "01" + "0000" + "010203",
        Convert.ToHexStringLower(Sealed(FrameKind.Message, 1, 2, 3)));

    [Fact]
    public void Hello_has_its_golden_bytes()
    {
        var hello = new PeerHello
        {
            ClusterId = new UInt128(0x1122334455667788, 0x99AABBCCDDEEFF00),
            From = 1,
            Incarnation = 2,
            To = 3,
            VersionMax = 5,
            VersionMin = 4,
        };
        var bytes = new byte[PeerHello.Size];
        MemoryMarshal.Write(bytes, in hello);
        Assert.Equal(
            "00ffeeddccbbaa998877665544332211" + "0100000000000000" + "0200000000000000" + "0300000000000000"
            + "0500" + "0400" + "00000000",
            Convert.ToHexStringLower(bytes));
        Assert.Equal(PeerHello.Size, Unsafe.SizeOf<PeerHello>());
    }

    [Fact]
    public void Reasons_keep_their_numbers() =>
        Assert.Equal(Enumerable.Range(0, 20), Enum.GetValues<CloseReason>().Select(reason => (int)reason));

    [Fact]
    public void Every_part_of_a_frame_is_partial_and_every_flipped_bit_is_found()
    {
        var frame = Sealed(FrameKind.Message, 1, 2, 3, 4, 5);
        for (var length = 0; length < frame.Length; length++)
        {
            Assert.Equal(FrameStatus.Partial, Read(frame.AsSpan(0, length)).Status);
        }

        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            var (status, reason) = Read(frame);

            // A length that grew asks for further bytes and is found out when they have come.
            if (status == FrameStatus.Partial)
            {
                (status, reason) = Read([.. frame, .. new byte[1000]]);
            }

            Assert.Equal(FrameStatus.Bad, status);
            Assert.NotEqual(CloseReason.None, reason);
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.Equal(FrameStatus.Whole, Read(frame).Status);
    }

    [Theory]
    [InlineData(4, CloseReason.FrameMagic)]
    [InlineData(13, CloseReason.FrameVersion)]
    [InlineData(12, CloseReason.FrameKind)]
    [InlineData(14, CloseReason.FrameKind)]
    [InlineData(11, CloseReason.FrameLength)]
    [InlineData(0, CloseReason.FrameChecksum)]
    [InlineData(16, CloseReason.FrameChecksum)]
    public void What_is_wrong_with_a_frame_is_named(int position, CloseReason expected)
    {
        var frame = Sealed(FrameKind.Message, 1, 2, 3);
        frame[position] ^= 0x40;
        Assert.Equal((FrameStatus.Bad, expected), Read(frame));
    }

    [Theory]
    [InlineData(1, 1, 7, 3, CloseReason.None)]
    [InlineData(1, 9, 7, 3, CloseReason.None)]
    [InlineData(2, 9, 7, 3, CloseReason.ProtocolVersion)]
    [InlineData(0, 0, 7, 3, CloseReason.ProtocolVersion)]
    [InlineData(1, 1, 8, 3, CloseReason.ClusterId)]
    [InlineData(1, 1, 7, 4, CloseReason.NodeId)]
    public void Hello_is_checked_for_version_cluster_and_address(
        ushort versionMin,
        ushort versionMax,
        ulong cluster,
        ulong to,
        CloseReason expected)
    {
        var hello = new PeerHello { ClusterId = cluster, To = to, VersionMin = versionMin, VersionMax = versionMax };
        Assert.Equal(expected, hello.Check(clusterId: 7, self: 3));
    }

    private static byte[] Sealed(FrameKind kind, params byte[] body)
    {
        byte[] frame = [.. new byte[FrameCodec.HeaderSize], .. body];
        FrameCodec.Seal(frame, kind);
        return frame;
    }

    private static (FrameStatus Status, CloseReason Reason) Read(ReadOnlySpan<byte> bytes)
    {
        var status = FrameCodec.TryRead(bytes, bodyLengthMax: 1000, out _, out _, out var reason);
        return (status, reason);
    }
}
