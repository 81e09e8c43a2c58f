using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>What an entry carries.</summary>
public enum EntryKind : byte
{
    /// <summary>Not an entry.</summary>
    None = 0,

    /// <summary>Commands of the state machine.</summary>
    Commands = 1,

    /// <summary>Nothing: the first entry of a term.</summary>
    NoOperation = 2,

    /// <summary>A membership configuration (<see cref="ConfiguredMember"/>).</summary>
    Configuration = 3,

    /// <summary>Only its timestamp: moves log time so that due timers run.</summary>
    Time = 4,
}

/// <summary>
/// The first 96 bytes of a log entry, little-endian, immutable once written. The payload follows. Nothing in it ever
/// changes between members: commit index and durable marks travel in messages.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 96)]
public struct EntryHeader
{
    /// <summary>The layout version of this build.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Most payload bytes of an entry: 4 MiB. A longer length is refused before it is read.</summary>
    public const uint PayloadLengthMax = 4 << 20;

    /// <summary>
    /// Most commands of an entry: 4 MiB / 64 bytes, the smallest command. Each is answered whether the payload holds it
    /// or not, so the count must have a bound of its own.
    /// </summary>
    public const uint CommandCountMax = PayloadLengthMax / 64;

    /// <summary>The cluster, drawn at genesis.</summary>
    public UInt128 ClusterId;

    /// <summary>The leader's term.</summary>
    public ulong Term;

    /// <summary>Position in the log, from 1.</summary>
    public ulong Index;

    /// <summary>Log time, nanoseconds: max(previous + 1, the leader's clock).</summary>
    public long Timestamp;

    /// <summary>What it carries.</summary>
    public EntryKind Kind;

    /// <summary>Layout version.</summary>
    public byte Version;

    /// <summary>Cluster epoch, raised when a cluster is restored; in trade and event ids.</summary>
    public ushort Epoch;

    /// <summary>
    /// Commands in the payload, at most <see cref="CommandCountMax"/>; zero unless <see cref="EntryKind.Commands"/>.
    /// </summary>
    public uint CommandCount;

    /// <summary>Bytes of the payload, at most <see cref="PayloadLengthMax"/>.</summary>
    public uint PayloadLength;

    /// <summary>CRC-32C of the payload (<see cref="Crc32C"/>).</summary>
    public uint PayloadChecksum;

    /// <summary>CRC-32C of the 56 bytes before this field.</summary>
    public uint HeaderChecksum;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;

    /// <summary>
    /// SHA-256 over the previous entry's chain hash, the 64 bytes before this field, and the payload.
    /// </summary>
    public ChainHash ChainHash;
}

/// <summary>A SHA-256 value that binds an entry to all before it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public readonly record struct ChainHash
{
    private readonly ulong _word0;
    private readonly ulong _word1;
    private readonly ulong _word2;
    private readonly ulong _word3;

    /// <summary>The chain hash before the first entry: all zero.</summary>
    public static ChainHash Genesis => default;

    /// <summary>Copies 32 bytes.</summary>
    /// <param name="bytes">At least 32 bytes.</param>
    /// <returns>The hash.</returns>
    public static ChainHash From(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ChainHash>(bytes);

    /// <summary>Lower-case hexadecimal, as SHA-256 is usually written.</summary>
    /// <returns>64 characters.</returns>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[32];
        MemoryMarshal.Write(bytes, in this);
        return Convert.ToHexStringLower(bytes);
    }
}
