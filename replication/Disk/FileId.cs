namespace Exchange.Rsm.Replication.Disk;

/// <summary>What a file of a replica holds.</summary>
public enum FileKind : byte
{
    /// <summary>Not a file.</summary>
    None = 0,

    /// <summary>One of the two alternating slots of identity, term and vote.</summary>
    Superblock = 1,

    /// <summary>A segment of the write-ahead log.</summary>
    Segment = 2,

    /// <summary>A segment waiting for its next use.</summary>
    Spare = 3,

    /// <summary>A snapshot in the canonical form, being received or sent.</summary>
    Snapshot = 4,

    /// <summary>A segment of the event journal.</summary>
    Journal = 5,
}

/// <summary>Names a file of a replica.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Number">Its number within the kind.</param>
public readonly record struct FileId(FileKind Kind, ulong Number);
