using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Journal;

/// <summary>
/// Stands before the events of one entry, 32 bytes little-endian; on disk, in memory and on its way to a peer. A record
/// is padded with zeros to a multiple of 8 bytes. Entries without events have a record, too: so positions have no
/// holes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct JournalRecordHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 32;

    /// <summary>Most bytes of the events of one entry: 256 MiB, beyond what 65,536 commands can yield.</summary>
    public const uint EventsLengthMax = 256 << 20;

    /// <summary>Bytes of header and events, without the padding; never zero, so zeros are no record.</summary>
    public uint Length;

    /// <summary>CRC-32C of the events, and of the 24 bytes behind this field.</summary>
    public uint Checksum;

    /// <summary>Log index of the entry.</summary>
    public ulong Index;

    /// <summary>Term of the entry: the fence of its effects travels with them.</summary>
    public ulong Term;

    /// <summary>Running hash of all event bytes up to and with this entry.</summary>
    public ulong EventChainHash;

    /// <summary>Bytes with the padding.</summary>
    public readonly int PaddedLength => (int)((Length + 7) & ~7U);

    /// <summary>Fills in length and checksum.</summary>
    /// <param name="events">The events.</param>
    public void Seal(ReadOnlySpan<byte> events)
    {
        Invariant.Check((uint)events.Length <= EventsLengthMax);
        Length = (uint)(Size + events.Length);
        Checksum = ChecksumOf(events);
    }

    /// <summary>Whether events are those of this header.</summary>
    /// <param name="events">The events.</param>
    /// <returns>True where they are.</returns>
    public readonly bool IsOf(ReadOnlySpan<byte> events) =>
        Length == Size + events.Length && Checksum == ChecksumOf(events);

    private readonly uint ChecksumOf(ReadOnlySpan<byte> events)
    {
        var copy = this;
        var own = Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<JournalRecordHeader>(in copy))[8..]);
        return Crc32C.Of(events) ^ System.Numerics.BitOperations.RotateLeft(own, 1) ^ Length;
    }
}
