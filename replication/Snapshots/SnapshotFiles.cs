using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// How a canonical stream stands in a file of the disk port: a sector with the manifest, written last, which makes it
/// whole; a sector with the manifest that is being worked towards, written first, by which a transfer goes on after a
/// restart; the stream; zeros up to a whole sector.
/// </summary>
internal static class SnapshotFiles
{
    public const long ManifestOffset = 0;
    public const long PlanOffset = IDisk.Sector;
    public const long StreamOffset = 2 * IDisk.Sector;

    private const ulong InboxBit = 1UL << 63;
    private const ulong OutboxBit = 1UL << 62;

    public static FileId Stored(ulong index) => new(FileKind.Snapshot, index);

    public static FileId Inbox(ulong index) => new(FileKind.Snapshot, index | InboxBit);

    public static FileId Outbox(ulong index) => new(FileKind.Snapshot, index | OutboxBit);

    public static bool IsStored(FileId file) =>
        file.Kind == FileKind.Snapshot && (file.Number & (InboxBit | OutboxBit)) == 0;

    public static bool IsInbox(FileId file) => file.Kind == FileKind.Snapshot && (file.Number & InboxBit) != 0;

    public static bool IsOutbox(FileId file) => file.Kind == FileKind.Snapshot && (file.Number & OutboxBit) != 0;

    public static long LengthOf(SnapshotManifest manifest) =>
        StreamOffset + WholeSectors((long)manifest.Header.Length);

    public static long WholeSectors(long bytes) => (bytes + IDisk.Sector - 1) / IDisk.Sector * IDisk.Sector;

    public static SnapshotFault FaultOf(DiskError error) => error switch
    {
        DiskError.None => SnapshotFault.None,
        DiskError.NoSpace => SnapshotFault.NoSpace,
        DiskError.Name => SnapshotFault.Missing,
        _ => SnapshotFault.Device,
    };

    /// <summary>Reads one of the two manifests of a file. At the start.</summary>
    public static SnapshotFault ReadManifest(
        IDisk disk, FileListing listing, long offset, out SnapshotManifest? manifest)
    {
        manifest = null;
        if (listing.Length < StreamOffset)
        {
            return SnapshotFault.Length;
        }

        var sector = new byte[SnapshotManifest.Size];
        var fault = FaultOf(disk.ReadNow(listing.File, offset, sector));
        if (fault != SnapshotFault.None)
        {
            return fault;
        }

        fault = SnapshotManifest.TryRead(sector, out manifest);
        if (fault == SnapshotFault.None && listing.Length != LengthOf(manifest!))
        {
            manifest = null;
            return SnapshotFault.Length;
        }

        return fault;
    }

    /// <summary>Feeds a file's stream to a reader, up to its end or a fault. At the start.</summary>
    public static SnapshotFault Read(IDisk disk, FileId file, ulong length, SnapshotStreamReader reader, byte[] piece)
    {
        for (var done = 0UL; done < length;)
        {
            var count = (int)Math.Min((ulong)piece.Length, length - done);
            var fault = FaultOf(disk.ReadNow(file, StreamOffset + (long)done, piece.AsSpan(0, count)));
            if (fault != SnapshotFault.None)
            {
                return fault;
            }

            if (!reader.TryRead(piece.AsSpan(0, count)))
            {
                return reader.Fault;
            }

            done += (ulong)count;
        }

        return SnapshotFault.None;
    }

    /// <summary>Loads a whole file into a machine's restore, ending it not. At the start.</summary>
    public static SnapshotFault Load(
        IDisk disk, FileId file, SnapshotManifest manifest, ISnapshotWriter target, int pieceBytes)
    {
        using var reader = new SnapshotStreamReader(manifest, target);
        var fault = Read(disk, file, manifest.Header.Length, reader, new byte[pieceBytes]);
        if (fault != SnapshotFault.None)
        {
            return fault;
        }

        reader.TryEnd();
        Invariant.Check(reader.Fault != SnapshotFault.None || reader.VerifiedLength == manifest.Header.Length);
        return reader.Fault;
    }
}
