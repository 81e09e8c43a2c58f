using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>What holds for every record of a snapshot.</summary>
public static class SnapshotRecords
{
    /// <summary>Bytes before a record's content.</summary>
    public const int HeaderSize = 32;

    /// <summary>Most bytes of a content: 1 MiB. A longer length is refused before it is read.</summary>
    public const int ContentLengthMax = 1 << 20;

    /// <summary>Checks one record that must be there, not removed.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="content">Its content.</param>
    /// <returns>What is wrong.</returns>
    public static SnapshotFault Check(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
    {
        if (header.Length != (uint)content.Length || header.Length > ContentLengthMax)
        {
            return SnapshotFault.RecordContent;
        }

        if (SnapshotRecordHeader.ChecksumOf(header.Kind, header.Key, content) != header.Checksum)
        {
            return SnapshotFault.RecordChecksum;
        }

        return header.Removed == 0 ? SnapshotFault.None : SnapshotFault.RecordContent;
    }
}
