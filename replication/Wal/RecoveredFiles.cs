using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>The files of a log as they were found.</summary>
internal sealed class RecoveredFiles
{
    /// <summary>Sizes of the two slots; -1 where a slot is missing.</summary>
    public long[] SlotLengths { get; } = [-1, -1];

    /// <summary>The highest generation of the superblock.</summary>
    public ulong Generation { get; set; }

    /// <summary>Segments that hold groups, in order; the last one is written to.</summary>
    public List<ulong> Segments { get; } = [];

    /// <summary>Segments that hold none yet, in order.</summary>
    public List<ulong> Ready { get; } = [];

    /// <summary>Spares of the right size.</summary>
    public List<FileId> Spares { get; } = [];

    /// <summary>Files to be deleted: not finished when the power failed, or of another size.</summary>
    public List<FileId> Leftovers { get; } = [];

    public ulong NextSegment { get; set; } = 1;

    public ulong NextSpare { get; set; } = 1;

    /// <summary>Sorts what a disk lists.</summary>
    public static RecoveredFiles From(IReadOnlyList<FileListing> listing, int segmentBytes, out bool isSizeWrong)
    {
        var files = new RecoveredFiles();
        isSizeWrong = false;
        for (var i = 0; i < listing.Count; i++)
        {
            var (file, length) = listing[i];
            switch (file.Kind)
            {
                case FileKind.Superblock when file.Number < 2:
                    files.SlotLengths[file.Number] = length;
                    break;
                case FileKind.Segment:
                    isSizeWrong |= length != segmentBytes;
                    files.Segments.Add(file.Number);
                    files.NextSegment = Math.Max(files.NextSegment, file.Number + 1);
                    break;
                case FileKind.Spare:
                    (length == segmentBytes ? files.Spares : files.Leftovers).Add(file);
                    files.NextSpare = Math.Max(files.NextSpare, file.Number + 1);
                    break;
                default:
                    break;
            }
        }

        return files;
    }
}
