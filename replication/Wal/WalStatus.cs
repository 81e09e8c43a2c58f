namespace Exchange.Rsm.Replication.Wal;

/// <summary>Why an operation was not taken. Nothing has changed then.</summary>
public enum WalRefusal : byte
{
    /// <summary>It was taken.</summary>
    None = 0,

    /// <summary>The log has not been opened as far as writing; see <see cref="WalPhase.Opening"/>.</summary>
    Opening = 1,

    /// <summary>The log has failed; see <see cref="WriteAheadLog.Failure"/>.</summary>
    Failed = 2,

    /// <summary>Longer than a group may be.</summary>
    TooLong = 3,

    /// <summary>The disk is full: there is no room ahead, and none can be made.</summary>
    NoSpace = 4,

    /// <summary>The queue is full, or the next segment is being made: later.</summary>
    Full = 5,

    /// <summary>A repair of an entry that is not the last of a damaged range.</summary>
    NotDamaged = 6,

    /// <summary>A repair by an entry that is not the one that was lost.</summary>
    OtherEntry = 7,
}

/// <summary>What a log can do at the moment.</summary>
public enum WalPhase : byte
{
    /// <summary>Writes what a new or recovered log begins with. Nothing is taken yet.</summary>
    Opening = 0,

    /// <summary>Takes operations.</summary>
    Open = 1,

    /// <summary>A request failed, for good: what was under way is unknown, and another attempt proves nothing.
    /// </summary>
    Failed = 2,
}

/// <summary>Why a log has failed.</summary>
public enum WalFailure : byte
{
    /// <summary>It has not.</summary>
    None = 0,

    /// <summary>The device failed (EIO).</summary>
    Device = 1,

    /// <summary>No room was left where there must have been some.</summary>
    NoSpace = 2,

    /// <summary>A part of a group was written.</summary>
    Short = 3,

    /// <summary>A file is missing, or stands where none may be.</summary>
    Name = 4,
}

/// <summary>Why a disk is not opened as a log.</summary>
public enum WalOpenError : byte
{
    /// <summary>It is.</summary>
    None = 0,

    /// <summary>It holds no log: a new disk or a wiped one. It is formatted, under a new incarnation.</summary>
    Blank = 1,

    /// <summary>There are segments and neither slot of the superblock can be read: the votes given are not known.
    /// </summary>
    SuperblockLost = 2,

    /// <summary>The log ends before the place it had reached when the superblock was written: segments are missing or
    /// older than it.</summary>
    LogLost = 3,

    /// <summary>Two records of one term name different votes.</summary>
    VotesDiffer = 4,

    /// <summary>A segment has another size than the options say.</summary>
    SegmentSize = 5,

    /// <summary>Groups are whole and do not follow from each other.</summary>
    Contradiction = 6,

    /// <summary>It is to be formatted and holds a log.</summary>
    NotBlank = 7,
}

/// <summary>What recovery found wrong.</summary>
public enum WalFindingKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The last group is not whole: never acknowledged, dropped.</summary>
    TornTail = 1,

    /// <summary>A group in the middle cannot be read at all.</summary>
    GroupLost = 2,

    /// <summary>A record in the middle is damaged.</summary>
    RecordDamaged = 3,

    /// <summary>A group in the middle is an older one than was written there: a write was lost or astray.</summary>
    GroupStale = 4,

    /// <summary>A slot of the superblock cannot be read; the other one can.</summary>
    SuperblockSlot = 5,

    /// <summary>Sectors of a segment cannot be read.</summary>
    Unreadable = 6,

    /// <summary>A damaged group lay so that what it replaced is not known: all entries are suspect.</summary>
    ExtentUnknown = 7,

    /// <summary>An entry does not continue the chain of those before it.</summary>
    ChainBroken = 8,
}
