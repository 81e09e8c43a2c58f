using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// The fixed part of a manifest, 256 bytes little-endian. Every field but the digest follows from the log up to the
/// index, so two members that cut at the same index write the same.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 256)]
public struct SnapshotHeader
{
    /// <summary>The first eight bytes of every manifest: "XRSMSNAP".</summary>
    public const ulong MagicValue = 0x50414E534D535258;

    /// <summary>The layout version of this build.</summary>
    public const ushort CurrentVersion = 1;

    /// <summary><see cref="MagicValue"/>.</summary>
    public ulong Magic;

    /// <summary>Layout version.</summary>
    public ushort Version;

    /// <summary>Cluster epoch of the last entry.</summary>
    public ushort Epoch;

    /// <summary>Behaviour version of the state machine after the last entry.</summary>
    public uint BehaviourVersion;

    /// <summary>The cluster.</summary>
    public UInt128 ClusterId;

    /// <summary>Log index of the last entry that is in the state; at least 1.</summary>
    public ulong Index;

    /// <summary>Term of that entry.</summary>
    public ulong Term;

    /// <summary>Log time of that entry, nanoseconds.</summary>
    public long Timestamp;

    /// <summary>State hash after that entry.</summary>
    public ulong StateHash;

    /// <summary>Running hash of all event bytes up to and with that entry.</summary>
    public ulong EventChainHash;

    /// <summary>Records of the stream; at least 1: even an empty machine knows its index.</summary>
    public ulong RecordCount;

    /// <summary>Bytes of the stream.</summary>
    public ulong Length;

    /// <summary>Index of the entry that made the configuration; 0 where it is the genesis.</summary>
    public ulong ConfigurationIndex;

    /// <summary>Bytes of the configuration behind this header.</summary>
    public uint ConfigurationLength;

    /// <summary>1 where <see cref="Digest"/> is known, else 0: a store that keeps no stream knows none.</summary>
    public uint HasDigest;

    /// <summary>Chain hash of the last entry.</summary>
    public ChainHash ChainHash;

    /// <summary>SHA-256 of the stream.</summary>
    public ChainHash Digest;

    /// <summary>Reserved, zero.</summary>
    public ReservedWords Reserved;

    /// <summary>CRC-32C of the configuration.</summary>
    public uint ConfigurationChecksum;

    /// <summary>CRC-32C of the 252 bytes before this field.</summary>
    public uint HeaderChecksum;
}

/// <summary>Ten reserved words, zero.</summary>
[System.Runtime.CompilerServices.InlineArray(10)]
public struct ReservedWords
{
    private ulong _first;
}
