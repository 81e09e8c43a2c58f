using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>
/// A member's log, read where it lies and never written. A folder that a running member has is read only where that was
/// asked for: what the member is just writing looks like a torn tail then.
/// </summary>
internal sealed class LogFolder : IDisposable
{
    // Beside a member at work, files change their names while they are read: then everything is read again.
    private const int LiveAttemptsMax = 5;

    private readonly ReadOnlyDisk _disk;
    private readonly WriteAheadLog _log;

    private LogFolder(string path, ReadOnlyDisk disk, WriteAheadLog log, WalReport report)
    {
        Path = path;
        _disk = disk;
        _log = log;
        Report = report;
    }

    public string Path { get; }

    public WalReport Report { get; }

    /// <summary>A running member has the folder.</summary>
    public bool IsInUse => _disk.IsInUse;

    /// <summary>The first entry there is; above <see cref="Last"/> where there is none.</summary>
    public ulong First => _log.FirstIndex;

    public ulong Last => _log.DurableIndex;

    /// <summary>Damaged entries, those found by reading included.</summary>
    public IReadOnlyList<WalFault> Faults => _log.Faults;

    /// <summary>The files of the log, in order.</summary>
    public IEnumerable<FileListing> Files =>
        _disk.List().Where(file => file.File.Kind is FileKind.Superblock or FileKind.Segment or FileKind.Spare);

    /// <summary>Opens a folder.</summary>
    /// <param name="path">The folder with the segments, or the one above it.</param>
    /// <param name="isLive">Also where a running member has it.</param>
    /// <exception cref="InputException">It cannot be read; says what to do.</exception>
    public static LogFolder Open(string path, bool isLive)
    {
        for (var attempt = 1; ; attempt++)
        {
            var error = TryOpen(path, isLive, out var folder);
            var isClean = error == WalOpenError.None && (!folder!.IsInUse || folder.Faults.Count == 0);
            if (isClean || !isLive || attempt == LiveAttemptsMax)
            {
                return folder ?? throw new InputException($"{path}: {Advice(error)}");
            }

            folder?.Dispose();
        }
    }

    /// <summary>Reads entries in order.</summary>
    /// <param name="index">The first.</param>
    public LogEntries Read(ulong index) => new(_disk, _log, index);

    /// <summary>What is known of where a damaged entry stands.</summary>
    public string PlaceOf(WalFault fault)
    {
        var finding = Report.Findings.LastOrDefault(found => found.Kind switch
        {
            WalFindingKind.GroupLost => found.LastIndex >= fault.First && found.LastIndex <= fault.Last,
            WalFindingKind.RecordDamaged or WalFindingKind.ChainBroken => found.LastIndex < fault.First,
            _ => false,
        });
        return finding.Kind == WalFindingKind.None
            ? $"{Path}, found while reading"
            : $"{System.IO.Path.Combine(Path, ReadOnlyDisk.NameOf(finding.File))}, group at byte {finding.Offset} "
                + $"({finding.Kind})";
    }

    public void Dispose()
    {
        _log.Dispose();
        _disk.Dispose();
    }

    private static WalOpenError TryOpen(string path, bool isLive, out LogFolder? folder)
    {
        folder = null;
        var disk = OpenDisk(path, isLive);
        try
        {
            var error = WriteAheadLog.OpenToRead(disk, OptionsFor(disk), progress: null, out var log, out var report);
            if (error == WalOpenError.None)
            {
                folder = new LogFolder(path, disk, log!, report!);
            }

            return error;
        }
        finally
        {
            if (folder is null)
            {
                disk.Dispose();
            }
        }
    }

    private static ReadOnlyDisk OpenDisk(string path, bool isLive)
    {
        ReadOnlyDisk disk;
        try
        {
            disk = new ReadOnlyDisk(path);
        }
        catch (StorageException exception)
        {
            throw new InputException($"{exception.Message}. Give the folder of the member's log (CORE_WAL_DIR).");
        }

        if (disk.IsInUse && !isLive)
        {
            disk.Dispose();
            throw new InputException(
                $"{path} is in use by a running process. Stop the member, or add --live: it is then read beside it, "
                + "nothing is written, and what the member is just writing is taken for a torn tail.");
        }

        return disk;
    }

    // The sizes of a log stand in its files: a segment is as long as it is, and no group longer than a third of it.
    private static WalOptions OptionsFor(ReadOnlyDisk disk)
    {
        var options = new WalOptions();
        var segment = disk.List().FirstOrDefault(file => file.File.Kind == FileKind.Segment);
        if (segment.Length < 16 * IDisk.Sector || segment.Length > int.MaxValue / 2)
        {
            return options;
        }

        const int Reserve = 4 * IDisk.Sector;
        var group = (int)((segment.Length - Reserve) / 3) & ~(IDisk.Sector - 1);
        return options with
        {
            SegmentBytes = (int)segment.Length & ~(IDisk.Sector - 1),
            Groups = 3,
            ReserveBytes = Reserve,
            GroupBytesMax = group,
            ReaderBytes = group + IDisk.Sector,
        };
    }

    private static string Advice(WalOpenError error) => error switch
    {
        WalOpenError.Blank =>
            "Blank: there is no log here. Give the folder with the files superblock-… and segment-… (CORE_WAL_DIR).",
        WalOpenError.SuperblockLost =>
            "SuperblockLost: neither superblock can be read. The votes given are lost: wipe the member and let it "
            + "rejoin under a new incarnation.",
        WalOpenError.LogLost =>
            "LogLost: the log ends before what the superblock knows of; segments are missing or older. Wipe the "
            + "member and let it rejoin under a new incarnation.",
        WalOpenError.SegmentSize =>
            "SegmentSize: segments differ in length; one was cut off or is of another log. Look at their sizes.",
        WalOpenError.VotesDiffer =>
            "VotesDiffer: two records of one term name different votes. Keep the folder and report it.",
        _ => $"{error}: groups do not follow from each other. Keep the folder and report it.",
    };
}
