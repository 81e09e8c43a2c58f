using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Portable;

/// <summary>Hands out the next bytes of a canonical stream.</summary>
/// <param name="destination">Receives them from its start.</param>
/// <returns>How many; 0 at the end.</returns>
public delegate int ReadPiece(Span<byte> destination);

/// <summary>
/// A snapshot in one file that can be carried anywhere: a sector with the manifest, digest included, and the canonical
/// stream; nothing else. The manifest is written last and the file gets its name when all is durable, so a file of that
/// name is whole.
/// </summary>
public static class PortableSnapshot
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Writes a file. What stands there under the name is replaced, once the new one is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="manifest">What the stream must add up to.</param>
    /// <param name="next">The stream.</param>
    /// <returns>The manifest with the digest.</returns>
    public static SnapshotManifest Write(string path, SnapshotManifest manifest, ReadPiece next)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Position = SnapshotManifest.Size;
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var reader = new SnapshotStreamReader(manifest, target: null);
            var piece = new byte[PieceBytes];
            for (var count = next(piece); count > 0 && reader.TryRead(piece.AsSpan(0, count)); count = next(piece))
            {
                digest.AppendData(piece, 0, count);
                file.Write(piece, 0, count);
            }

            if (!reader.TryEnd())
            {
                throw Bad(reader.Fault, path, reader);
            }

            Unsafe.SkipInit(out ChainHash hash);
            digest.GetHashAndReset(MemoryMarshal.AsBytes(new Span<ChainHash>(ref hash)));
            manifest = manifest.WithDigest(in hash);
            manifest.Write(piece);
            file.Position = 0;
            file.Write(piece, 0, SnapshotManifest.Size);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        return manifest;
    }

    /// <summary>Reads a file from end to end and checks all of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="target">Takes the records; null where they are only checked.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="PortableSnapshotException">The file is absent, damaged, or no snapshot.</exception>
    public static SnapshotManifest Read(string path, ISnapshotWriter? target)
    {
        if (!File.Exists(path))
        {
            throw new PortableSnapshotException(SnapshotFault.Missing, $"{path}: no such file. Check the path.");
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return Read(path, file, target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortableSnapshotException(SnapshotFault.Device, $"{path}: cannot be read: {exception.Message}");
        }
    }

    private static SnapshotManifest Read(string path, FileStream file, ISnapshotWriter? target)
    {
        var piece = new byte[PieceBytes];
        var read = file.ReadAtLeast(piece.AsSpan(0, SnapshotManifest.Size), SnapshotManifest.Size, false);
        var fault = SnapshotManifest.TryRead(piece.AsSpan(0, read), out var manifest);
        if (fault != SnapshotFault.None)
        {
            throw new PortableSnapshotException(fault, $"{path}: {fault}: the manifest, bytes 0 to 4095");
        }

        using var reader = new SnapshotStreamReader(manifest!, target);
        while ((read = file.Read(piece)) > 0 && reader.TryRead(piece.AsSpan(0, read)))
        {
        }

        return reader.TryEnd() ? manifest! : throw Bad(reader.Fault, path, reader);
    }

    private static PortableSnapshotException Bad(SnapshotFault fault, string path, SnapshotStreamReader reader) =>
        new(fault, $"{path}: {fault}: record {reader.RecordCount}, "
            + $"byte {SnapshotManifest.Size + (long)reader.VerifiedLength}");
}
