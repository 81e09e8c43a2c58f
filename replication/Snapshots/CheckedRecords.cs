using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// Counts and checks records on their way into a machine. The first thing that is wrong is remembered, so that the
/// reason is the cause and not what followed from it.
/// </summary>
internal sealed class CheckedRecords(ISnapshotWriter target) : ISnapshotWriter
{
    private ulong _count;
    private ulong _bytes;

    public SnapshotFault Fault { get; private set; }

    public bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
    {
        if (Fault != SnapshotFault.None)
        {
            return false;
        }

        Fault = SnapshotRecords.Check(in header, content);
        if (Fault == SnapshotFault.None && !target.TryWrite(in header, content))
        {
            Fault = SnapshotFault.RecordRefused;
        }

        _count++;
        _bytes += (ulong)(SnapshotRecords.HeaderSize + content.Length);
        return Fault == SnapshotFault.None;
    }

    public bool TryEnd(ulong stateHash)
    {
        if (Fault == SnapshotFault.None && !target.TryEnd(stateHash))
        {
            Fault = SnapshotFault.StateHash;
        }

        return Fault == SnapshotFault.None;
    }

    /// <summary>Checks the sums against the manifest and ends the restore.</summary>
    public SnapshotFault End(SnapshotManifest manifest, SnapshotFault ofStore)
    {
        if (Fault == SnapshotFault.None)
        {
            Fault = ofStore;
        }

        if (Fault == SnapshotFault.None && _count != manifest.Header.RecordCount)
        {
            Fault = SnapshotFault.RecordCount;
        }

        if (Fault == SnapshotFault.None && _bytes != manifest.Header.Length)
        {
            Fault = SnapshotFault.Length;
        }

        TryEnd(manifest.Header.StateHash);
        return Fault;
    }
}
