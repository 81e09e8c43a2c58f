using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// Checksums of a log's pages, of the bytes that really stand in the files: they are read back when a run is committed,
/// and again before FASTER looks at any of them.
/// </summary>
internal static class PageSums
{
    /// <summary>Adds the pages of a run; the page it begins in is summed anew.</summary>
    public static void Extend(
        FasterOptions options, IStoreFiles files, ulong generation, List<uint> sums, long start, long end)
    {
        var first = (int)(start >> options.PageBits);
        sums.RemoveRange(Math.Min(first, sums.Count), Math.Max(0, sums.Count - first));
        var page = new byte[1 << options.PageBits];
        for (var number = first; (long)number << options.PageBits < end; number++)
        {
            sums.Add(Of(options, files, generation, number, end, page)
                ?? throw new StoreException(SnapshotFault.Device, $"{NameOf(options, generation, number)}: too short"));
        }
    }

    /// <summary>Checks all pages of a snapshot.</summary>
    /// <exception cref="StoreException">One is bad, or nobody wants to know any more.</exception>
    public static void Verify(
        FasterOptions options, IStoreFiles files, StoredSnapshot stored, Func<bool>? isCancelled)
    {
        var page = new byte[1 << options.PageBits];
        for (var number = 0; number < stored.PageChecksums.Count; number++)
        {
            if (isCancelled is not null && isCancelled())
            {
                throw new StoreException(SnapshotFault.Store, "closed");
            }

            var sum = Of(options, files, stored.Generation, number, stored.Bounds[^1], page);
            if (sum != stored.PageChecksums[number])
            {
                var name = NameOf(options, stored.Generation, number);
                throw new StoreException(
                    sum is null ? SnapshotFault.Length : SnapshotFault.RecordChecksum,
                    $"{name}: page {number} is {(sum is null ? "cut off" : "damaged")}");
            }
        }
    }

    private static string NameOf(FasterOptions options, ulong generation, int page) =>
        LogDevice.NameOf(generation, page >> (options.SegmentBits - options.PageBits));

    // Up to the end of the log where the page is the last; null where the file ends before.
    private static uint? Of(
        FasterOptions options, IStoreFiles files, ulong generation, int number, long end, byte[] page)
    {
        var start = (long)number << options.PageBits;
        var span = page.AsSpan(0, (int)Math.Min(page.Length, end - start));
        var offset = start & ((1L << options.SegmentBits) - 1);
        return files.Read(NameOf(options, generation, number), offset, span) == span.Length ? Crc32C.Of(span) : null;
    }
}
