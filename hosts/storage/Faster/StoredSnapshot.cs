using System.Buffers.Binary;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// A durable snapshot of the store: its manifest, and where its records stand. One small file, written last and as a
/// whole: where it is, everything it speaks of is durable. Pages carry checksums because FASTER has none, and would
/// walk astray over a damaged length before any record's own checksum could be looked at.
/// </summary>
/// <param name="Manifest">What it is of.</param>
/// <param name="Generation">The log it stands in.</param>
/// <param name="Token">The checkpoint's token.</param>
/// <param name="Metadata">The checkpoint's metadata, FASTER's own.</param>
/// <param name="Bounds">Addresses between which its runs stand, n + 1 of them for n runs.</param>
/// <param name="PageChecksums">CRC-32C of each page of the log up to the last bound.</param>
internal sealed record StoredSnapshot(
    SnapshotManifest Manifest,
    ulong Generation,
    Guid Token,
    byte[] Metadata,
    IReadOnlyList<long> Bounds,
    IReadOnlyList<uint> PageChecksums)
{
    public const string Prefix = "snapshot-";
    public const string BadEnding = ".bad";

    private const uint CurrentVersion = 1;
    private const int FixedSize = 48;

    public string Name => NameOf(Manifest.Index);

    public static string NameOf(ulong index) => $"{Prefix}{index:D20}";

    public byte[] ToBytes()
    {
        var size = SnapshotManifest.Size + FixedSize + Metadata.Length + (8 * Bounds.Count) + (4 * PageChecksums.Count);
        var bytes = new byte[size + 4];
        Manifest.Write(bytes);
        var rest = bytes.AsSpan(SnapshotManifest.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(rest, CurrentVersion);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], Metadata.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], Bounds.Count);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], PageChecksums.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[16..], Generation);
        Token.TryWriteBytes(rest[24..]);
        rest = rest[FixedSize..];
        Metadata.CopyTo(rest);
        rest = rest[Metadata.Length..];
        foreach (var bound in Bounds)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, bound);
            rest = rest[8..];
        }

        foreach (var checksum in PageChecksums)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, checksum);
            rest = rest[4..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32C.Of(bytes.AsSpan(0, size)));
        return bytes;
    }

    public static SnapshotFault TryRead(ReadOnlySpan<byte> bytes, out StoredSnapshot? stored)
    {
        stored = null;
        var fault = SnapshotManifest.TryRead(bytes, out var manifest);
        if (fault != SnapshotFault.None)
        {
            return fault;
        }

        var size = bytes.Length - 4;
        if (size < SnapshotManifest.Size + FixedSize
            || Crc32C.Of(bytes[..size]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[size..]))
        {
            return SnapshotFault.ManifestChecksum;
        }

        var rest = bytes[SnapshotManifest.Size..size];
        if (BinaryPrimitives.ReadUInt32LittleEndian(rest) != CurrentVersion)
        {
            return SnapshotFault.ManifestVersion;
        }

        var metadata = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        var bounds = new long[BinaryPrimitives.ReadInt32LittleEndian(rest[8..])];
        var checksums = new uint[BinaryPrimitives.ReadInt32LittleEndian(rest[12..])];
        var generation = BinaryPrimitives.ReadUInt64LittleEndian(rest[16..]);
        var token = new Guid(rest.Slice(24, 16));
        rest = rest[FixedSize..];
        var metadataBytes = rest[..metadata].ToArray();
        rest = rest[metadata..];
        for (var i = 0; i < bounds.Length; i++)
        {
            bounds[i] = BinaryPrimitives.ReadInt64LittleEndian(rest[(8 * i)..]);
        }

        rest = rest[(8 * bounds.Length)..];
        for (var i = 0; i < checksums.Length; i++)
        {
            checksums[i] = BinaryPrimitives.ReadUInt32LittleEndian(rest[(4 * i)..]);
        }

        stored = new StoredSnapshot(manifest!, generation, token, metadataBytes, bounds, checksums);
        return SnapshotFault.None;
    }
}
