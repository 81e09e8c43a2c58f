namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>Why a snapshot is bad or missing. The numbers are frozen: reports and metrics carry them.</summary>
public enum SnapshotFault : byte
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>There is no such snapshot, or none of it was finished.</summary>
    Missing = 1,

    /// <summary>The manifest was damaged.</summary>
    ManifestChecksum = 2,

    /// <summary>The manifest is whole, and of a version that this build does not read.</summary>
    ManifestVersion = 3,

    /// <summary>The manifest is whole, and says what cannot be.</summary>
    ManifestContent = 4,

    /// <summary>It is a snapshot of another cluster.</summary>
    OtherCluster = 5,

    /// <summary>The log holds another entry at the snapshot's index.</summary>
    ChainHash = 6,

    /// <summary>A record was damaged, or stands under another kind or key than its own.</summary>
    RecordChecksum = 7,

    /// <summary>A record is longer than a record may be, or removed where only records may be.</summary>
    RecordContent = 8,

    /// <summary>The records do not stand by kind and key, or one stands twice.</summary>
    RecordOrder = 9,

    /// <summary>The stream ends before its time, or goes on after it.</summary>
    Length = 10,

    /// <summary>There are more or fewer records than the manifest promises.</summary>
    RecordCount = 11,

    /// <summary>The bytes of the stream are not those that the manifest promises.</summary>
    Digest = 12,

    /// <summary>The state machine does not know a record, or two of them clash.</summary>
    RecordRefused = 13,

    /// <summary>The records do not add up to the state hash.</summary>
    StateHash = 14,

    /// <summary>The restored machine stands at another index or event-chain hash than the manifest says.</summary>
    Position = 15,

    /// <summary>A chunk of a transfer was damaged on its way.</summary>
    ChunkChecksum = 16,

    /// <summary>The disk failed, or did not answer in time.</summary>
    Device = 17,

    /// <summary>No room is left on the disk.</summary>
    NoSpace = 18,

    /// <summary>The store's own files do not fit together.</summary>
    Store = 19,
}
