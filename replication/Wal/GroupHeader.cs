using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// The first bytes of a group, which is one write: whole sectors, so that a sector with something acknowledged is never
/// written again. A group is issued only after the one before is durable, so whatever stands before a valid header was
/// durable once: what is wrong there is damage. It names its place, so a write that went astray does not pass.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct GroupHeader
{
    public const int Size = 272;
    public const ulong MagicNumber = 0x4C415752_45475845; // "EXGERWAL" in memory order.
    public const ushort CurrentVersion = 2;
    private const int ChecksummedSize = Size - sizeof(ulong);

    public ulong Magic;
    public ushort Version;
    public ushort Reserved0;
    public uint Records;
    public UInt128 ClusterId;
    public uint NodeId;
    public uint Incarnation;
    public ulong Segment;
    public ulong Offset;

    /// <summary>From 1, without gaps.</summary>
    public ulong Sequence;

    /// <summary>Bytes of all records.</summary>
    public uint BodyLength;
    public uint Reserved1;

    /// <summary>Checksum of the last record; of nothing where there is none.</summary>
    public ulong BodyChecksum;

    /// <summary>Checksum of the header before.</summary>
    public ulong PreviousChecksum;

    /// <summary>What was so before this group.</summary>
    public LogState Before;

    public ulong Checksum;

    /// <summary>Bytes on disk.</summary>
    public readonly int Footprint => FootprintOf((int)BodyLength);

    public static int FootprintOf(int bodyLength) =>
        (Size + bodyLength + IDisk.Sector - 1) & ~(IDisk.Sector - 1);

    public void Seal(in WalIdentity identity)
    {
        Magic = MagicNumber;
        Version = CurrentVersion;
        Reserved0 = 0;
        Reserved1 = 0;
        ClusterId = identity.ClusterId;
        NodeId = identity.NodeId;
        Incarnation = identity.Incarnation;
        Checksum = ChecksumOf(in this, identity.Salt);
    }

    /// <summary>Reads the header of a group of this log that belongs at this very place.</summary>
    /// <returns>False where there is none.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes,
        in WalIdentity identity,
        ulong segment,
        long offset,
        int segmentBytes,
        out GroupHeader header)
    {
        header = default;
        if (bytes.Length < Size || MemoryMarshal.Read<ulong>(bytes) != MagicNumber)
        {
            return false;
        }

        header = MemoryMarshal.Read<GroupHeader>(bytes);
        return header.Checksum == ChecksumOf(in header, identity.Salt)
            && header.Version == CurrentVersion
            && header.ClusterId == identity.ClusterId
            && header.NodeId == identity.NodeId
            && header.Incarnation == identity.Incarnation
            && header.Segment == segment
            && header.Offset == (ulong)offset
            && header.Sequence > 0

            // Before anything is computed from it: a length that fits the segment.
            && header.BodyLength <= segmentBytes - Size
            && offset + header.Footprint <= segmentBytes;
    }

    private static ulong ChecksumOf(in GroupHeader header, ulong salt) => StableHash.Of(
        MemoryMarshal.AsBytes(new ReadOnlySpan<GroupHeader>(in header))[..ChecksummedSize],
        StableHash.Mix(salt, header.Sequence));
}
