using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// What a snapshot is of, and what it must add up to. One sector on every disk and in every file; immutable.
/// </summary>
public sealed class SnapshotManifest
{
    /// <summary>Bytes of a manifest as it is written: one sector.</summary>
    public const int Size = IDisk.Sector;

    /// <summary>Most bytes of a configuration.</summary>
    public const int ConfigurationLengthMax = Size - HeaderSize;

    private const int HeaderSize = 256;

    private readonly SnapshotHeader _header;

    private SnapshotManifest(in SnapshotHeader header, byte[] configuration)
    {
        _header = header;
        Configuration = configuration;
    }

    /// <summary>The fixed part.</summary>
    public ref readonly SnapshotHeader Header => ref _header;

    /// <summary>The membership at the index, opaque here.</summary>
    public ReadOnlyMemory<byte> Configuration { get; }

    /// <summary>Log index of the last entry that is in the state.</summary>
    public ulong Index => _header.Index;

    /// <summary>
    /// Makes a manifest. Magic, version, the configuration's length and the checksums are filled in; the rest is the
    /// caller's.
    /// </summary>
    /// <param name="header">The fixed part.</param>
    /// <param name="configuration">At most <see cref="ConfigurationLengthMax"/> bytes; copied.</param>
    /// <returns>The manifest.</returns>
    public static SnapshotManifest Create(SnapshotHeader header, ReadOnlySpan<byte> configuration)
    {
        Invariant.Check(configuration.Length <= ConfigurationLengthMax);
        header.Magic = SnapshotHeader.MagicValue;
        header.Version = SnapshotHeader.CurrentVersion;
        header.ConfigurationLength = (uint)configuration.Length;
        header.ConfigurationChecksum = Crc32C.Of(configuration);
        header.Reserved = default;
        header.HeaderChecksum = ChecksumOf(in header);
        Invariant.Check(CheckContent(in header) == SnapshotFault.None);
        return new SnapshotManifest(in header, configuration.ToArray());
    }

    /// <summary>The same manifest with the digest of its stream.</summary>
    /// <param name="digest">SHA-256 of the stream.</param>
    /// <returns>The manifest.</returns>
    public SnapshotManifest WithDigest(in ChainHash digest)
    {
        var header = _header;
        header.Digest = digest;
        header.HasDigest = 1;
        return Create(header, Configuration.Span);
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    /// <param name="manifest">The manifest; null where the answer is another than none.</param>
    /// <returns>What is wrong; <see cref="SnapshotFault.Missing"/> where all bytes are zero.</returns>
    public static SnapshotFault TryRead(ReadOnlySpan<byte> bytes, out SnapshotManifest? manifest)
    {
        manifest = null;
        if (bytes.Length < Size)
        {
            return SnapshotFault.Length;
        }

        bytes = bytes[..Size];
        if (bytes.IndexOfAnyExcept((byte)0) < 0)
        {
            return SnapshotFault.Missing;
        }

        var header = MemoryMarshal.Read<SnapshotHeader>(bytes);
        if (header.Magic != SnapshotHeader.MagicValue || header.HeaderChecksum != ChecksumOf(in header))
        {
            return SnapshotFault.ManifestChecksum;
        }

        if (header.Version != SnapshotHeader.CurrentVersion)
        {
            return SnapshotFault.ManifestVersion;
        }

        var fault = CheckContent(in header);
        if (fault != SnapshotFault.None)
        {
            return fault;
        }

        var configuration = bytes.Slice(HeaderSize, (int)header.ConfigurationLength);
        if (Crc32C.Of(configuration) != header.ConfigurationChecksum
            || bytes[(HeaderSize + configuration.Length)..].IndexOfAnyExcept((byte)0) >= 0)
        {
            return SnapshotFault.ManifestChecksum;
        }

        manifest = new SnapshotManifest(in header, configuration.ToArray());
        return SnapshotFault.None;
    }

    /// <summary>Writes the manifest.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes; so many are written.</param>
    public void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        MemoryMarshal.Write(destination, in _header);
        Configuration.Span.CopyTo(destination[HeaderSize..]);
    }

    /// <summary>Whether two manifests are of the same snapshot: all but the digest, which one may not know.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True where they are.</returns>
    public bool IsSameSnapshot(SnapshotManifest other)
    {
        var (left, right) = (_header, other._header);
        (left.Digest, left.HasDigest, left.HeaderChecksum) = (default, 0, 0);
        (right.Digest, right.HasDigest, right.HeaderChecksum) = (default, 0, 0);
        return MemoryMarshal.AsBytes(new ReadOnlySpan<SnapshotHeader>(in left))
                .SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<SnapshotHeader>(in right)))
            && Configuration.Span.SequenceEqual(other.Configuration.Span);
    }

    private static SnapshotFault CheckContent(in SnapshotHeader header)
    {
        // Each record has a header of 32 bytes at least; so a count bounds the length from below, and nothing is
        // allocated for a length that could not be.
        var isPossible = header.Index >= 1
            && header.RecordCount >= 1
            && header.ConfigurationLength <= ConfigurationLengthMax
            && header.HasDigest <= 1
            && header.Length <= long.MaxValue / 2
            && header.RecordCount <= header.Length / 32;
        return isPossible ? SnapshotFault.None : SnapshotFault.ManifestContent;
    }

    private static uint ChecksumOf(in SnapshotHeader header) =>
        Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<SnapshotHeader>(in header))[..(HeaderSize - 4)]);
}
